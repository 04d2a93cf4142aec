"""``/help``: what can be asked for, generated from the commands themselves."""

from __future__ import annotations

from typing import ClassVar

from bot.command import Command, CommandContext, Permission
from bot.decision import Decision
from bot.messages import ReplyJob, ReplyPart, reply_item


class Help:
    """Lists the commands."""

    name: ClassVar[str] = "help"
    usage: ClassVar[str] = "/help"
    summary: ClassVar[str] = "List the commands"
    permission: ClassVar[Permission] = Permission.READ
    author_may: ClassVar[bool] = True

    async def run(self, context: CommandContext, args: tuple[str, ...]) -> Decision:  # noqa: ARG002 - contract
        """Answer with the list."""
        rows = [
            {"usage": command.usage, "summary": command.summary, "permission": who_may(command)}
            for command in context.commands
        ]
        reply = ReplyJob(
            repository=context.repository,
            number=context.number,
            comment_id=context.comment_id,
            installation_id=context.installation_id,
            ordinal=context.ordinal,
            reactions=("eyes",),
            parts=(ReplyPart(name="help", values={"commands": rows}),),
        )
        return Decision((reply_item(reply),), "help asked for")


def who_may(command: Command) -> str:
    """Who may use a command, for a person."""
    if command.permission is Permission.READ:
        return "everyone"
    people = f"anyone with {command.permission} access"
    return f"{people}, or the pull request's author" if command.author_may else people
