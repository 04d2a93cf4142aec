"""The check run: annotations of all shown findings, and the answer to "may I merge?"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bot.github import checks
from bot.github.checks import Annotation, Conclusion, Output
from bot.job import Lease
from bot.models import PublishOutcome, PublishReceipt, ReviewTarget
from bot.placement import shown
from bot.presentation import Setting, check_view, compare
from review.diff import Diff
from review.models import Finding, ReviewReport, Severity, Verdict
from templates import render_check
from templates.filters import visible

if TYPE_CHECKING:
    from bot.services import PublishingServices

MAX_ANNOTATIONS = 1_000
"""Twenty requests; nobody reads more. What is cut is counted in the receipt and listed in the text."""
LEVELS: Mapping[Severity, Literal["notice", "warning", "failure"]] = {
    Severity.INFO: "notice",
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "failure",
    Severity.CRITICAL: "failure",
}


class CheckRunConclusion:
    """Concludes the check run that the job opened. Comes last: when it is done, all is posted."""

    name: ClassVar[str] = "check-run"

    async def publish(
        self,
        report: ReviewReport,
        diff: Diff,
        target: ReviewTarget,
        services: PublishingServices,
        lease: Lease,
    ) -> PublishReceipt:
        """Send annotations that are not there yet, then conclude."""
        github, repository, run_id = services.github, target.pull_request.repository, target.check_run_id
        if run_id is None:
            return PublishReceipt(publisher=self.name, outcome=PublishOutcome.SKIPPED, detail="no check run was opened")
        setting = Setting(
            target=target,
            now=services.now(),
            comparison=compare(report, target),
            additions=diff.additions,
            deletions=diff.deletions,
        )
        text = render_check(services.templates, check_view(report, setting))
        output = Output(text.title, text.summary, text.text)
        wanted = [annotation(finding) for finding in report.findings[:MAX_ANNOTATIONS]]
        run = await checks.get_check_run(github, repository, run_id)
        there = await checks.list_annotations(github, repository, run_id) if run.annotations_count else []
        missing = without_posted(wanted, there)
        batches = list(checks.annotation_batches(missing)) or [()]
        for batch in batches[:-1]:
            await lease.confirm()
            await checks.append_annotations(github, repository, run_id, output, batch)
        await lease.confirm()
        await checks.conclude(github, repository, run_id, conclusion(report, target), output, batches[-1])
        return PublishReceipt(
            publisher=self.name,
            outcome=PublishOutcome.PUBLISHED,
            url=run.html_url,
            counts={"annotations": len(wanted), "cut": len(report.findings) - len(wanted)},
        )


def conclusion(report: ReviewReport, target: ReviewTarget) -> Conclusion:
    """Three states: green only for a review that ran in full and found nothing at the threshold."""
    if report.verdict is Verdict.FAILED:
        return "failure"
    if report.verdict is Verdict.INCOMPLETE or not report.result.complete:
        return "failure" if target.config.fail_on_incomplete else "neutral"
    return "success"


def annotation(finding: Finding) -> Annotation:
    """A finding as an annotation. Plain text: what would hide is shown as an escape."""
    message = finding.message if not finding.suggestion else f"{finding.message}\n{finding.suggestion}"
    made = Annotation(
        path=shown(finding.file_path),
        start_line=finding.line_number,
        end_line=finding.end_line_number,
        annotation_level=LEVELS[finding.severity],
        message=checks.clip_bytes(visible(message)) or finding.rule_id,
        title=f"{finding.rule_id} ({finding.severity.value})"[: checks.MAX_TITLE],
    )
    details = [f"confidence: {finding.confidence.value}"]
    details += [f"CWE-{finding.cwe}"] if finding.cwe else []
    details += [f"rule: {finding.url}"] if finding.url else []
    made["raw_details"] = "\n".join(details)
    return made


def without_posted(wanted: Sequence[Annotation], there: Iterable[Mapping[str, Any]]) -> list[Annotation]:
    """Leave out what an earlier try has sent: annotations can only be added, never taken back."""
    keys = ("path", "start_line", "end_line", "title", "message")
    posted = {tuple(item.get(key) for key in keys) for item in there}
    return [item for item in wanted if tuple(item.get(key) for key in keys) not in posted]
