"""From a result to a report: the verdict, a title, the order of findings, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from review.config import ReviewConfig
from review.models import (
    Category,
    CoverageStatus,
    FileCoverage,
    Finding,
    ReviewReport,
    ReviewResult,
    Severity,
    SkippedAnalyser,
    Verdict,
)

TITLE_CHARS = 60
_MOST_RECOMMENDATIONS = 8


def make_report(result: ReviewResult, config: ReviewConfig) -> ReviewReport:
    """Answer "may I merge?" of a result."""
    findings = sorted(result.detailed_findings, key=_worst_first)
    counts = Counter(finding.severity for finding in findings)
    report = ReviewReport(
        result=result,
        verdict=Verdict.PASSED,
        fail_on=config.fail_on,
        title="",
        findings=findings,
        counts={severity: counts[severity] for severity in reversed(Severity) if counts[severity]},
    )
    verdict = Verdict.PASSED if result.complete else Verdict.INCOMPLETE
    if report.blocking:
        verdict = Verdict.FAILED
    return report.model_copy(update={"verdict": verdict, "title": _title(report, verdict)[:TITLE_CHARS]})


def _worst_first(finding: Finding) -> tuple[int, int, str, int, str]:
    return (
        -finding.severity.rank,
        -finding.confidence.rank,
        finding.file_path,
        finding.line_number,
        finding.rule_id,
    )


def _title(report: ReviewReport, verdict: Verdict) -> str:
    if verdict is Verdict.FAILED:
        return f"Blocked: {_counted(report.blocking)}"
    found = _counted(report.findings) if report.findings else "no problems found"
    if verdict is Verdict.INCOMPLETE:
        checked = any(c.status is CoverageStatus.REVIEWED or c.analysers for c in report.result.coverage)
        return f"Partly reviewed: {found}" if checked else "Not reviewed"
    return found[0].upper() + found[1:]


def _counted(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]} {severity.value}" for severity in reversed(Severity) if counts[severity]]
    return ", ".join(parts)


def recommendations(
    findings: Iterable[Finding],
    skipped: Sequence[SkippedAnalyser],
    coverage: Sequence[FileCoverage],
    *,
    unknown_skips: Iterable[str] = (),
) -> list[str]:
    """Short sentences on what to do next, most pressing first; the same input gives the same sentences."""
    shown = list(findings)
    said = [*_about_findings(shown)]
    said += [f"Mend the `skip` setting: there is no analyser `{name}`." for name in unknown_skips]
    if skipped:
        names = ", ".join(f"`{part.name}`" for part in skipped[:4])
        more = f" and {len(skipped) - 4} more" if len(skipped) > 4 else ""  # noqa: PLR2004 - as many as named
        said.append(f"Review again once {names}{more} can run: its part was not checked.")
    partial = [c for c in coverage if c.status is CoverageStatus.PARTIAL]
    if partial and not skipped:
        said.append(f"Look at {_files(len(partial))} yourself: only a part could be checked.")
    return said[:_MOST_RECOMMENDATIONS]


def _about_findings(findings: Sequence[Finding]) -> Iterable[str]:
    by_category = Counter(finding.category for finding in findings)
    secrets = by_category[Category.SECRET]
    if secrets:
        them = "it" if secrets == 1 else "them"
        yield f"Revoke {_number(secrets, 'secret')} and replace {them}: removing the text does not undo the leak."
    urgent = Counter(
        f.file_path for f in findings if f.severity.rank >= Severity.HIGH.rank and f.category is not Category.SECRET
    )
    for path, number in sorted(urgent.items(), key=lambda item: (-item[1], item[0]))[:3]:
        yield f"Mend {_number(number, 'serious finding')} in `{path}` before merging."
    fixable = sum(finding.fix is not None for finding in findings)
    if fixable:
        yield f"Apply the {_number(fixable, 'suggested change')}: each was tried and still parses."
    if by_category[Category.DEPENDENCY]:
        yield f"Check {_number(by_category[Category.DEPENDENCY], 'remark')} on dependencies."
    rules = Counter(finding.rule_id for finding in findings)
    for rule, number in sorted(rules.items(), key=lambda item: (-item[1], item[0]))[:1]:
        if number >= 5:  # noqa: PLR2004 - a handful of the same is a pattern
            yield f"`{rule}` was found {number} times: mend the pattern, or set its severity in the configuration."


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _files(count: int) -> str:
    return _number(count, "file")
