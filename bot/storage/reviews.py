"""Finished reviews, and what they found."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import ReviewRecord, StoredFinding
from bot.storage import tables
from bot.storage.upsert import insert

reviews = tables.reviews


class ReviewRepository:
    """One record a reviewed head."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, record: ReviewRecord) -> None:
        """Remember a review; a later one of the same head takes its place."""
        values = record.model_dump(mode="python")
        values["findings"] = [finding.model_dump(mode="json") for finding in record.findings]
        values["skipped"] = list(record.skipped)
        await self._connection.execute(
            insert(self._connection, reviews)
            .values(**values)
            .on_conflict_do_update(
                index_elements=[reviews.c.effect_key],
                set_={name: value for name, value in values.items() if name != "effect_key"},
            )
        )

    async def get(self, review_id: str) -> ReviewRecord | None:
        """One review by its id."""
        rows = await self._connection.execute(select(reviews).where(reviews.c.id == review_id))
        row = rows.one_or_none()
        return None if row is None else _record(row)

    async def latest(self, limit: int = 20, *, include_private: bool = False) -> tuple[ReviewRecord, ...]:
        """The reviews that finished last, newest first.

        Args:
            limit: at most how many.
            include_private: also those of private repositories: the caller sees to who may read them.
        """
        statement = select(reviews).order_by(reviews.c.finished_at.desc(), reviews.c.id).limit(limit)
        if not include_private:
            statement = statement.where(reviews.c.private.is_(False))
        return tuple(_record(row) for row in await self._connection.execute(statement))

    async def previous(self, repository_id: int, number: int, *, other_than: str | None = None) -> ReviewRecord | None:
        """The last review of a pull request.

        Args:
            repository_id: GitHub's id of the repository.
            number: of the pull request.
            other_than: effect key of the review being written; it may be stored already when a try is repeated.
        """
        statement = (
            select(reviews)
            .where(reviews.c.repository_id == repository_id, reviews.c.number == number)
            .order_by(reviews.c.finished_at.desc())
            .limit(1)
        )
        if other_than is not None:
            statement = statement.where(reviews.c.effect_key != other_than)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _record(row)

    async def open_findings(self, repository_id: int, number: int) -> tuple[StoredFinding, ...]:
        """What the last review of a pull request found."""
        record = await self.previous(repository_id, number)
        return () if record is None else record.findings


def _record(row: Row[Any]) -> ReviewRecord:
    return ReviewRecord.model_validate(dict(row._mapping))  # noqa: SLF001 - the documented name, `_` avoids column names
