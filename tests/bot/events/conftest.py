from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot.errors import TransientError
from bot.models import Actor, PullRequestRef, RepositoryRef

REPOSITORY = RepositoryRef(id=7, owner="octo-org", name="shop", clone_url="https://github.test/octo-org/shop.git")


@dataclass
class Lookups:
    """Answers an event handler may ask for; counts what was asked."""

    app_slug: str = "acme-reviewer"
    roles: dict[str, str] = field(default_factory=dict)
    state: str = "open"
    reviewed: tuple[int, ...] = ()
    down: bool = False
    asked: list[str] = field(default_factory=list)

    async def permission(self, repository: RepositoryRef, actor: Actor) -> str:
        self._note("permission")
        return self.roles.get(actor.login, "read")

    async def pull_request(self, repository: RepositoryRef, number: int) -> PullRequestRef:
        self._note("pull_request")
        return PullRequestRef.model_validate(
            {
                "repository": repository,
                "number": number,
                "head_sha": "e" * 40,
                "base_sha": "f" * 40,
                "head_ref": "topic",
                "base_ref": "main",
                "state": self.state,
                "author": {"login": "ada", "id": 1},
                "updated_ms": 1_795_348_800_000,
            }
        )

    async def reviewed_numbers(self, repository: RepositoryRef, head_sha: str) -> tuple[int, ...]:
        self._note("reviewed_numbers")
        return self.reviewed

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise TransientError("GitHub is away")


@pytest.fixture
def lookups() -> Lookups:
    return Lookups()
