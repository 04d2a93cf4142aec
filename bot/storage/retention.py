"""How long rows are kept: small steps, so that no transaction is long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables

PAYLOADS_DAYS = 7
INBOX_DAYS = 90
WORK_DAYS = 90
EFFECTS_DAYS = 180
HEALTH_DAYS = 14
BEATS_DAYS = 1


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    table: Table
    old: Callable[[datetime], ColumnElement[bool]]


def _rules() -> tuple[_Rule, ...]:
    inbox, work, effect = tables.inbox.c, tables.work.c, tables.effect.c
    return (
        _Rule(
            "inbox",
            tables.inbox,
            lambda now: and_(inbox.state != tables.INBOX_NEW, inbox.received_at < now - timedelta(days=INBOX_DAYS)),
        ),
        _Rule(
            "work",
            tables.work,
            lambda now: and_(
                text("(want_seq <= done_seq OR dead_at IS NOT NULL)"),
                work.updated_at < now - timedelta(days=WORK_DAYS),
            ),
        ),
        _Rule("effect", tables.effect, lambda now: effect.updated_at < now - timedelta(days=EFFECTS_DAYS)),
        _Rule(
            "health_checks",
            tables.health_checks,
            lambda now: tables.health_checks.c.checked_at < now - timedelta(days=HEALTH_DAYS),
        ),
        _Rule(
            "worker_beats",
            tables.worker_beats,
            lambda now: tables.worker_beats.c.last_seen < now - timedelta(days=BEATS_DAYS),
        ),
    )


class Retention:
    """Takes old rows away."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def step(self, limit: int = 1000) -> dict[str, int]:
        """Empty old payloads and delete old rows, at most ``limit`` of each kind.

        Returns:
            How many of each kind; call again in a new transaction while one of them reached the limit.
        """
        now = self._now()
        counts = {"payloads": await self._empty_payloads(now, limit)}
        for rule in _rules():
            (key,) = rule.table.primary_key.columns
            old = select(key).where(rule.old(now)).limit(limit)
            gone = await self._connection.execute(delete(rule.table).where(key.in_(old)).returning(key))
            counts[rule.name] = len(gone.all())
        return counts

    async def _empty_payloads(self, now: datetime, limit: int) -> int:
        inbox = tables.inbox
        old = (
            select(inbox.c.delivery_id)
            .where(
                inbox.c.received_at < now - timedelta(days=PAYLOADS_DAYS),
                inbox.c.state != tables.INBOX_NEW,
                inbox.c.payload.is_not(None),
            )
            .limit(limit)
        )
        emptied = await self._connection.execute(
            update(inbox).where(inbox.c.delivery_id.in_(old)).values(payload=None).returning(inbox.c.delivery_id)
        )
        return len(emptied.all())
