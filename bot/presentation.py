"""A report and its target as the views the templates show: what is new, still open, fixed, not checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from bot import __version__
from bot.models import PublishOutcome, ReviewTarget, StoredFinding
from bot.placement import identity, shown
from review import presentation
from review.models import CoverageStatus, FileCoverage, Finding, ReviewReport, Severity
from templates.views import CheckView, FindingView, NotChecked, SeverityRow, SummaryView


@dataclass(frozen=True, slots=True)
class Comparison:
    """This review against the one before it, by fingerprint."""

    new: frozenset[str] = frozenset()
    still: frozenset[str] = frozenset()
    fixed: tuple[StoredFinding, ...] = ()
    unknown: tuple[StoredFinding, ...] = ()
    """Findings of before that this review could not look for: its analyser or file was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What surrounds a report when it is shown."""

    target: ReviewTarget
    now: datetime
    comparison: Comparison
    comments: Mapping[str, str] = field(default_factory=dict)
    """Addresses of our comments on lines, by fingerprint."""
    additions: int = 0
    deletions: int = 0
    commands: tuple[tuple[str, str], ...] = ()

    @property
    def duration_s(self) -> float | None:
        """Seconds since the review began."""
        start = self.target.started_at
        return max(0.0, (self.now - start).total_seconds()) if start else None


def compare(report: ReviewReport, target: ReviewTarget) -> Comparison:
    """Tell new findings, those still open and those fixed apart."""
    current = {identity(finding) for finding in report.findings}
    previous = target.previous.findings if target.previous else ()
    before = {finding.fingerprint for finding in previous}
    skipped = {analyser.name for analyser in report.result.skipped_analysers}
    unseen = {c.file_path for c in report.result.coverage if _left_out(c)}
    fixed: list[StoredFinding] = []
    unknown: list[StoredFinding] = []
    for finding in previous:
        if finding.fingerprint in current:
            continue
        not_looked_for = finding.rule_id.split("/", 1)[0] in skipped or finding.file_path in unseen
        (unknown if not_looked_for else fixed).append(finding)
    return Comparison(frozenset(current - before), frozenset(current & before), tuple(fixed), tuple(unknown))


def summary_view(report: ReviewReport, setting: Setting, *, marker: str) -> SummaryView:
    """The sticky comment's content."""
    target = setting.target
    return replace(
        presentation.summary_view(report, version=__version__),
        counts=severity_rows(report, setting.comparison),
        findings=[finding_view(finding, setting) for finding in report.findings],
        marker=marker,
        head_sha=target.pull_request.head_sha,
        base_sha=target.pull_request.base_sha,
        additions=setting.additions,
        deletions=setting.deletions,
        duration_s=setting.duration_s,
        not_checked=not_checked(report),
        fixed=[_fixed_view(finding, target) for finding in setting.comparison.fixed],
        previous_sha=target.previous.head_sha if target.previous else "",
        commands=list(setting.commands),
        updated=setting.now,
        details_url=target.details_url,
        inline_limit=target.config.limits.inline_comments,
    )


def check_view(report: ReviewReport, setting: Setting) -> CheckView:
    """The finished check run's content."""
    summary = summary_view(report, setting, marker="")
    return CheckView(
        verdict=summary.verdict,
        fail_on=summary.fail_on,
        title=report.title,
        note=_unposted(setting.target),
        head_sha=summary.head_sha,
        files=summary.files,
        files_reviewed=summary.files_reviewed,
        additions=summary.additions,
        deletions=summary.deletions,
        counts=summary.counts,
        findings=summary.findings,
        not_checked=summary.not_checked,
        steps=summary.steps,
        suppressed=summary.suppressed,
        details_url=summary.details_url,
        duration_s=summary.duration_s,
        compared=setting.target.previous is not None,
    )


def finding_view(finding: Finding, setting: Setting) -> FindingView:
    """One finding as it is shown; its address is our comment on it, or else the line on GitHub."""
    key = identity(finding)
    comment = setting.comments.get(key)
    view = presentation.finding_view(
        finding,
        url=comment or line_url(setting.target, finding),
        commented=comment is not None,
        is_new=key in setting.comparison.new,
    )
    # The button is in the comment; without one there is nothing to press.
    return replace(view, path=shown(view.path), has_fix=view.has_fix and comment is not None)


def line_url(target: ReviewTarget, finding: Finding) -> str | None:
    """Address of the lines at the reviewed head; None for a name that cannot stand in an address."""
    base = target.pull_request.repository.html_url
    if not base.startswith(("http://", "https://")):
        return None
    path = quote(finding.file_path.encode("utf-8", "surrogateescape"), safe="/")
    lines = "" if finding.whole_file else f"#L{finding.line_number}"
    if lines and finding.end_line_number > finding.line_number:
        lines += f"-L{finding.end_line_number}"
    return f"{base}/blob/{target.pull_request.head_sha}/{path}{lines}"


def severity_rows(report: ReviewReport, comparison: Comparison) -> list[SeverityRow]:
    """Numbers by severity, worst first."""
    rows = []
    for severity in sorted(Severity, key=lambda s: s.rank, reverse=True):
        keys = [identity(finding) for finding in report.findings if finding.severity is severity]
        new = sum(key in comparison.new for key in keys)
        fixed = sum(finding.severity == severity for finding in comparison.fixed)
        rows.append(SeverityRow(severity=severity.value, open=len(keys), new=new, still=len(keys) - new, fixed=fixed))
    return rows


def not_checked(report: ReviewReport) -> list[NotChecked]:
    """What the review left out, in characters that can be sent as JSON."""
    return [replace(item, what=shown(item.what)) for item in presentation.not_checked(report.result)]


def _fixed_view(finding: StoredFinding, target: ReviewTarget) -> FindingView:
    return FindingView(
        severity=finding.severity,
        category="",
        message=finding.message,
        path=shown(finding.file_path),
        line=finding.line_number,
        rule_id=finding.rule_id,
        fixed_in=target.pull_request.head_sha,
    )


def _left_out(covered: FileCoverage) -> bool:
    """Whether a finding in this file could have been missed. A deleted file has none: those are fixed."""
    return covered.status is not CoverageStatus.REVIEWED and "deleted" not in covered.reason


def _unposted(target: ReviewTarget) -> str:
    """What could not be posted elsewhere, and why: it is said here, nothing vanishes."""
    failed = [r for r in target.receipts if r.outcome is PublishOutcome.FAILED]
    return " ".join(f"The {r.publisher.replace('-', ' ')} could not be posted: {r.detail}." for r in failed)
