"""THE story: a pull request's head is checked out, reviewed, published and remembered."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import NAMESPACE_URL, uuid5

import structlog
from pydantic import BaseModel

from bot.commands import ALL as COMMANDS
from bot.errors import PermanentError, ServiceError, SupersededError, TransientError, UserError
from bot.github import checks, contents, pulls
from bot.github.checks import Output
from bot.github.errors import GitHubRefusedError
from bot.job import Lease
from bot.messages import REVIEW, ReviewJob
from bot.models import PullRequestRef, ReviewRecord, ReviewTarget, StoredFinding
from bot.placement import identity, shown
from bot.presentation import compare
from bot.progress import shown_progress
from bot.publishers import publish_all
from bot.services import PublishingServices, WorkerServices
from review.config import ReviewConfig, validate_config
from review.errors import CheckoutError, ConfigError, ReviewError
from review.git import RepositorySource, Workspace
from review.models import ReviewReport
from templates import render_check
from templates.views import CheckView

if TYPE_CHECKING:
    from bot.github.checks import Conclusion
    from bot.github.client import InstallationClient

SUPERSEDED = "A newer request for this pull request came in; it is reviewed instead."
LAST_WORDS_S = 4.0
"""A stopped job has little time to tidy up."""
MAX_HEADS = 3
"""Pushes that arrive during a review are followed so often before the work is queued again."""

_log = structlog.get_logger(__name__)


class ReviewPullRequest:
    """Reviews one pull request as it is now."""

    name: ClassVar[str] = REVIEW
    message: ClassVar[type[BaseModel]] = ReviewJob
    timeout_s: ClassVar[int] = 1_200

    async def run(self, services: WorkerServices, message: ReviewJob, lease: Lease) -> None:
        """Review the current head; when it moves meanwhile, the new one, too."""
        async with services.github.installation(message.installation_id) as github:
            story = _Story(services, github, message, lease)
            for _ in range(MAX_HEADS):
                pull_request = await pulls.get_pull_request(github, message.repository, message.number)
                if pull_request.state == "closed" or not await story.review(pull_request):
                    return
        raise TransientError("the pull request's head keeps moving", retry_after_s=30)

    async def give_up(self, services: WorkerServices, message: ReviewJob, lease: Lease, reason: str) -> None:
        """Say on the check run that there was no review, why, and under which reference."""
        async with services.github.installation(message.installation_id) as github:
            story = _Story(services, github, message, lease)
            try:
                pull_request = await pulls.get_pull_request(github, message.repository, message.number)
                if pull_request.state == "open":
                    await story.say_not_reviewed(pull_request, reason)
            except GitHubRefusedError as error:
                _log.warning("could not say that there was no review", subject=lease.subject, reason=str(error))


@dataclass(frozen=True, slots=True)
class _Story:
    """One wish for a review, told head by head."""

    services: WorkerServices
    github: InstallationClient
    job: ReviewJob
    lease: Lease

    async def review(self, pull_request: PullRequestRef) -> bool:
        """Review one head; True when the head has moved on and nothing of this one was posted."""
        key = self.job.effect_key(pull_request.head_sha)
        previous = await self._previous(pull_request)
        if previous is not None and self._is_done(previous, pull_request.head_sha):
            return False
        try:
            config = await self._config(pull_request)
        except (ConfigError, UserError) as error:
            await self._say(pull_request, "action_required", "Configuration cannot be used", _config_note(error))
            return False
        if self._is_unwanted(pull_request, config):
            return False
        target = ReviewTarget(
            pull_request=pull_request,
            installation_id=self.job.installation_id,
            effect_key=key,
            check_run_id=await self._open_check_run(pull_request),
            reason=self.job.reason,
            config=config,
            previous=previous,
            started_at=self.services.now(),
        )
        try:
            return await self._checked_out(target)
        except SupersededError:
            await self._cancel(target, SUPERSEDED)
            raise
        except asyncio.CancelledError:
            await self._cancel_if_superseded(target)
            raise

    async def _checked_out(self, target: ReviewTarget) -> bool:
        """From checkout to record."""
        pull_request = target.pull_request
        async with shown_progress(lambda text: self._show(target, text)) as progress:
            progress("Fetching the commits")
            source = RepositorySource(
                clone_url=pull_request.repository.clone_url,
                base_sha=pull_request.base_sha,
                head_sha=pull_request.head_sha,
                authorization=await self.github.clone_authorization(),
                number=pull_request.number,
            )
            try:
                async with self.services.mirrors.checkout(source) as workspace:
                    result = await self.services.reviewer.analyze_repository(
                        str(workspace.path), workspace=workspace, config=target.config, progress=progress
                    )
                    report = await self.services.reviewer.generate_report(result, config=target.config)
            except CheckoutError as error:
                kind = TransientError if error.transient else PermanentError
                raise kind(str(error)) from error
            except ReviewError as error:
                raise PermanentError(str(error)) from error
        await self.lease.confirm()
        now = await pulls.get_pull_request(self.github, pull_request.repository, pull_request.number)
        if now.head_sha != pull_request.head_sha or now.state == "closed":
            why = "The pull request was closed." if now.state == "closed" else "Newer commits were pushed."
            await self._cancel(target, f"{why} Nothing of this commit's review was posted.")
            return True
        await self._publish(report, workspace, target)
        return False

    async def _publish(self, report: ReviewReport, workspace: Workspace, target: ReviewTarget) -> None:
        publishing = PublishingServices(
            github=self.github,
            database=self.services.database,
            templates=self.services.templates,
            app_slug=await self.services.github.slug(),
            now=self.services.now,
            public_url=self.services.settings.service.public_url,
            commands=tuple((command.usage, command.summary) for command in COMMANDS),
        )
        receipts = await publish_all(report, workspace.diff, target, publishing, self.lease)
        finished = self.services.now()
        async with self.services.database.begin() as tx:
            await tx.reviews.add(record(report, workspace, target, finished))
        self._measure(report, target, finished)
        _log.info(
            "review published",
            repository=target.pull_request.repository.full_name,
            number=target.pull_request.number,
            verdict=report.verdict.value,
            findings=len(report.findings),
            channels={r.publisher: r.outcome.value for r in receipts},
        )

    def _measure(self, report: ReviewReport, target: ReviewTarget, finished: datetime) -> None:
        metrics = self.services.metrics
        if target.started_at is not None:
            metrics.review_seconds.observe((finished - target.started_at).total_seconds())
        for skipped in report.result.skipped_analysers:
            metrics.analyser_failures.labels(skipped.name).inc()

    async def _previous(self, pull_request: PullRequestRef) -> ReviewRecord | None:
        async with self.services.database.begin() as tx:
            return await tx.reviews.previous(pull_request.repository.id, pull_request.number)

    def _is_done(self, previous: ReviewRecord, head_sha: str) -> bool:
        """Whether this very review is on record, or a head that nobody asked to have reviewed again."""
        if previous.effect_key == self.job.effect_key(head_sha):
            return True
        return not self.job.run and previous.head_sha == head_sha

    def _is_unwanted(self, pull_request: PullRequestRef, config: ReviewConfig) -> bool:
        if self.job.force:
            return False
        return not config.auto_review or (pull_request.draft and not config.drafts)

    async def _config(self, pull_request: PullRequestRef) -> ReviewConfig:
        """The repository's settings at the base; a pull request cannot change the rules it is judged by."""
        text = await contents.read_config_text(self.github, pull_request.repository, pull_request.base_sha)
        config = ReviewConfig() if text is None else validate_config(text)
        return config.model_copy(update={"all_lines": True}) if self.job.full else config

    async def _open_check_run(self, pull_request: PullRequestRef) -> int:
        """Queue the check run of this review, or find the one an earlier try has queued."""
        repository, head_sha = pull_request.repository, pull_request.head_sha
        key = self.job.effect_key(head_sha)

        async def find() -> int | None:
            run = await checks.find_check_run(self.github, repository, head_sha, key)
            return run.id if run else None

        async def create() -> int:
            return await checks.create_check_run(self.github, repository, head_sha=head_sha, external_id=key)

        return await self.lease.once("check-run", scope=key, find=find, create=create)

    async def say_not_reviewed(self, pull_request: PullRequestRef, reason: str) -> None:
        """Conclude the check run neutral: never green for a review that did not run."""
        reference = self.job.delivery_id or self.lease.subject
        note = f"{reason}\n\nComment /review to try again. Reference: {reference}"
        await self._say(pull_request, "neutral", "Review could not run", note)

    async def _say(self, pull_request: PullRequestRef, conclusion: Conclusion, title: str, note: str) -> None:
        run_id = await self._open_check_run(pull_request)
        await self._conclude(
            pull_request, run_id, conclusion, CheckView(verdict="not-reviewed", title=title, note=note)
        )

    async def _cancel(self, target: ReviewTarget, note: str) -> None:
        """End the check run of a commit nobody waits for; best effort, as another review follows."""
        if target.check_run_id is None:
            return
        view = CheckView(verdict="not-reviewed", title="Superseded", note=note)
        try:
            await self._conclude(target.pull_request, target.check_run_id, "cancelled", view)
        except (TransientError, GitHubRefusedError) as error:
            _log.info("superseded check run left open", key=target.effect_key, reason=str(error))

    async def _cancel_if_superseded(self, target: ReviewTarget) -> None:
        """A newer wish stops us like the end of the worker does; only then is the check run ours to end."""
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self.lease.confirm()
        except SupersededError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._cancel(target, SUPERSEDED)
        except (ServiceError, TimeoutError) as error:
            _log.info("stopped", key=target.effect_key, reason=str(error))

    async def _conclude(
        self, pull_request: PullRequestRef, run_id: int, conclusion: Conclusion, view: CheckView
    ) -> None:
        output = self._output(replace(view, head_sha=pull_request.head_sha))
        await checks.conclude(self.github, pull_request.repository, run_id, conclusion, output)

    async def _show(self, target: ReviewTarget, text: str) -> None:
        if target.check_run_id is None:
            return
        view = CheckView(verdict="running", note=text, head_sha=target.pull_request.head_sha)
        repository = target.pull_request.repository
        await checks.show_progress(self.github, repository, target.check_run_id, self._output(view))

    def _output(self, view: CheckView) -> Output:
        text = render_check(self.services.templates, view)
        return Output(text.title, text.summary, text.text)


