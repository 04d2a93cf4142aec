"""``/review``: reviews the head as it is now once more, drafts too."""

from __future__ import annotations

from typing import ClassVar

from bot.command import CommandContext, Permission
from bot.decision import Decision
from bot.errors import UserError
from bot.messages import ReplyJob, ReviewJob, ordinal, reply_item, review_item

WHOLE_FILES = frozenset({"all", "full"})


class Review:
    """Starts a review."""

    name: ClassVar[str] = "review"
    usage: ClassVar[str] = "/review [all]"
    summary: ClassVar[str] = (
        "Review the current commit again; `all` reports findings on unchanged lines of changed files, too"
    )
    permission: ClassVar[Permission] = Permission.WRITE
    author_may: ClassVar[bool] = True

    async def run(self, context: CommandContext, args: tuple[str, ...]) -> Decision:
        """Queue a review that does not mind that the commit was reviewed before."""
        if len(args) > 1 or not WHOLE_FILES.issuperset(args):
            raise UserError("it takes nothing, or the word all.")
        pull_request = await context.lookup.pull_request(context.repository, context.number)
        if pull_request.state == "closed":
            raise UserError("this pull request is closed; reopen it, then ask again.")
        wish = ReviewJob(
            repository=pull_request.repository,
            number=context.number,
            installation_id=context.installation_id,
            head_sha=pull_request.head_sha,
            reason="command",
            force=True,
            run=f"c{context.comment_id}-{context.ordinal}",
            full=bool(args),
            delivery_id=context.delivery_id,
        )
        seen = ReplyJob(
            repository=context.repository,
            number=context.number,
            comment_id=context.comment_id,
            installation_id=context.installation_id,
            ordinal=context.ordinal,
            reactions=("eyes",),
        )
        # The comment itself changed the pull request's time; the newer of both keeps the wish from being stale.
        order = max(context.ordinal, ordinal(pull_request.updated_ms, context.comment_ms))
        return Decision((review_item(wish, ordinal=order), reply_item(seen)), "review asked for")
