"""The reviewer's values: severities, rules, findings, results. Frozen; JSON names are the outside contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Frozen(BaseModel):
    """A value that travels: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    """How bad a finding is if it is true. Ordered: ``info < low < medium < high < critical``."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical; compare severities by this."""
        return list(type(self)).index(self)


class Confidence(StrEnum):
    """How sure we are that a finding is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low to 2 for high."""
        return list(type(self)).index(self)


class Category(StrEnum):
    """What a finding is about."""

    SECURITY = "security"
    SECRET = "secret"  # noqa: S105 - a category, not a password
    BUG = "bug"
    PERFORMANCE = "performance"
    MAINTAINABILITY = "maintainability"
    STYLE = "style"
    DOCUMENTATION = "documentation"
    DEPENDENCY = "dependency"
    CONFIGURATION = "configuration"
    SPEC = "spec"


class Rule(Frozen):
    """Something an analyser can find. The id is SARIF's ``ruleId`` and names the documented section."""

    id: str
    """``family/name`` in lower case, such as ``conflict-markers/left-over`` or ``ruff/S608``."""
    summary: str
    """One line, sentence case, no full stop."""
    severity: Severity
    category: Category
    confidence: Confidence = Confidence.HIGH
    help: str = ""
    """Markdown: why it matters and how to mend it."""
    cwe: int | None = None
    url: str | None = None


class Fix(Frozen):
    """A replacement of whole lines, proven to apply and parse before it is shown."""

    start_line: int = Field(ge=1)
    """First replaced line: 1-based, new side."""
    end_line: int = Field(ge=1)
    """Last replaced line, inclusive."""
    replacement: str
    """Text of the new lines without the last line end; empty deletes the lines."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end_line < self.start_line:
            raise ValueError("end_line is before start_line")
        return self


class Finding(Frozen):
    """One thing wrong at one place: SARIF's *result*. The seed's fields first."""

    file_path: str
    """Relative to the repository, with ``/``."""
    line_number: int = Field(ge=1)
    """1-based, new side of the diff; 1 for a finding about a file as a whole."""
    severity: Severity
    category: Category
    message: str
    """One or two plain sentences. Text from code is quoted in backticks; it is escaped by whoever shows it."""
    suggestion: str | None = None
    """What to do about it, in words."""
    end_line_number: int = Field(default=0, ge=0)
    """Inclusive; equals ``line_number`` for one line (0 becomes that)."""
    rule_id: str
    analyser: str
    confidence: Confidence = Confidence.HIGH
    fingerprint: str = ""
    """Stable over line moves; set by the reviewer, not by analysers."""
    in_diff: bool = True
    """Whether one of its lines was added by the change; set by the reviewer."""
    cwe: int | None = None
    url: str | None = None
    fix: Fix | None = None
    suppressed_by: str | None = None
    """Why it is kept but not shown: ``outside-diff``, ``below-severity``, ``duplicate``, ``config``, ``ignored``."""
    whole_file: bool = False
    """True when the line number says nothing (a large or binary file)."""

    @model_validator(mode="before")
    @classmethod
    def _one_line_by_default(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("end_line_number"):
            return {**data, "end_line_number": data.get("line_number", 1)}
        return data


class SkippedAnalyser(Frozen):
    """A part of the review that did not run, and why."""

    name: str
    reason: str


class CoverageStatus(StrEnum):
    """How much of a changed file was looked at."""

    REVIEWED = "reviewed"
    PARTIAL = "partial"
    SKIPPED = "skipped"


class FileCoverage(Frozen):
    """What was checked of one changed file."""

    file_path: str
    status: CoverageStatus
    reason: str = ""
    """Empty when reviewed in full with nothing to add."""
    analysers: list[str] = Field(default_factory=list)
    """Names of the analysers that looked at it."""
    additions: int = 0
    deletions: int = 0


class ReviewResult(Frozen):
    """Everything one review found and did. The seed's fields first."""

    repository_path: str
    timestamp: datetime
    files_analyzed: int
    issues_found: int
    """Findings shown: suppressed ones are in ``suppressed``."""
    security_score: float = Field(ge=0, le=100)
    quality_score: float = Field(ge=0, le=100)
    recommendations: list[str]
    detailed_findings: list[Finding]
    base_sha: str = ""
    head_sha: str = ""
    coverage: list[FileCoverage] = Field(default_factory=list)
    skipped_analysers: list[SkippedAnalyser] = Field(default_factory=list)
    timings_ms: Mapping[str, int] = Field(default_factory=dict)
    suppressed: Mapping[str, int] = Field(default_factory=dict)
    """Counts by reason of findings that were kept back."""
    suppressed_findings: list[Finding] = Field(default_factory=list, exclude=True)
    """The findings kept back, each with its ``suppressed_by``; not part of the JSON."""

    @property
    def complete(self) -> bool:
        """Whether every analyser ran and no file was reviewed only in part."""
        return not self.skipped_analysers and all(c.status is not CoverageStatus.PARTIAL for c in self.coverage)

    def worst(self) -> Severity | None:
        """Highest severity shown, or None for a clean review."""
        return max((f.severity for f in self.detailed_findings), key=lambda s: s.rank, default=None)


class DiffAnalysis(Frozen):
    """What a diff alone says, without a checkout."""

    files: list[FileCoverage]
    findings: list[Finding]
    additions: int
    deletions: int
    skipped_analysers: list[SkippedAnalyser] = Field(default_factory=list)


class Verdict(StrEnum):
    """One word for a review, three states and never green for what did not run."""

    PASSED = "passed"
    """Ran in full; nothing at or above the threshold."""
    FAILED = "failed"
    """At least one finding at or above the threshold."""
    INCOMPLETE = "incomplete"
    """Nothing at or above the threshold, but a part was not checked."""


class ReviewReport(Frozen):
    """A result with what a person asks first: may I merge?"""

    result: ReviewResult
    verdict: Verdict
    fail_on: Severity | Literal["never"]
    title: str
    """At most 60 characters, for a check run's title."""
    findings: list[Finding]
    """Shown findings, worst first."""
    counts: Mapping[Severity, int]

    @property
    def blocking(self) -> list[Finding]:
        """Findings at or above the threshold."""
        if self.fail_on == "never":
            return []
        floor = Severity(self.fail_on).rank
        return [f for f in self.findings if f.severity.rank >= floor]