def record(report: ReviewReport, workspace: Workspace, target: ReviewTarget, finished: datetime) -> ReviewRecord:
    """A finished review as it is remembered. Findings that could not be looked for stay on record."""
    pull_request, result = target.pull_request, report.result
    found = tuple(
        StoredFinding(
            fingerprint=identity(finding),
            rule_id=finding.rule_id,
            severity=finding.severity.value,
            file_path=shown(finding.file_path),
            line_number=finding.line_number,
            message=finding.message,
        )
        for finding in report.findings
    )
    return ReviewRecord(
        # The same review gives the same id, however often its last step is repeated.
        id=str(uuid5(NAMESPACE_URL, f"patchwarden:{target.effect_key}")),
        effect_key=target.effect_key,
        installation_id=target.installation_id,
        repository_id=pull_request.repository.id,
        repository=pull_request.repository.full_name,
        private=pull_request.repository.private,
        number=pull_request.number,
        head_sha=pull_request.head_sha,
        base_sha=pull_request.base_sha,
        verdict=report.verdict.value,
        title=report.title,
        counts={severity.value: number for severity, number in report.counts.items()},
        findings=found + compare(report, target).unknown,
        files=len(result.coverage),
        additions=workspace.diff.additions,
        deletions=workspace.diff.deletions,
        skipped=tuple(skipped.name for skipped in result.skipped_analysers),
        security_score=result.security_score,
        quality_score=result.quality_score,
        started_at=target.started_at or finished,
        finished_at=finished,
    )


def _config_note(error: ConfigError | UserError) -> str:
    line = error.line if isinstance(error, ConfigError) else None
    where = f"{contents.CONFIG_PATH}, line {line}" if line else contents.CONFIG_PATH
    return f"{where}: {error}\n\nMend it on the base branch, then comment /review."
