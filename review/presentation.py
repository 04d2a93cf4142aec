"""A report as the views the templates show: one place for reports, comments and check runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from review.models import CoverageStatus, FileCoverage, Finding, ReviewReport, ReviewResult, Severity
from templates.views import FindingView, NotChecked, SeverityRow, StepView, SummaryView

_EXPECTED = re.compile(
    r"\b(binary|generated|vendored|minified|deleted|ignored|excluded|submodule|symlink)\b", re.IGNORECASE
)
"""Reasons nobody is surprised by: no warning for a picture or a bundle."""
_MENDS = (
    (
        re.compile(r"\btoo large\b|\bover the limit of [\d,]+ bytes", re.IGNORECASE),
        "raise `limits.file_bytes`, or split the file",
    ),
    (re.compile(r"\bover the limit of [\d,]+ files", re.IGNORECASE), "raise `limits.files`, or split the change"),
    (re.compile(r"\btimed? ?out\b|\btime limit\b", re.IGNORECASE), "run the review again, or split the change"),
)
"""What a reader can do, by reason."""


def finding_view(
    finding: Finding, *, url: str | None = None, commented: bool = False, has_fix: bool = False, is_new: bool = True
) -> FindingView:
    """One finding as the templates show it.

    Args:
        finding: the finding.
        url: where it is on GitHub: its comment, or its line.
        commented: whether it has a comment of its own.
        has_fix: whether a one-click suggestion was posted.
        is_new: False when an earlier review showed it.
    """
    return FindingView(
        severity=finding.severity.value,
        category=finding.category.value,
        message=finding.message,
        suggestion=finding.suggestion,
        path=finding.file_path,
        line=finding.line_number,
        end_line=finding.end_line_number,
        rule_id=finding.rule_id,
        rule_url=_web_address(finding.url),
        url=url,
        cwe=finding.cwe,
        confidence=finding.confidence.value,
        has_fix=has_fix,
        commented=commented,
        whole_file=finding.whole_file,
        is_new=is_new,
    )


def _web_address(url: str | None) -> str | None:
    """Analysers may know a rule's page; anything but a web address is left out."""
    return url if url and re.match(r"https?://[^/\s]", url) else None


def not_checked(result: ReviewResult) -> list[NotChecked]:
    """Everything the review left out: analysers first, then files, those the author counts on first."""
    parts = [
        NotChecked(what=s.name, why=s.reason, mend=_mend(s.reason), is_file=False) for s in result.skipped_analysers
    ]
    files = [_left_out(c) for c in result.coverage if c.status is not CoverageStatus.REVIEWED]
    return parts + sorted(files, key=lambda item: item.expected)


def _left_out(coverage: FileCoverage) -> NotChecked:
    partly = coverage.status is CoverageStatus.PARTIAL
    why = coverage.reason or "no analyser covers it"
    expected = not partly and (not coverage.reason or bool(_EXPECTED.search(why)))
    return NotChecked(
        what=coverage.file_path,
        why=f"only in part: {why}" if partly else why,
        mend="" if expected else _mend(why),
        expected=expected,
    )


def _mend(reason: str) -> str:
    return next((mend for pattern, mend in _MENDS if pattern.search(reason)), "")


def severity_rows(counts: Mapping[Severity, int]) -> list[SeverityRow]:
    """Rows of the severities that occur, worst first; all of them new."""
    return [SeverityRow(severity=s.value, open=counts[s], new=counts[s]) for s in worst_first(counts) if counts[s]]


def worst_first(severities: Iterable[Severity]) -> list[Severity]:
    """Sorted, critical first."""
    return sorted(severities, key=lambda s: -s.rank)


def steps(result: ReviewResult) -> list[StepView]:
    """How long each part took and what it gave, slowest first."""
    failed = {s.name: s.reason for s in result.skipped_analysers}
    found: dict[str, int] = {}
    for finding in result.detailed_findings:
        found[finding.analyser] = found.get(finding.analyser, 0) + 1
    analysers = {name for c in result.coverage for name in c.analysers} | found.keys()
    timed = sorted(result.timings_ms.items(), key=lambda item: -item[1])
    views = []
    for name, ms in timed:
        if name == "total" or name in failed:
            continue
        number = found.get(name, 0)
        said = f"{number} {'finding' if number == 1 else 'findings'}" if name in analysers else "done"
        views.append(StepView(name=name, result=said, ms=ms))
    return views + [
        StepView(name=name, result=f"did not run: {reason}", ms=result.timings_ms.get(name, 0), ok=False)
        for name, reason in failed.items()
    ]


def duration_s(result: ReviewResult) -> float | None:
    """Seconds the whole review took, when it was measured."""
    total = result.timings_ms.get("total")
    return None if total is None else total / 1000


def summary_view(report: ReviewReport, *, version: str = "") -> SummaryView:
    """The report as a summary without anything of GitHub: no marker, links or commands."""
    result = report.result
    reviewed = sum(c.status is CoverageStatus.REVIEWED for c in result.coverage)
    return SummaryView(
        title="",
        verdict=report.verdict.value,
        fail_on=str(report.fail_on),
        files=len(result.coverage) or result.files_analyzed,
        files_reviewed=reviewed if result.coverage else None,
        additions=sum(c.additions for c in result.coverage),
        deletions=sum(c.deletions for c in result.coverage),
        duration_s=duration_s(result),
        counts=severity_rows(report.counts),
        findings=[finding_view(f) for f in report.findings],
        head_sha=result.head_sha,
        base_sha=result.base_sha,
        not_checked=not_checked(result),
        steps=steps(result),
        version=version,
        updated=result.timestamp,
        suppressed=dict(result.suppressed),
        security_score=result.security_score,
        quality_score=result.quality_score,
    )
