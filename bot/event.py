"""The contract of an event handler: look, then decide. Nothing is written here."""

from __future__ import annotations

from typing import Protocol

from bot.models import Actor, PullRequestRef, RepositoryRef


class EventContext(Protocol):
    """Read-only look-ups a handler or command may make."""

    app_slug: str
    """Our App's slug: our own comments come from ``{slug}[bot]``."""

    async def permission(self, repository: RepositoryRef, actor: Actor) -> str:
        """``admin``, ``maintain``, ``write``, ``triage``, ``read`` or ``none``."""
        ...

    async def pull_request(self, repository: RepositoryRef, number: int) -> PullRequestRef:
        """The pull request as it is now."""
        ...

    async def reviewed_numbers(self, repository: RepositoryRef, head_sha: str) -> tuple[int, ...]:
        """Numbers of the pull requests whose reviews left a check run of ours on this commit."""
        ...
