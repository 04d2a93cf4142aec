"""What the templates show: plain values with everything already looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first: the order of every table."""

Verdict = Literal["passed", "failed", "incomplete"]
"""The review's answer; the words of ``review.models.Verdict``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRow:
    """Numbers of one severity. ``open`` is ``new + still``."""

    severity: str
    open: int
    new: int = 0
    still: int = 0
    fixed: int = 0

    @property
    def label(self) -> str:
        """The severity as a person reads it: ``High``."""
        return self.severity.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding. Every text may come from a stranger; the templates escape all of it."""

    severity: str
    category: str
    message: str
    path: str
    line: int
    rule_id: str
    end_line: int = 0
    """Inclusive; 0 means the same as ``line``."""
    suggestion: str | None = None
    """What to do, in words."""
    url: str | None = None
    """Ours, never a stranger's: the inline comment, or the line on GitHub."""
    rule_url: str | None = None
    cwe: int | None = None
    confidence: str = "high"
    has_fix: bool = False
    """Whether a one-click suggestion was posted."""
    commented: bool = False
    """Whether it has an inline comment of its own."""
    whole_file: bool = False
    """True when the line says nothing: the path is shown without it."""
    is_new: bool = True
    """False for one that an earlier review of this pull request already showed."""
    fixed_in: str | None = None
    """Commit that mended it, in an entry of ``SummaryView.fixed``."""

    @property
    def label(self) -> str:
        """The severity as a person reads it: ``High``."""
        return self.severity.capitalize()

    @property
    def place(self) -> str:
        """``path:line``, ``path:line-end``, or the path alone for a file as a whole."""
        if self.whole_file:
            return self.path
        end = f"-{self.end_line}" if self.end_line > self.line else ""
        return f"{self.path}:{self.line}{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """Something the review left out: a file, or a whole analyser."""

    what: str
    why: str
    mend: str = ""
    """What the reader can do; empty when nothing needs to be done."""
    is_file: bool = True
    """False for an analyser, tool or server."""
    expected: bool = False
    """True when nobody misses it (binary, generated, excluded by the repository): no warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One part of how the review ran."""

    name: str
    result: str
    ms: int
    server: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """The sticky comment, the Markdown report and the job summary."""

    title: str
    """Headline in plain words, such as ``2 findings block this merge``; empty lets the template say it."""
    verdict: Verdict
    fail_on: str
    files: int
    counts: list[SeverityRow]
    """Rows with anything in them, worst first; the templates leave out rows of zeros."""
    findings: list[FindingView]
    """Open findings, worst first."""
    marker: str = ""
    """First line, an HTML comment of ours that finds the comment again; empty outside of GitHub."""
    head_sha: str = ""
    base_sha: str = ""
    additions: int = 0
    deletions: int = 0
    duration_s: float | None = None
    files_reviewed: int | None = None
    """Files looked at in full; None means all of them."""
    not_checked: list[NotChecked] = field(default_factory=list)
    fixed: list[FindingView] = field(default_factory=list)
    """Findings of the last review that are gone."""
    previous_sha: str = ""
    """Head of the review that ``new``, ``still`` and ``fixed`` compare with; empty for a first review."""
    steps: list[StepView] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)
    """Usage and summary of each command; empty leaves the section out."""
    version: str = ""
    updated: datetime | None = None
    details_url: str | None = None
    trend: list[int] = field(default_factory=list)
    """Open findings of the last reviews, oldest first, this one last."""
    suppressed: dict[str, int] = field(default_factory=dict)
    security_score: float | None = None
    quality_score: float | None = None
    """0 to 100."""
    inline_limit: int | None = None
    """Most inline comments a push gets; said when some findings have none because of it."""

    @property
    def head_short(self) -> str:
        """Seven digits of the head, as GitHub shows it."""
        return self.head_sha[:7]

    @property
    def compared(self) -> bool:
        """Whether there is an earlier review to compare with."""
        return bool(self.previous_sha)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineView:
    """One comment on a line of the diff."""

    finding: FindingView
    marker: str = ""
    """First line, an HTML comment with the fingerprint."""
    replacement: str | None = None
    """New text of the anchored lines, no last line end; empty deletes them; None: nothing to suggest."""
    evidence: str | None = None
    """Why we think so: plain text, a line a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """The output of a check run, finished or on its way."""

    verdict: Literal["passed", "failed", "incomplete", "running", "not-reviewed"]
    fail_on: str = "high"
    title: str = ""
    """At most 60 characters are used; empty lets the template say it."""
    note: str = ""
    """Plain text below the headline: how far it is, or why it could not run and what to do."""
    head_sha: str = ""
    files: int = 0
    files_reviewed: int | None = None
    additions: int = 0
    deletions: int = 0
    counts: list[SeverityRow] = field(default_factory=list)
    findings: list[FindingView] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    steps: list[StepView] = field(default_factory=list)
    suppressed: dict[str, int] = field(default_factory=dict)
    details_url: str | None = None
    duration_s: float | None = None
    compared: bool = False
    """Whether ``new``, ``still`` and ``fixed`` of the counts mean something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckText:
    """Three texts of a check run's output, each inside GitHub's limit."""

    title: str
    summary: str
    text: str
