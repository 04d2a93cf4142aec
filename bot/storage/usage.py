"""Usage events: what happened, counted later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables

events = tables.usage_events


class UsageRepository:
    """One row an event."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def record(
        self, event_type: str, event_data: Mapping[str, Any] | None = None, *, user_id: UUID | None = None
    ) -> None:
        """Store one event; ``event_data`` is JSON."""
        await self._connection.execute(
            events.insert().values(
                event_type=event_type,
                event_data=None if event_data is None else dict(event_data),
                user_id=user_id,
                timestamp=self._now(),
            )
        )

    async def counts(self, since: datetime) -> dict[str, int]:
        """How many events of each type since a moment."""
        rows = await self._connection.execute(
            select(events.c.event_type, func.count().label("n"))
            .where(events.c.timestamp >= since)
            .group_by(events.c.event_type)
            .order_by(events.c.event_type)
        )
        return {row.event_type: row.n for row in rows}
