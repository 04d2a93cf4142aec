"""The look-ups event handlers and commands may make, answered by GitHub."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.github import checks, permissions, pulls
from bot.github.app import GitHubApp
from bot.github.client import InstallationClient
from bot.models import Actor, PullRequestRef, RepositoryRef

_EXTERNAL_ID = re.compile(r"(\d+):(\d+):review@[0-9a-f]{40,64}(?:\+[A-Za-z0-9-]*)?")


@dataclass(slots=True)
class GitHubContext:
    """Implements ``bot.event.EventContext``."""

    github: InstallationClient
    app_slug: str

    async def permission(self, repository: RepositoryRef, actor: Actor) -> str:
        """The person's role."""
        return await permissions.permission(self.github, repository, actor)

    async def pull_request(self, repository: RepositoryRef, number: int) -> PullRequestRef:
        """The pull request as it is now."""
        return await pulls.get_pull_request(self.github, repository, number)

    async def reviewed_numbers(self, repository: RepositoryRef, head_sha: str) -> tuple[int, ...]:
        """Numbers named by the external ids of our check runs on a commit."""
        runs = await checks.list_check_runs(self.github, repository, head_sha)
        numbers = (reviewed_number(run.external_id, repository) for run in runs)
        return tuple(sorted({number for number in numbers if number is not None}))


@asynccontextmanager
async def open_context(app: GitHubApp, installation_id: int) -> AsyncIterator[GitHubContext]:
    """Look-ups as one installation; nothing but the App's own name is asked before one is made."""
    async with app.installation(installation_id) as github:
        yield GitHubContext(github, await app.slug())


def reviewed_number(external_id: str, repository: RepositoryRef) -> int | None:
    """The pull request a check run of ours belongs to; None for anything else."""
    match = _EXTERNAL_ID.fullmatch(external_id)
    return int(match[2]) if match and int(match[1]) == repository.id else None
