"""Health checks of MCP servers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import ServerState
from bot.storage import tables

checks = tables.health_checks


class HealthRepository:
    """One row a check."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, state: ServerState) -> None:
        """Store the outcome of one check."""
        await self._connection.execute(checks.insert().values(**state.model_dump()))

    async def latest(self) -> tuple[ServerState, ...]:
        """The last check of each server, by name."""
        newest = (
            select(checks.c.server_name, func.max(checks.c.checked_at).label("at"))
            .group_by(checks.c.server_name)
            .subquery()
        )
        rows = await self._connection.execute(
            select(checks)
            .join(newest, (checks.c.server_name == newest.c.server_name) & (checks.c.checked_at == newest.c.at))
            .order_by(checks.c.server_name)
        )
        # Two workers may have checked at the very same moment.
        return tuple({row.server_name: _state(row) for row in rows}.values())

    async def history(self, server_name: str, since: datetime, *, limit: int = 1000) -> tuple[ServerState, ...]:
        """Checks of one server since a moment, newest first."""
        rows = await self._connection.execute(
            select(checks)
            .where(checks.c.server_name == server_name, checks.c.checked_at >= since)
            .order_by(checks.c.checked_at.desc())
            .limit(limit)
        )
        return tuple(_state(row) for row in rows)


def _state(row: Row[Any]) -> ServerState:
    return ServerState(
        server_name=row.server_name,
        status=row.status,
        response_time_ms=row.response_time_ms or 0.0,
        error_message=row.error_message,
        checked_at=row.checked_at,
    )
