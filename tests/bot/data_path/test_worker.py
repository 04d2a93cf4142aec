"""The whole worker: doorbell, sweeper, beats and an orderly stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from bot.decision import Decision
from bot.job import Lease
from bot.models import Backlog, Delivery
from bot.queue import RUN_QUEUE, ArqQueue
from bot.runner import RunLimits
from bot.services import WorkerServices
from bot.storage.database import Database
from bot.worker import Worker
from support.deliveries import delivery, guid, item
from support.parts import value_of, worker_services
from support.valkey import ValkeyServer, valkey_server
from support.waiting import until

LIMITS = RunLimits(lease_s=2.0, slots=4, backoff_s=0.05)


class Anything(BaseModel, extra="allow"):
    pass


class Note:
    """A job that remembers what it did."""

    name: ClassVar[str] = "review"
    message: ClassVar[type[BaseModel]] = Anything
    timeout_s: ClassVar[int] = 5

    def __init__(self) -> None:
        self.did: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def run(self, services: WorkerServices, message: Any, lease: Lease) -> None:
        await self.hold.wait()
        self.did.append(lease.subject)

    async def give_up(self, services: WorkerServices, message: Any, lease: Lease, reason: str) -> None:
        raise AssertionError(reason)


async def decide(found: Delivery) -> Decision:
    number = int(found.delivery_id.replace("-", ""), 16)
    return Decision((item(f"11:{number}:review", ordinal=number),), "review queued")


@asynccontextmanager
async def working(worker: Worker, *, stop_wait_s: float = 5.0) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop, stop_wait_s=stop_wait_s))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


async def backlog(database: Database) -> Backlog:
    async with database.begin(read_only=True) as tx:
        return await tx.work.backlog()


@pytest.fixture
def empty_valkey(valkey: ValkeyServer) -> ValkeyServer:
    valkey.command("FLUSHALL")
    return valkey


async def test_a_ring_brings_a_delivery_to_its_job_long_before_a_sweep(
    database: Database, empty_valkey: ValkeyServer
) -> None:
    job = Note()
    async with ArqQueue.open(empty_valkey.url) as queue:
        services = worker_services(database, queue=queue)
        worker = Worker(
            services,
            {"review": job},
            decide,
            redis_url=empty_valkey.url,
            limits=LIMITS,
            sweep_every_s=3600,
        )
        async with working(worker):
            # The first sweep is at the start: let it pass.
            registry = services.metrics.registry
            await until(lambda: registry.get_sample_value("patchwarden_backlog", {"state": "waiting"}) is not None)
            async with database.begin() as tx:
                await tx.inbox.add_many([delivery(1), delivery(2)])
            assert await queue.ring_route([guid(1), guid(2)])
            await until(lambda: sorted(job.did) == ["11:1:review", "11:2:review"])
        # The rings left nothing behind.
        assert empty_valkey.command("KEYS arq:in-progress:*") == b"*0\r\n"


async def test_without_redis_the_sweeper_does_all(database: Database) -> None:
    job = Note()
    services = worker_services(database)
    worker = Worker(
        services,
        {"review": job},
        decide,
        redis_url="unix:///no/such/socket",
        limits=LIMITS,
        sweep_every_s=0.05,
    )
    async with database.begin() as tx:
        old = delivery(1).received_at.replace(year=2020)
        await tx.inbox.add_many([delivery(n, at=old) for n in range(1, 11)])
    async with working(worker):
        await until(lambda: len(job.did) == 10, limit_s=10)
    assert (await backlog(database)).done_total == 10
    assert value_of(services.metrics, "patchwarden_swept_total", kind="work") >= 1


async def test_the_doorbell_is_heard_again_when_redis_comes_back(sqlite_url: str) -> None:
    job = Note()
    with valkey_server() as server:
        async with (
            Database.open(sqlite_url) as database,
            ArqQueue.open(server.url) as queue,
        ):
            worker = Worker(
                worker_services(database, queue=queue),
                {"review": job},
                decide,
                redis_url=server.url,
                limits=LIMITS,
                sweep_every_s=3600,
            )
            async with working(worker):
                await until(lambda: b":1" in server.command(f"EXISTS {RUN_QUEUE}:health-check"), what="listening")
                server.kill()
                await until(lambda: not server.answers())
                server.start()
                async with database.begin() as tx:
                    await tx.work.want(item("late"))
                await queue.ring_run("late", "1")
                await until(lambda: job.did == ["late"], limit_s=10)


async def test_a_worker_is_seen_while_it_works_and_gone_when_it_stopped(database: Database) -> None:
    worker = Worker(worker_services(database, worker_id="host-1-abc"), {}, decide, redis_url=None)

    async def seen() -> bool:
        async with database.begin(read_only=True) as tx:
            return [beat.worker_id for beat in await tx.workers.alive()] == ["host-1-abc"]

    async with working(worker):
        await until(seen)
    assert not await seen()


async def test_stopping_waits_for_running_work(database: Database) -> None:
    job = Note()
    job.hold.clear()
    worker = Worker(
        worker_services(database), {"review": job}, decide, redis_url=None, limits=LIMITS, sweep_every_s=0.05
    )
    async with database.begin() as tx:
        await tx.work.want(item())
    async with working(worker) as stop:
        await until(lambda: worker.runner.running == 1)
        stop.set()
        await asyncio.sleep(0.1)
        job.hold.set()
    assert job.did == [item().subject]
    assert await backlog(database) == Backlog(done_total=1)


async def test_work_that_does_not_end_in_time_is_given_back(database: Database) -> None:
    job = Note()
    job.hold.clear()
    worker = Worker(
        worker_services(database), {"review": job}, decide, redis_url=None, limits=LIMITS, sweep_every_s=0.05
    )
    async with database.begin() as tx:
        await tx.work.want(item())
    async with working(worker, stop_wait_s=0.1):
        await until(lambda: worker.runner.running == 1)
    assert (await backlog(database)).waiting == 1


async def test_a_bug_in_one_step_stops_no_other(database: Database) -> None:
    job = Note()
    worker = Worker(
        worker_services(database), {"review": job}, decide, redis_url=None, limits=LIMITS, sweep_every_s=0.05
    )

    async def broken() -> None:
        raise ZeroDivisionError

    worker.sweeper.sweep_deliveries = broken  # type: ignore[method-assign]
    async with database.begin() as tx:
        await tx.work.want(item())
    async with working(worker):
        await until(lambda: job.did == [item().subject])


async def test_retention_runs_to_the_end(database: Database) -> None:
    worker = Worker(worker_services(database), {}, decide, redis_url=None)
    async with database.begin() as tx:
        old = delivery(1).received_at.replace(year=2020)
        await tx.inbox.add_many([delivery(n, at=old) for n in range(3)])
    await worker.router.route([guid(n) for n in range(3)])
    await worker.sweeper.purge()
    async with database.begin() as tx:
        assert await tx.inbox.known([guid(n) for n in range(3)]) == frozenset()
