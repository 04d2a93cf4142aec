"""One review with comments on the lines of the diff: new findings only, and only where GitHub takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import structlog

from bot.github.comments import Conversation, NewComment, Posted
from bot.github.errors import InvalidRequestError
from bot.github.markers import marker
from bot.job import Lease
from bot.models import PublishOutcome, PublishReceipt, ReviewTarget
from bot.placement import Anchor, anchors
from bot.presentation import Comparison, Setting, compare, finding_view
from review.diff import Diff
from review.models import ReviewReport
from templates import render_inline
from templates.views import InlineView

if TYPE_CHECKING:
    from bot.services import PublishingServices

_log = structlog.get_logger(__name__)


class ReviewComments:
    """Posts one review a push; what stood there before is not said again."""

    name: ClassVar[str] = "review-comments"

    async def publish(
        self,
        report: ReviewReport,
        diff: Diff,
        target: ReviewTarget,
        services: PublishingServices,
        lease: Lease,
    ) -> PublishReceipt:
        """Post the worst new findings, at most as many as the repository's settings allow."""
        if not target.config.inline_comments or not target.config.limits.inline_comments:
            return PublishReceipt(
                publisher=self.name, outcome=PublishOutcome.SKIPPED, detail="switched off by the repository"
            )
        pull_request = target.pull_request
        thread = Conversation(services.github, pull_request.repository, pull_request.number, services.app_slug)
        known = await thread.ours("finding", where="comments")
        comparison = compare(report, target)
        chosen = _choose(anchors(report.findings, diff), known, target, comparison)
        counts = {"known": chosen.known, "over-limit": chosen.over_limit}
        if not chosen.anchors:
            return PublishReceipt(publisher=self.name, outcome=PublishOutcome.UNCHANGED, counts=counts)
        setting = Setting(target=target, now=services.now(), comparison=comparison)
        comments = [_Comment(anchor.key, new_comment(anchor, setting, services)) for anchor in chosen.anchors]
        posted, refused = await _Posting(thread, target, lease).post(comments)
        return PublishReceipt(
            publisher=self.name,
            outcome=PublishOutcome.PUBLISHED if posted else PublishOutcome.FAILED,
            detail="" if posted else "GitHub took none of the comments; the summary lists the findings",
            counts={**counts, "posted": posted, "refused": refused},
        )


@dataclass(frozen=True, slots=True)
class _Comment:
    key: str
    body: NewComment


@dataclass(frozen=True, slots=True)
class _Chosen:
    anchors: list[Anchor]
    known: int
    over_limit: int


def _choose(places: Sequence[Anchor], known: Sequence[Posted], target: ReviewTarget, comparison: Comparison) -> _Chosen:
    """The worst findings nobody was told of; what an earlier try of this review posted counts to its limit.

    A push brings its own news only: what stayed open is in the summary, also where the limit kept it from its line.
    A repeat on the same commit, which somebody asked for, goes on with those.
    """
    told = {posted.marker.facts.get("fp", "") for posted in known}
    if target.previous is not None and target.previous.head_sha != target.pull_request.head_sha:
        told |= comparison.still
    by_this_review = sum(posted.marker.facts.get("key") == target.effect_key for posted in known)
    fresh = [anchor for anchor in places if anchor.key not in told]
    left = max(0, target.config.limits.inline_comments - by_this_review)
    return _Chosen(fresh[:left], len(places) - len(fresh), max(0, len(fresh) - left))


def new_comment(anchor: Anchor, setting: Setting, services: PublishingServices) -> NewComment:
    """A comment as GitHub's review request takes it."""
    view = InlineView(
        finding=finding_view(anchor.finding, setting),
        marker=marker("finding", fp=anchor.key, key=setting.target.effect_key),
        replacement=anchor.replacement,
    )
    comment = NewComment(
        path=anchor.finding.file_path,
        line=anchor.end,
        side="RIGHT",
        body=render_inline(services.templates, view),
    )
    if anchor.start < anchor.end:
        comment["start_line"] = anchor.start
        comment["start_side"] = "RIGHT"
    return comment


@dataclass(frozen=True, slots=True)
class _Posting:
    """Gets comments onto a pull request, each once."""

    thread: Conversation
    target: ReviewTarget
    lease: Lease

    async def post(self, comments: Sequence[_Comment]) -> tuple[int, int]:
        """All in one review; where GitHub refuses it, one by one.

        Returns:
            Numbers of posted and of refused comments.
        """
        try:
            await self.lease.once(
                "review",
                scope=self.target.effect_key,
                find=self._find_review,
                create=lambda: self._create_review(comments),
            )
        except InvalidRequestError as error:
            _log.warning("review refused, posting one by one", key=self.target.effect_key, reason=error.reason)
        else:
            return len(comments), 0
        return await self._one_by_one(comments)

    async def _one_by_one(self, comments: Sequence[_Comment]) -> tuple[int, int]:
        """A refused review does not say which comment it was. Some of it may stand all the same: look first."""
        there = {p.marker.facts.get("fp") for p in await self.thread.ours("finding", where="comments")}
        posted = sum(comment.key in there for comment in comments)
        refused = 0
        for comment in comments:
            if comment.key in there:
                continue
            try:
                await self._post_one(comment)
            except InvalidRequestError as error:
                refused += 1
                _log.warning("comment refused", path=comment.body["path"], reason=error.reason)
            else:
                posted += 1
        return posted, refused

    async def _post_one(self, comment: _Comment) -> None:
        async def find() -> int | None:
            ours = await self.thread.ours("finding", where="comments")
            return next((p.id for p in ours if p.marker.facts.get("fp") == comment.key), None)

        async def create() -> int:
            head_sha = self.target.pull_request.head_sha
            return (await self.thread.create_comment(head_sha, comment.body)).id

        await self.lease.once(f"comment:{comment.key}", scope=self.target.effect_key, find=find, create=create)

    async def _find_review(self) -> int | None:
        ours = await self.thread.ours("review", where="reviews")
        key = marker("review", key=self.target.effect_key)
        return next((p.id for p in ours if p.body.startswith(key)), None)

    async def _create_review(self, comments: Sequence[_Comment]) -> int:
        number = len(comments)
        words = "1 new finding" if number == 1 else f"{number} new findings"
        body = f"{marker('review', key=self.target.effect_key)}\n{words} on lines of this change."
        head_sha = self.target.pull_request.head_sha
        return (await self.thread.create_review(head_sha, body, [comment.body for comment in comments])).id
