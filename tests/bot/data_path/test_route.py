"""Routing: a delivery and its work change hands in one transaction; a bad one stops nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.decision import NOTHING, Decision
from bot.errors import PermanentError, TransientError
from bot.jobs.route import MAX_ATTEMPTS, DeliveryRouter
from bot.metrics import Metrics
from bot.models import Delivery
from bot.queue import NullQueue
from bot.storage.database import Database
from bot.storage.inbox import InboxState
from support.clock import WoundClock
from support.deliveries import delivery, guid, item
from support.parts import value_of


class Bell(NullQueue):
    def __init__(self) -> None:
        self.rings: list[tuple[str, str]] = []

    async def ring_run(self, subject: str, tag: str) -> bool:
        self.rings.append((subject, tag))
        return True


class Bench:
    def __init__(self, database: Database, clock: WoundClock) -> None:
        self.database = database
        self.clock = clock
        self.bell = Bell()
        self.metrics = Metrics()

    def router(self, decide: Callable[[Delivery], Awaitable[Decision]]) -> DeliveryRouter:
        return DeliveryRouter(self.database, self.bell, self.metrics, decide)

    async def store(self, *numbers: int) -> list[str]:
        async with self.database.begin() as tx:
            await tx.inbox.add_many([delivery(n, at=self.clock()) for n in numbers])
        return [guid(n) for n in numbers]

    async def state(self, number: int) -> tuple[InboxState, str]:
        async with self.database.begin() as tx:
            state = await tx.inbox.state(guid(number))
        assert state is not None
        return state

    async def pending(self) -> tuple[str, ...]:
        async with self.database.begin() as tx:
            return await tx.work.pending()


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
async def bench(database_url: str, clock: WoundClock) -> object:
    async with Database.open(database_url, now=clock) as database:
        yield Bench(database, clock)


async def test_a_decision_becomes_work_and_rings(bench: Bench) -> None:
    async def decide(found: Delivery) -> Decision:
        assert found.payload == delivery(1).payload
        return Decision((item("b", ordinal=5), item("a", ordinal=4)), "review queued")

    await bench.router(decide).route(await bench.store(1))
    assert await bench.state(1) == (InboxState.ROUTED, "review queued")
    assert set(await bench.pending()) == {"a", "b"}
    assert bench.bell.rings == [("a", "4"), ("b", "5")]


async def test_a_delivery_with_nothing_to_do_is_ignored_with_the_reason(bench: Bench) -> None:
    async def decide(_: Delivery) -> Decision:
        return Decision(reason="draft pull request")

    await bench.router(decide).route(await bench.store(1))
    assert await bench.state(1) == (InboxState.IGNORED, "draft pull request")


async def test_a_poison_delivery_is_failed_and_the_others_go_on(bench: Bench) -> None:
    async def decide(found: Delivery) -> Decision:
        if found.delivery_id == guid(1):
            raise ZeroDivisionError
        if found.delivery_id == guid(2):
            raise PermanentError("not what GitHub documents")
        if found.delivery_id == guid(3):
            raise asyncio.CancelledError
        return Decision((item(),), "review queued")

    ids = await bench.store(1, 2, 4)
    await bench.router(decide).route(ids)
    state, note = await bench.state(1)
    assert state is InboxState.FAILED
    assert note.startswith("internal error, reference ")
    assert await bench.state(2) == (InboxState.FAILED, "not what GitHub documents")
    assert (await bench.state(4))[0] is InboxState.ROUTED
    assert value_of(bench.metrics, "patchwarden_routed_total", outcome="failed") == 2


async def test_a_passing_failure_leaves_the_delivery_to_the_sweeper(bench: Bench) -> None:
    tries = 0

    async def decide(_: Delivery) -> Decision:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise TransientError("GitHub is down")
        return NOTHING

    router = bench.router(decide)
    await router.route(await bench.store(1))
    assert await bench.state(1) == (InboxState.NEW, "GitHub is down")
    assert await router.sweep() == 0
    bench.clock.forward(5)
    assert await router.sweep() == 1
    bench.clock.forward(60)
    assert await router.sweep() == 1
    assert (await bench.state(1))[0] is InboxState.IGNORED
    assert tries == 3


async def test_the_other_sides_own_hint_is_waited_for(bench: Bench) -> None:
    async def decide(_: Delivery) -> Decision:
        raise TransientError("rate limit", retry_after_s=3000)

    router = bench.router(decide)
    await router.route(await bench.store(1))
    bench.clock.forward(2999)
    assert await router.sweep() == 0
    bench.clock.forward(1)
    assert await router.sweep() == 1


async def test_a_delivery_that_never_gets_an_answer_is_given_up_visibly(bench: Bench) -> None:
    async def decide(_: Delivery) -> Decision:
        raise TransientError("GitHub is down")

    await bench.store(1)
    router = bench.router(decide)
    for _ in range(MAX_ATTEMPTS + 1):
        bench.clock.forward(600)
        assert await router.sweep() == 1
    bench.clock.forward(3600)
    assert await router.sweep() == 0
    state, note = await bench.state(1)
    assert state is InboxState.FAILED
    assert "GitHub is down" in note


async def test_two_workers_with_the_same_delivery_store_its_work_once(bench: Bench) -> None:
    both = asyncio.Barrier(2)

    async def decide(_: Delivery) -> Decision:
        await both.wait()
        return Decision((item(),), "review queued")

    ids = await bench.store(1)
    router = bench.router(decide)
    async with asyncio.timeout(10):
        await asyncio.gather(router.route(ids), router.route(ids))
    assert len(bench.bell.rings) == 1
    assert value_of(bench.metrics, "patchwarden_routed_total", outcome="repeated") == 1
    async with bench.database.begin() as tx:
        claim = await tx.work.claim(item().subject, "a", lease_s=1)
    assert claim is not None
    assert claim.seq == 1


async def test_an_older_wish_does_not_ring(bench: Bench) -> None:
    async def decide(found: Delivery) -> Decision:
        return Decision((item(ordinal=2 if found.delivery_id == guid(1) else 1),))

    router = bench.router(decide)
    await router.route(await bench.store(1))
    await router.route(await bench.store(2))
    assert bench.bell.rings == [(item().subject, "2")]
    assert (await bench.state(2))[0] is InboxState.ROUTED
