"""Work items: one row a subject, wished for by sequence number, worked on under a lease.

Every change of hands is one conditional UPDATE, so the same statements are right on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import Backlog, WorkItem
from bot.storage import tables
from bot.storage.upsert import insert

work = tables.work

# Written out, not as parameters, so that both planners see the partial index.
_OPEN = text("want_seq > done_seq AND dead_at IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A subject taken by one owner: what to do, and the pair (owner, seq) that fences every later write."""

    subject: str
    kind: str
    installation_id: int
    message: dict[str, Any]
    sha: str
    seq: int
    attempt: int
    """1 for the first try of this wish."""
    owner: str


class WorkRepository:
    """What must be done, who does it, and what came of it."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    async def want(self, item: WorkItem) -> bool:
        """Wish for work. A newer wish replaces an older one and calls a dead subject back to life.

        Returns:
            False when a wish at least as new was stored before: nothing changed.
        """
        now = self._now()
        statement = insert(self._connection, work).values(
            subject=item.subject,
            kind=item.kind,
            installation_id=item.installation_id,
            message=item.message,
            ordinal=item.ordinal,
            want_sha=item.sha,
            wanted_at=now,
            next_run_at=now,
            updated_at=now,
        )
        new = statement.excluded
        waiting = and_(work.c.want_seq > work.c.done_seq, work.c.dead_at.is_(None))
        upsert = statement.on_conflict_do_update(
            index_elements=[work.c.subject],
            set_={
                "kind": new.kind,
                "installation_id": new.installation_id,
                "message": new.message,
                "ordinal": new.ordinal,
                "want_seq": work.c.want_seq + 1,
                "want_sha": new.want_sha,
                "wanted_at": case((waiting, work.c.wanted_at), else_=new.wanted_at),
                "next_run_at": new.next_run_at,
                "attempts": 0,
                "dead_at": None,
                "last_error": None,
                "updated_at": new.updated_at,
            },
            where=new.ordinal > work.c.ordinal,
        )
        rows = await self._connection.execute(upsert.returning(work.c.subject))
        return rows.one_or_none() is not None

    async def claim(self, subject: str, owner: str, *, lease_s: float) -> Claim | None:
        """Take a subject for ``lease_s`` seconds.

        Args:
            subject: which.
            owner: new for each claim, so that even our own forgotten claim cannot write for this one.
            lease_s: seconds until others may take it unless it is beaten.

        Returns:
            None when there is nothing to do, somebody has it, or its back-off is not over.
        """
        now = self._now()
        rows = await self._connection.execute(
            update(work)
            .where(work.c.subject == subject, _OPEN, work.c.next_run_at <= now, _free(now))
            .values(
                lease_owner=owner,
                lease_until=now + timedelta(seconds=lease_s),
                attempts=work.c.attempts + 1,
                run_seq=work.c.want_seq,
                run_sha=work.c.want_sha,
                updated_at=now,
            )
            .returning(work)
        )
        row = rows.one_or_none()
        if row is None:
            return None
        return Claim(
            subject=row.subject,
            kind=row.kind,
            installation_id=row.installation_id,
            message=row.message,
            sha=row.run_sha,
            seq=row.run_seq,
            attempt=row.attempts,
            owner=owner,
        )

    async def beat(self, claim: Claim, *, lease_s: float) -> int | None:
        """Lengthen the lease.

        Returns:
            The sequence number now wished for; None when the subject is somebody else's.
        """
        return await self._change(claim, lease_until=self._now() + timedelta(seconds=lease_s))

    async def finish(self, claim: Claim) -> int | None:
        """Note that the claimed wish is done and give the subject free.

        Returns:
            The sequence number now wished for; larger than the claim's when a newer wish waits. None when lost.
        """
        return await self._change(
            claim,
            done_seq=claim.seq,
            done_sha=claim.sha,
            done_count=work.c.done_count + 1,
            attempts=0,
            last_error=None,
            wanted_at=self._now(),
            **self._freed(),
        )

    async def fail(self, claim: Claim, error: str, *, retry_after: float) -> int | None:
        """Give the subject free for another try, not before ``retry_after`` seconds from now.

        A wish that came in meanwhile does not wait for it.

        Returns:
            The sequence number now wished for; None when lost.
        """
        now = self._now()
        later = now + timedelta(seconds=retry_after)
        return await self._change(
            claim,
            last_error=error[:2000],
            next_run_at=case((work.c.want_seq > claim.seq, now), else_=later),
            **self._freed(),
        )

    async def kill(self, claim: Claim, error: str) -> int | None:
        """Note that the claimed wish will not be done. A wish that came in meanwhile stays alive.

        Returns:
            The sequence number now wished for; None when lost.
        """
        return await self._change(
            claim,
            last_error=error[:2000],
            dead_at=case((work.c.want_seq > claim.seq, null()), else_=self._now()),
            **self._freed(),
        )

    async def release(self, claim: Claim) -> int | None:
        """Give the subject back as if it had not been tried: a shutdown, or a newer wish.

        Returns:
            The sequence number now wished for; None when lost.
        """
        return await self._change(
            claim,
            attempts=case((work.c.attempts > 0, work.c.attempts - 1), else_=0),
            **self._freed(),
        )

    async def due(self, limit: int = 100) -> tuple[str, ...]:
        """Subjects that could be claimed now, longest due first."""
        now = self._now()
        rows = await self._connection.execute(
            select(work.c.subject)
            .where(_OPEN, work.c.next_run_at <= now, _free(now))
            .order_by(work.c.next_run_at)
            .limit(limit)
        )
        return tuple(row.subject for row in rows)

    async def pending(self, limit: int = 100) -> tuple[str, ...]:
        """Subjects with work to be done, running ones included, longest due first."""
        rows = await self._connection.execute(
            select(work.c.subject).where(_OPEN).order_by(work.c.next_run_at).limit(limit)
        )
        return tuple(row.subject for row in rows)

    async def last_error(self, subject: str) -> str | None:
        """Why the latest try of a subject failed, if it did."""
        rows = await self._connection.execute(select(work.c.last_error).where(work.c.subject == subject))
        return rows.scalar_one_or_none()

    async def backlog(self) -> Backlog:
        """Count what waits, runs and died."""
        now = self._now()
        running = and_(work.c.lease_until.is_not(None), work.c.lease_until >= now)
        alive = work.c.dead_at.is_(None)
        is_open = work.c.want_seq > work.c.done_seq
        waiting = and_(is_open, alive, _free(now))
        counts = (
            await self._connection.execute(
                select(
                    func.count().filter(waiting).label("waiting"),
                    func.count().filter(and_(is_open, alive, running)).label("running"),
                    func.count().filter(and_(is_open, work.c.dead_at.is_not(None))).label("dead"),
                    func.min(case((waiting, work.c.wanted_at))).label("oldest"),
                    func.coalesce(func.sum(work.c.done_count), 0).label("done"),
                )
            )
        ).one()
        new = await self._connection.execute(select(func.count()).select_from(tables.inbox).where(text("state = 0")))
        return Backlog(
            waiting=counts.waiting,
            running=counts.running,
            dead=counts.dead,
            unrouted=new.scalar_one(),
            oldest_wait_s=max(0.0, (now - counts.oldest).total_seconds()) if counts.oldest else 0.0,
            done_total=int(counts.done),
        )

    async def _change(self, claim: Claim, **values: Any) -> int | None:
        rows = await self._connection.execute(
            update(work)
            .where(
                work.c.subject == claim.subject,
                work.c.lease_owner == claim.owner,
                work.c.run_seq == claim.seq,
            )
            .values(updated_at=self._now(), **values)
            .returning(work.c.want_seq)
        )
        want: int | None = rows.scalar_one_or_none()
        return want

    def _freed(self) -> dict[str, None]:
        return {"lease_owner": None, "lease_until": None}


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(work.c.lease_until.is_(None), work.c.lease_until < now)
