"""The lease: the right to work on one subject, kept by beating, and the exactly-once write that needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from bot.errors import LeaseLostError, SupersededError
from bot.storage.errors import StorageUnavailableError

if TYPE_CHECKING:
    from bot.storage.database import Database
    from bot.storage.effects import Effect
    from bot.storage.work import Claim

BEATS_PER_LEASE = 3
SETTLE_S = 2.0
"""GitHub's lists lag a little behind its writes: a write that may have happened is looked for twice."""
TRUSTED_S = 60.0
"""For so long an id we noted counts even when GitHub's list does not show it yet."""

log = structlog.get_logger(__name__)


class WorkLease:
    """A claimed subject. Implements ``bot.job.Lease``."""

    def __init__(
        self, database: Database, claim: Claim, *, lease_s: float, max_attempts: int, settle_s: float = SETTLE_S
    ) -> None:
        self.subject = claim.subject
        self.seq = claim.seq
        self.sha = claim.sha
        self.attempt = claim.attempt
        self.last_attempt = claim.attempt >= max_attempts
        self._database = database
        self._claim = claim
        self._lease_s = lease_s
        self._settle_s = settle_s
        self._beaten_at = monotonic()

    async def confirm(self) -> None:
        """Beat now.

        Raises:
            LeaseLostError: somebody else holds the subject.
            SupersededError: a newer wish is waiting.
        """
        # Taken before the statement is sent: the lease may be younger than we think, never older.
        now = monotonic()
        async with self._database.begin() as tx:
            wanted = await tx.work.beat(self._claim, lease_s=self._lease_s)
        if wanted is None:
            raise LeaseLostError(f"{self.subject}: another worker has it")
        if wanted > self.seq:
            raise SupersededError(f"{self.subject}: a newer wish came in")
        self._beaten_at = now

    async def keep(self) -> None:
        """Beat for ever; ends only by an error.

        Raises:
            LeaseLostError: somebody else holds the subject, or the database was away for longer than the lease.
            SupersededError: a newer wish is waiting.
        """
        while True:
            await asyncio.sleep(self._lease_s / BEATS_PER_LEASE)
            try:
                await self.confirm()
            except StorageUnavailableError as error:
                if self._age_s() > self._lease_s:
                    raise LeaseLostError(f"{self.subject}: no beat reached the database") from error
                log.warning("beat missed", subject=self.subject, error=str(error))

    async def once(
        self,
        kind: str,
        *,
        find: Callable[[], Awaitable[int | None]],
        create: Callable[[], Awaitable[int]],
        update: Callable[[int], Awaitable[None]] | None = None,
        scope: str | None = None,
    ) -> int:
        """Write something to GitHub exactly once: note the intent, confirm the lease, look, then write.

        Args:
            kind: what is written, such as ``check-run``; unique within one effect scope.
            find: looks for what an earlier try may have left (by external id or hidden marker).
            create: writes it new and gives its id.
            update: brings an existing one up to date; None leaves it as it is.
            scope: identity of the effect; default ``{subject}@{sha}``.

        Returns:
            The remote id.

        Raises:
            LeaseLostError, SupersededError: nothing was written.
        """
        key = f"{scope or f'{self.subject}@{self.sha}'}#{kind}"
        async with self._database.begin() as tx:
            known = await tx.effects.intend(key)
        await self.confirm()
        remote_id = await self._found(find, known)
        if self._age_s() > self._lease_s / 2:
            # Looking took long: make sure that nobody took over and wrote meanwhile.
            await self.confirm()
        if remote_id is None:
            remote_id = await create()
        elif update is not None:
            await update(remote_id)
        async with self._database.begin() as tx:
            await tx.effects.done(key, remote_id)
        return remote_id

    async def _found(self, find: Callable[[], Awaitable[int | None]], known: Effect | None) -> int | None:
        remote_id = await find()
        if remote_id is not None or known is None:
            return remote_id
        fresh = self._database.now() - known.updated_at < timedelta(seconds=TRUSTED_S)
        if known.done:
            # Longer ago than lists lag, what is not listed was deleted by somebody.
            return known.remote_id if fresh else None
        if not fresh:
            return None
        await asyncio.sleep(self._settle_s)
        return await find()

    def _age_s(self) -> float:
        return monotonic() - self._beaten_at
