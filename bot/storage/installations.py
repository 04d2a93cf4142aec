"""Accounts the App is installed on, and the repositories they let it see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables
from bot.storage.upsert import insert

installations = tables.installations
repositories = tables.repositories


class InstallationRepository:
    """Installations by GitHub's id."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def upsert(
        self, installation_id: int, account: str, *, account_type: str = "", suspended: bool = False
    ) -> None:
        """Remember an installation, or bring it up to date.

        Args:
            installation_id: GitHub's id.
            account: login of the user or organisation.
            account_type: ``User`` or ``Organization``.
            suspended: whether the account has suspended the App.
        """
        values = {
            "account": account,
            "account_type": account_type,
            "suspended": suspended,
            "updated_at": self._now(),
        }
        await self._connection.execute(
            insert(self._connection, installations)
            .values(installation_id=installation_id, **values)
            .on_conflict_do_update(index_elements=[installations.c.installation_id], set_=values)
        )

    async def remove(self, installation_id: int) -> None:
        """Forget an installation and its repositories."""
        await self._connection.execute(delete(installations).where(installations.c.installation_id == installation_id))

    async def accounts(self) -> dict[int, str]:
        """Installation ids and their accounts."""
        rows = await self._connection.execute(
            select(installations.c.installation_id, installations.c.account).order_by(installations.c.account)
        )
        return {row.installation_id: row.account for row in rows}

    async def add_repositories(self, installation_id: int, seen: Iterable[tuple[int, str, bool]]) -> None:
        """Remember repositories of an installation that is stored.

        Args:
            installation_id: GitHub's id of the installation.
            seen: id, ``owner/name`` and whether it is private, for each repository.
        """
        for repository_id, full_name, private in seen:
            values = {"installation_id": installation_id, "full_name": full_name, "private": private}
            await self._connection.execute(
                insert(self._connection, repositories)
                .values(repository_id=repository_id, **values)
                .on_conflict_do_update(index_elements=[repositories.c.repository_id], set_=values)
            )

    async def remove_repositories(self, repository_ids: Sequence[int]) -> None:
        """Forget repositories the installation no longer lets us see."""
        await self._connection.execute(delete(repositories).where(repositories.c.repository_id.in_(repository_ids)))

    async def repositories(self, installation_id: int) -> tuple[str, ...]:
        """``owner/name`` of the repositories of an installation, in order."""
        rows = await self._connection.execute(
            select(repositories.c.full_name)
            .where(repositories.c.installation_id == installation_id)
            .order_by(repositories.c.full_name)
        )
        return tuple(row.full_name for row in rows)
