"""Comments on pull requests: commands in them are checked and answered."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from bot.command import Command, CommandContext, Invocation
from bot.commands import ALL, parser
from bot.commands.help import who_may
from bot.decision import NOTHING, Decision
from bot.errors import UserError
from bot.event import EventContext
from bot.github.permissions import at_least
from bot.github.webhooks import IssueCommentEvent
from bot.messages import Reaction, ReplyJob, ReplyPart, merge_replies, ordinal, reply_item

ACTIONS = frozenset({"created", "edited"})


async def on_issue_comment(event: IssueCommentEvent, context: EventContext) -> Decision:
    """Run the commands of a new comment, or those an edit added."""
    if event.action not in ACTIONS or not event.on_pull_request:
        return NOTHING
    if event.sender.is_bot or event.author.is_bot:
        # Bots that answer bots never stop; our own comments end here, too.
        return Decision(reason="written by a bot")
    invocations = _invocations(event, context)
    commands = {command.name: command for command in ALL}
    wanted = [found for found in invocations if found.name in commands or found.addressed]
    if not wanted:
        return NOTHING
    given = _Given(event, context, commands)
    total = NOTHING
    for invocation in wanted:
        total += await given.answer(invocation)
    return Decision(merge_replies(total.work), total.reason)


def _invocations(event: IssueCommentEvent, context: EventContext) -> Sequence[Invocation]:
    names = (parser.NAME, context.app_slug)
    if event.action == "created":
        return parser.parse(event.body, names=names)
    if event.previous_body is None:
        return ()
    return parser.parse_edit(event.previous_body, event.body, names=names)


class _Given:
    """The commands of one comment, and who gave them."""

    def __init__(self, event: IssueCommentEvent, context: EventContext, commands: dict[str, Command]) -> None:
        self._event = event
        self._lookup = context
        self._commands = commands
        self._role: str | None = None
        # An edit by somebody else must not run with the first author's rights.
        self._actor = event.sender

    async def answer(self, invocation: Invocation) -> Decision:
        """What one command leads to: its own decision, a refusal, or a hint."""
        command = self._commands.get(invocation.name)
        if command is None:
            near = get_close_matches(invocation.name, self._commands, n=1, cutoff=0.5)
            values: dict[str, object] = {
                "command": invocation.name,
                "nearest": f"/{near[0]}" if near else "",
            }
            return self._reply("confused", ReplyPart(name="unknown", values=values), "unknown command")
        if not await self._may(command):
            values = {
                "command": f"/{command.name}",
                "needs": f"{command.permission} access",
                "actor": self._actor.login,
                "next_step": f"It can be asked for by {who_may(command)}.",
            }
            return self._reply("-1", ReplyPart(name="refused", values=values), f"/{command.name} refused")
        try:
            return await command.run(self._context(), invocation.args)
        except UserError as error:
            values = {"message": str(error), "command": f"/{command.name}"}
            part = ReplyPart(name="error", values=values)
            return self._reply("confused", part, f"/{command.name} not possible")

    async def _may(self, command: Command) -> bool:
        if command.author_may and self._actor.id == self._event.issue_author.id:
            return True
        if self._role is None:
            self._role = await self._lookup.permission(self._event.repository, self._actor)
        return at_least(self._role, command.permission.value)

    def _context(self) -> CommandContext:
        event = self._event
        return CommandContext(
            repository=event.repository,
            number=event.number,
            comment_id=event.comment_id,
            comment_ms=event.comment_ms,
            actor=self._actor,
            installation_id=event.installation_id,
            ordinal=self._ordinal,
            delivery_id=event.delivery_id,
            lookup=self._lookup,
            commands=tuple(self._commands.values()),
        )

    @property
    def _ordinal(self) -> int:
        return ordinal(self._event.comment_ms, self._event.received_ms)

    def _reply(self, reaction: Reaction, part: ReplyPart, reason: str) -> Decision:
        job = ReplyJob(
            repository=self._event.repository,
            number=self._event.number,
            comment_id=self._event.comment_id,
            installation_id=self._event.installation_id,
            ordinal=self._ordinal,
            reactions=(reaction,),
            parts=(part,),
        )
        return Decision((reply_item(job),), reason)
