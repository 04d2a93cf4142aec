"""Group commit: deliveries that wait at the same moment are stored by one statement and one commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from bot.errors import ServiceError
from bot.storage.errors import StorageRefusedError, StorageUnavailableError

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.models import Delivery
    from bot.queue import JobQueue
    from bot.storage.database import Database

MAX_BATCH = 256
MAX_WAITING = 2_000
MAX_WAITING_BYTES = 256 * 1024 * 1024
HANDLED_EVENTS = frozenset(
    {"pull_request", "issue_comment", "check_run", "check_suite", "installation", "installation_repositories"}
)
"""Events worth a row; others are answered 202 and forgotten, or they would fill the inbox with nothing to do."""

log = structlog.get_logger(__name__)


class IngestFullError(ServiceError):
    """Too many deliveries wait for the database: GitHub is told to come back."""


class Ingest:
    """The one writer of a web process. No timer: a batch is what came in during the last commit."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        metrics: Metrics,
        *,
        events: frozenset[str] = HANDLED_EVENTS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.events = events
        self._database = database
        self._queue = queue
        self._metrics = metrics
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[Delivery, asyncio.Future[bool]]] = deque()
        self._waiting_bytes = 0
        self._some = asyncio.Event()
        self._closing = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database: Database,
        queue: JobQueue,
        metrics: Metrics,
        *,
        events: frozenset[str] = HANDLED_EVENTS,
    ) -> AsyncIterator[Ingest]:
        """Run the writer for as long as the context lasts; what waits is stored before it ends."""
        ingest = cls(database, queue, metrics, events=events)
        writer = asyncio.create_task(ingest._write(), name="ingest")
        try:
            yield ingest
        finally:
            ingest._closing = True
            ingest._some.set()
            await writer

    async def submit(self, delivery: Delivery) -> bool:
        """Store a delivery; returns after the commit.

        Returns:
            Whether it is new; False when it was stored before.

        Raises:
            IngestFullError: too many wait.
            StorageUnavailableError, StorageRefusedError: it is not stored.
        """
        size = len(delivery.payload)
        full = len(self._waiting) >= self._max_waiting or self._waiting_bytes + size > MAX_WAITING_BYTES
        if self._closing or full:
            raise IngestFullError("too many deliveries are waiting for the database")
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, stored))
        self._waiting_bytes += size
        self._some.set()
        return await stored

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                self._waiting_bytes -= sum(len(delivery.payload) for delivery, _ in batch)
                self._metrics.batch_size.observe(len(batch))
                new = await self._store(batch)
                if new:
                    await self._queue.ring_route(new)
            if self._closing:
                return

    async def _store(self, batch: Sequence[tuple[Delivery, asyncio.Future[bool]]]) -> list[str]:
        """Store a batch and tell who waits; gives the ids that are new."""
        try:
            added = set(await self._add([delivery for delivery, _ in batch]))
        except StorageRefusedError as error:
            if len(batch) > 1:
                # One row the database will not take must not fail its neighbours.
                log.warning("batch refused, storing row by row", rows=len(batch))
                return [one for item in batch for one in await self._store([item])]
            _answer(batch[0][1], error)
            return []
        except StorageUnavailableError as error:
            log.warning("deliveries not stored", rows=len(batch), error=str(error))
            for _, stored in batch:
                _answer(stored, error)
            return []
        new = []
        for delivery, stored in batch:
            is_new = delivery.delivery_id in added
            # The same id twice in one batch: the second is a repeat.
            added.discard(delivery.delivery_id)
            _answer(stored, is_new)
            if is_new:
                new.append(delivery.delivery_id)
        return new

    async def _add(self, deliveries: Sequence[Delivery]) -> frozenset[str]:
        async with self._database.begin() as tx:
            return await tx.inbox.add_many(deliveries)


def _answer(stored: asyncio.Future[bool], outcome: bool | ServiceError) -> None:  # noqa: FBT001 - a value, not a flag
    if stored.done():  # whoever asked has gone away
        return
    if isinstance(outcome, ServiceError):
        stored.set_exception(outcome)
        with suppress(asyncio.CancelledError):
            stored.exception()
    else:
        stored.set_result(outcome)
