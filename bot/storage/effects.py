"""Effects: what was meant to be written to GitHub, and the id it got there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables
from bot.storage.upsert import insert

effect = tables.effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing written, or about to be written, to GitHub."""

    key: str
    done: bool
    remote_id: int | None
    updated_at: datetime


class EffectRepository:
    """Intentions and outcomes, by effect key."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def intend(self, key: str) -> Effect | None:
        """Note that something is about to be written.

        Returns:
            What is known from before; None when nobody meant to write it yet.
        """
        added = await self._connection.execute(
            insert(self._connection, effect)
            .values(effect_key=key, state=tables.EFFECT_INTENDED, updated_at=self._now())
            .on_conflict_do_nothing(index_elements=[effect.c.effect_key])
            .returning(effect.c.effect_key)
        )
        return None if added.one_or_none() is not None else await self.get(key)

    async def done(self, key: str, remote_id: int, *, body_hash: bytes | None = None) -> None:
        """Note that it is written, under which id, and optionally the digest of what was written."""
        values = {
            "state": tables.EFFECT_DONE,
            "remote_id": remote_id,
            "body_hash": body_hash,
            "updated_at": self._now(),
        }
        await self._connection.execute(
            insert(self._connection, effect)
            .values(effect_key=key, **values)
            .on_conflict_do_update(index_elements=[effect.c.effect_key], set_=values)
        )

    async def get(self, key: str) -> Effect | None:
        """What is known of an effect."""
        rows = await self._connection.execute(select(effect).where(effect.c.effect_key == key))
        row = rows.one_or_none()
        if row is None:
            return None
        return Effect(
            key=row.effect_key,
            done=row.state == tables.EFFECT_DONE,
            remote_id=row.remote_id,
            updated_at=row.updated_at,
        )
