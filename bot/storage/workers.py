"""Workers that said they are alive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import WorkerBeat
from bot.storage import tables
from bot.storage.upsert import insert

beats = tables.worker_beats


class WorkerRepository:
    """Signs of life."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def beat(self, beat: WorkerBeat) -> None:
        """Store a worker's latest sign of life."""
        values = beat.model_dump()
        await self._connection.execute(
            insert(self._connection, beats)
            .values(**values)
            .on_conflict_do_update(
                index_elements=[beats.c.worker_id],
                set_={"last_seen": beat.last_seen, "running": beat.running},
            )
        )

    async def alive(self, *, within_s: float = 30.0) -> tuple[WorkerBeat, ...]:
        """Workers seen in the last ``within_s`` seconds, oldest worker first."""
        rows = await self._connection.execute(
            select(beats)
            .where(beats.c.last_seen >= self._now() - timedelta(seconds=within_s))
            .order_by(beats.c.started_at, beats.c.worker_id)
        )
        return tuple(
            WorkerBeat(worker_id=row.worker_id, started_at=row.started_at, last_seen=row.last_seen, running=row.running)
            for row in rows
        )

    async def remove(self, worker_id: str) -> None:
        """Forget a worker that stopped in order."""
        await self._connection.execute(delete(beats).where(beats.c.worker_id == worker_id))
