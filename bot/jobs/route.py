"""Routes stored deliveries: asks what each leads to and stores that as work, together with the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot.errors import ServiceError, TransientError
from bot.storage.inbox import InboxState

if TYPE_CHECKING:
    from bot.decision import Decision
    from bot.metrics import Metrics
    from bot.models import Delivery
    from bot.queue import JobQueue
    from bot.storage.database import Database

MAX_ATTEMPTS = 12
"""About an hour and a half with the sweeper's doubling waits."""
DECIDE_LIMIT_S = 60.0

Decide = Callable[["Delivery"], Awaitable["Decision"]]

log = structlog.get_logger(__name__)


class DeliveryRouter:
    """Takes deliveries from new to routed, ignored or failed; one that fails never stops the others."""

    def __init__(self, database: Database, queue: JobQueue, metrics: Metrics, decide: Decide) -> None:
        self._database = database
        self._queue = queue
        self._metrics = metrics
        self._decide = decide

    async def route(self, delivery_ids: Sequence[str]) -> None:
        """Route deliveries that are still new, oldest first.

        Raises:
            StorageUnavailableError: the rest stays new; the sweeper comes back to it.
        """
        async with self._database.begin(read_only=True) as tx:
            deliveries = await tx.inbox.load(delivery_ids, only_new=True)
        for delivery in deliveries:
            await self._route(delivery)

    async def sweep(self, limit: int = 100) -> int:
        """Route deliveries whose ring was lost or whose last try failed; gives their number."""
        async with self._database.begin() as tx:
            taken = await tx.inbox.new_ids(limit)
            for delivery_id, attempts in taken:
                if attempts > MAX_ATTEMPTS:
                    known = await tx.inbox.state(delivery_id)
                    note = f"given up after {MAX_ATTEMPTS} tries: {known[1] if known else ''}"
                    await tx.inbox.mark(delivery_id, InboxState.FAILED, note=note)
                    log.error("delivery given up", delivery_id=delivery_id, reason=note)
        await self.route([delivery_id for delivery_id, _ in taken])
        return len(taken)

    async def _route(self, delivery: Delivery) -> None:
        # A task of its own: whatever a handler raises becomes a value here, and only our own end cancels us.
        asked = asyncio.ensure_future(self._asked(delivery))
        try:
            await asyncio.wait({asked})
        finally:
            asked.cancel()
        error = asked.exception()
        if error is None:
            await self._store(delivery, asked.result())
        elif isinstance(error, TransientError):
            await self._defer(delivery, error)
        else:
            await self._refuse(delivery, error)

    async def _asked(self, delivery: Delivery) -> Decision:
        try:
            async with asyncio.timeout(DECIDE_LIMIT_S):
                return await self._decide(delivery)
        except TimeoutError:
            raise TransientError(f"no decision within {DECIDE_LIMIT_S:.0f} s") from None

    async def _store(self, delivery: Delivery, decision: Decision) -> None:
        state = InboxState.ROUTED if decision.work else InboxState.IGNORED
        async with self._database.begin() as tx:
            if not await tx.inbox.mark(delivery.delivery_id, state, note=decision.reason):
                self._metrics.routed.labels("repeated").inc()
                return
            # In one order, so that two routers never wait for each other's rows.
            ordered = sorted(decision.work, key=lambda item: (item.subject, item.ordinal))
            wanted = [item for item in ordered if await tx.work.want(item)]
        self._metrics.routed.labels("work" if decision.work else "nothing").inc()
        log.info(
            "delivery routed",
            delivery_id=delivery.delivery_id,
            github_event=delivery.event,
            action=delivery.action,
            decision=decision.reason,
            work=[item.subject for item in wanted],
        )
        for item in wanted:
            await self._queue.ring_run(item.subject, str(item.ordinal))

    async def _defer(self, delivery: Delivery, error: TransientError) -> None:
        self._metrics.routed.labels("deferred").inc()
        log.info("delivery deferred", delivery_id=delivery.delivery_id, error=str(error))
        async with self._database.begin() as tx:
            await tx.inbox.defer(delivery.delivery_id, error.retry_after_s, note=str(error))

    async def _refuse(self, delivery: Delivery, error: BaseException) -> None:
        self._metrics.routed.labels("failed").inc()
        note = str(error)
        if isinstance(error, ServiceError):
            log.warning("delivery refused", delivery_id=delivery.delivery_id, error=note)
        else:
            reference = uuid4().hex[:12]
            note = f"internal error, reference {reference}"
            log.error("delivery failed", delivery_id=delivery.delivery_id, reference=reference, exc_info=error)
        async with self._database.begin() as tx:
            await tx.inbox.mark(delivery.delivery_id, InboxState.FAILED, note=note)
