"""One sticky comment a pull request: created once, edited ever after."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from bot.github.comments import Conversation
from bot.github.errors import NotFoundError
from bot.github.markers import marker
from bot.job import Lease
from bot.models import PublishOutcome, PublishReceipt, ReviewTarget
from bot.presentation import Setting, compare, summary_view
from review.diff import Diff
from review.models import ReviewReport
from templates import render_summary

if TYPE_CHECKING:
    from bot.services import PublishingServices


class SummaryComment:
    """Says whether the pull request may be merged, and what to do first."""

    name: ClassVar[str] = "summary-comment"

    async def publish(
        self,
        report: ReviewReport,
        diff: Diff,
        target: ReviewTarget,
        services: PublishingServices,
        lease: Lease,
    ) -> PublishReceipt:
        """Create or edit the summary."""
        if not target.config.summary:
            return PublishReceipt(
                publisher=self.name, outcome=PublishOutcome.SKIPPED, detail="switched off by the repository"
            )
        pull_request = target.pull_request
        thread = Conversation(services.github, pull_request.repository, pull_request.number, services.app_slug)
        commented = await thread.ours("finding", where="comments")
        setting = Setting(
            target=target,
            now=services.now(),
            comparison=compare(report, target),
            comments={p.marker.facts.get("fp", ""): p.html_url for p in commented if p.html_url},
            additions=diff.additions,
            deletions=diff.deletions,
            commands=services.commands,
        )
        first_line = marker("summary", head=pull_request.head_sha)
        body = render_summary(services.templates, summary_view(report, setting, marker=first_line))
        sticky = _Sticky(thread, body)
        comment_id, removed = await sticky.alone(await sticky.put(lease), lease)
        return PublishReceipt(
            publisher=self.name,
            outcome=PublishOutcome.PUBLISHED,
            url=_url(target, comment_id),
            counts={
                "findings": len(report.findings),
                "fixed": len(setting.comparison.fixed),
                "duplicates_removed": removed,
            },
        )


class _Sticky:
    """The one summary of a pull request."""

    def __init__(self, thread: Conversation, body: str) -> None:
        self._thread = thread
        self._body = body

    async def put(self, lease: Lease) -> int:
        """Create it, or edit the one that is there; gives its id."""
        return await lease.once(
            "summary", scope=lease.subject, find=self._find, create=self._create, update=self._update
        )

    async def alone(self, comment_id: int, lease: Lease) -> tuple[int, int]:
        """Keep the oldest summary only. Others are left from a write that GitHub's list did not show in time.

        Args:
            comment_id: the one just written.
            lease: confirmed before anything is removed.

        Returns:
            Id of the one that stays, and how many were removed.
        """
        ours = await self._thread.ours("summary")
        if len(ours) < 2:  # noqa: PLR2004 - one is as it should be; none: the list still lags
            return comment_id, 0
        await lease.confirm()
        kept, *extras = (posted.id for posted in ours)
        if kept != comment_id:
            await self._thread.edit(kept, self._body)
        removed = 0
        for extra in extras:
            with suppress(NotFoundError):  # somebody was quicker
                await self._thread.delete(extra)
                removed += 1
        return kept, removed

    async def _find(self) -> int | None:
        """The oldest of ours."""
        ours = await self._thread.ours("summary")
        return ours[0].id if ours else None

    async def _create(self) -> int:
        return (await self._thread.create(self._body)).id

    async def _update(self, comment_id: int) -> None:
        try:
            await self._thread.edit(comment_id, self._body)
        except NotFoundError:
            # Somebody deleted it. The id we remember stays the old one, so look before making another.
            other = await self._find()
            if other is None:
                await self._create()
            else:
                await self._thread.edit(other, self._body)


def _url(target: ReviewTarget, comment_id: int) -> str:
    pull_request = target.pull_request
    return f"{pull_request.repository.html_url}/pull/{pull_request.number}#issuecomment-{comment_id}"
