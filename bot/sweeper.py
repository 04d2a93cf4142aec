"""The sweeper: finds from the database alone what no doorbell brought, and takes old rows away."""

from __future__ import annotations

import random
from time import monotonic
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from bot.jobs.route import DeliveryRouter
    from bot.metrics import Metrics
    from bot.runner import Runner
    from bot.storage.database import Database

RETENTION_EVERY_S = 3600.0
BACKLOG_EVERY_S = 15.0
PURGE_ROWS = 1000
PURGE_STEPS = 50

log = structlog.get_logger(__name__)


class Sweeper:
    """One in every worker. With it, Redis is not needed for progress, only for speed."""

    def __init__(self, database: Database, router: DeliveryRouter, runner: Runner, metrics: Metrics) -> None:
        self._database = database
        self._router = router
        self._runner = runner
        self._metrics = metrics
        # Workers that started together do not purge together.
        self._purge_at = monotonic() + random.uniform(60.0, RETENTION_EVERY_S / 2)  # noqa: S311 - spreads load
        self._count_at = 0.0

    async def sweep_deliveries(self) -> None:
        """Route deliveries that stayed new for too long."""
        found = await self._router.sweep()
        if found:
            self._metrics.swept.labels("delivery").inc(found)
            log.info("swept deliveries", found=found)

    async def sweep_work(self) -> None:
        """Start work that is due and that nobody holds: its ring was lost, its worker died, or its wait is over."""
        free = self._runner.free
        if free == 0:
            return
        async with self._database.begin(read_only=True) as tx:
            subjects = await tx.work.due(free)
        for subject in subjects:
            self._runner.start(subject)
        if subjects:
            self._metrics.swept.labels("work").inc(len(subjects))

    async def tidy(self) -> None:
        """Count the backlog, and once an hour take old rows away."""
        if monotonic() >= self._count_at:
            self._count_at = monotonic() + BACKLOG_EVERY_S
            async with self._database.begin(read_only=True) as tx:
                backlog = await tx.work.backlog()
            self._metrics.set_backlog(backlog)
        if monotonic() >= self._purge_at:
            self._purge_at = monotonic() + RETENTION_EVERY_S
            await self.purge()

    async def purge(self) -> None:
        """Empty old payloads and delete old rows, a small transaction at a time."""
        for _ in range(PURGE_STEPS):
            async with self._database.begin() as tx:
                counts = await tx.retention.step(PURGE_ROWS)
            for kind, number in counts.items():
                self._metrics.purged.labels(kind).inc(number)
            if max(counts.values()) < PURGE_ROWS:
                return
