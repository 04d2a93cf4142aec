"""The worker: listens to the doorbell, sweeps, runs jobs and stops in order, all in one task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import structlog
from arq.worker import Function, func
from arq.worker import Worker as ArqWorker
from redis.exceptions import RedisError

from bot.errors import ServiceError
from bot.jobs.route import Decide, DeliveryRouter
from bot.models import WorkerBeat
from bot.queue import ROUTE, ROUTE_QUEUE, RUN, RUN_QUEUE, from_json, open_pool, to_json
from bot.runner import RunLimits, Runner
from bot.sweeper import Sweeper

if TYPE_CHECKING:
    from arq.connections import ArqRedis

    from bot.job import Job
    from bot.services import WorkerServices

SWEEP_EVERY_S = 2.0
BEAT_EVERY_S = 5.0
STOP_WAIT_S = 20.0
RECONNECT_S = 1.0
POLL_S = 0.2
CLOSE_WAIT_S = 0.5
WAS_THERE_S = 10.0
"""A queue that answered for so long is missed aloud again."""
ROUTES_AT_ONCE = 8
ROUTE_LIMIT_S = 600

log = structlog.get_logger(__name__)


class Worker:
    """One worker process."""

    def __init__(
        self,
        services: WorkerServices,
        jobs: Mapping[str, Job],
        decide: Decide,
        *,
        redis_url: str | None,
        limits: RunLimits | None = None,
        sweep_every_s: float = SWEEP_EVERY_S,
    ) -> None:
        """Take what the worker needs.

        Args:
            services: handed to each job; the worker itself uses database, queue, metrics, clock and worker id.
            jobs: by name, which equals ``WorkItem.kind``.
            decide: what a delivery leads to.
            redis_url: where the doorbell rings; None for the sweeper alone.
            limits: how work is tried.
            sweep_every_s: seconds between two sweeps.
        """
        self._services = services
        self._jobs = dict(jobs)
        self._redis_url = redis_url
        self._sweep_every_s = sweep_every_s
        self.router = DeliveryRouter(services.database, services.queue, services.metrics, decide)
        self.runner = Runner(services, self._jobs, limits)
        self.sweeper = Sweeper(services.database, self.router, self.runner, services.metrics)
        self._further: list[tuple[float, Callable[[], Awaitable[None]]]] = []

    def add_loop(self, wait_s: float, step: Callable[[], Awaitable[None]]) -> None:
        """Have one more step done again and again while the worker runs; called before :meth:`run`.

        Args:
            wait_s: seconds between two times.
            step: may fail; it is logged and done again.
        """
        self._further.append((wait_s, step))

    async def run(self, stop: asyncio.Event, *, stop_wait_s: float = STOP_WAIT_S) -> None:
        """Work until told to stop.

        Args:
            stop: set by whoever handles signals.
            stop_wait_s: how long running work may go on; then it is cancelled and its leases are given back.
        """
        beat = self._beat()
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(self._every(self._sweep_every_s, self.sweeper.sweep_deliveries)),
                group.create_task(self._every(self._sweep_every_s, self.sweeper.sweep_work)),
                group.create_task(self._every(self._sweep_every_s, self.sweeper.tidy)),
                group.create_task(self._every(BEAT_EVERY_S, beat)),
                *(group.create_task(self._every(wait_s, step)) for wait_s, step in self._further),
            ]
            if self._redis_url is not None:
                loops += [group.create_task(self._listen(*door)) for door in self._doors()]
            log.info("worker started", worker_id=self._services.worker_id, jobs=sorted(self._jobs))
            try:
                await stop.wait()
            finally:
                await self.runner.stop(stop_wait_s)
                for loop in loops:
                    loop.cancel()
        with suppress(ServiceError):
            async with self._services.database.begin() as tx:
                await tx.workers.remove(self._services.worker_id)
        log.info("worker stopped", worker_id=self._services.worker_id)

    def _doors(self) -> tuple[tuple[str, Function, int], ...]:
        async def route(ctx: dict[Any, Any], *rings: Any, **_: Any) -> None:  # noqa: ARG001 - arq's
            try:
                await self.router.route([str(delivery_id) for ring in rings for delivery_id in ring])
            except ServiceError as error:
                log.warning("routing left to the sweeper", error=str(error))

        async def run(ctx: dict[Any, Any], *subjects: Any, **_: Any) -> None:  # noqa: ARG001 - arq's
            # Only waited for: whatever becomes of this ring, the work goes on in its own task.
            await asyncio.wait({self.runner.start(str(subject)) for subject in subjects})

        longest_s = max((job.timeout_s for job in self._jobs.values()), default=0)
        # Two queues, so that long work never stands before a short look at a delivery.
        return (
            (ROUTE_QUEUE, func(route, name=ROUTE, timeout=ROUTE_LIMIT_S), ROUTES_AT_ONCE),
            (RUN_QUEUE, func(run, name=RUN, timeout=2 * longest_s + 60), self.runner.limits.slots),
        )

    async def _listen(self, queue: str, function: Function, at_once: int) -> None:
        """Take rings for ever; while Redis is away the sweeper does all."""
        said = False
        while True:
            began = monotonic()
            pool = open_pool(self._redis_url or "", retries=3)
            arq = ArqWorker(
                functions=[function],
                queue_name=queue,
                redis_pool=pool,
                handle_signals=False,
                max_jobs=at_once,
                max_tries=1,  # tries are counted in the database
                keep_result=0,  # a kept result would swallow the next ring of the same id
                poll_delay=POLL_S,
                queue_read_limit=5000,  # or rings held by dead workers hide the fresh ones behind them
                health_check_interval=10,
                allow_abort_jobs=False,
                job_serializer=to_json,
                job_deserializer=from_json,
                log_results=False,
            )
            try:
                await arq.async_run()
            except (RedisError, OSError) as error:
                if not said or monotonic() - began > WAS_THERE_S:
                    log.warning("the doorbell is away; sweeping", queue=queue, error=type(error).__name__)
                said = True
            finally:
                await _close(arq, pool)
            await asyncio.sleep(RECONNECT_S)

    async def _every(self, wait_s: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except ServiceError as error:
                log.warning("step failed, will be tried again", step=step.__name__, error=str(error))
            except Exception:  # protects the worker's other loops, and its jobs, from a bug in one step
                log.exception("step failed", step=step.__name__)
            await asyncio.sleep(wait_s)

    def _beat(self) -> Callable[[], Awaitable[None]]:
        started_at = self._services.database.now()

        async def beat() -> None:
            sign = WorkerBeat(
                worker_id=self._services.worker_id,
                started_at=started_at,
                last_seen=self._services.database.now(),
                running=self.runner.running,
            )
            async with self._services.database.begin() as tx:
                await tx.workers.beat(sign)

        return beat


async def _close(arq: ArqWorker, pool: ArqRedis) -> None:
    # Its own close() waits for a server that may be gone. A ring cancelled at its very end would use the pool again.
    if arq.tasks:
        await asyncio.wait(arq.tasks.values(), timeout=CLOSE_WAIT_S)
    for task in arq.tasks.values():
        task.cancel()
    await asyncio.gather(*arq.tasks.values(), return_exceptions=True)
    with suppress(RedisError, OSError):
        await pool.aclose(close_connection_pool=True)
