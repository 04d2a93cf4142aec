"""The contract of a slash command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from bot.decision import Decision
from bot.event import EventContext
from bot.models import Actor, RepositoryRef


class Permission(StrEnum):
    """What a person needs on the repository to use a command."""

    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command found in a comment."""

    name: str
    args: tuple[str, ...]
    line: int
    """1-based line in the comment."""
    addressed: bool = False
    """Whether we were called by name, so that an unknown command deserves an answer."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Where a command was given, by whom, and what it may look up."""

    repository: RepositoryRef
    number: int
    comment_id: int
    comment_ms: int
    """When the comment was made or last edited, ms since the epoch."""
    actor: Actor
    installation_id: int
    ordinal: int
    """Orders what follows among all that concerns the pull request."""
    delivery_id: str
    lookup: EventContext
    commands: Sequence[Command]
    """All commands, for ``/help``."""


class Command(Protocol):
    """One slash command. Registered in ``bot.commands.ALL``."""

    name: ClassVar[str]
    usage: ClassVar[str]
    summary: ClassVar[str]
    permission: ClassVar[Permission]
    author_may: ClassVar[bool]
    """Whether the pull request's author may use it whatever their permission."""

    async def run(self, context: CommandContext, args: tuple[str, ...]) -> Decision:
        """Decide what to do.

        Raises:
            UserError: the text is posted as a reply.
        """
        ...
