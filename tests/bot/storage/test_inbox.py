"""The inbox stores once and gives out once."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.database import Database
from bot.storage.errors import StorageRefusedError
from bot.storage.inbox import InboxState
from support.clock import WoundClock
from support.deliveries import delivery, guid


async def test_a_delivery_comes_back_as_it_was_stored(database: Database, clock: WoundClock) -> None:
    stored = delivery(1, at=clock()).model_copy(update={"payload": b"\x00\xff raw \x80", "action": None})
    async with database.begin() as tx:
        assert await tx.inbox.add_many([stored]) == {guid(1)}
    async with database.begin(read_only=True) as tx:
        assert await tx.inbox.load([guid(1), guid(2)]) == (stored,)


async def test_an_id_is_stored_once_however_often_it_comes(database: Database) -> None:
    async with database.begin() as tx:
        assert await tx.inbox.add_many([delivery(1), delivery(2), delivery(1, again=True)]) == {guid(1), guid(2)}
    async with database.begin() as tx:
        assert await tx.inbox.add_many([delivery(2), delivery(3)]) == {guid(3)}
        assert await tx.inbox.add_many([]) == frozenset()
        assert await tx.inbox.known([guid(1), guid(3), guid(4)]) == {guid(1), guid(3)}
        assert await tx.inbox.count(InboxState.NEW) == 3


async def test_the_same_id_at_the_same_time_is_new_to_one_caller_only(database: Database) -> None:
    async def store() -> int:
        async with database.begin() as tx:
            return len(await tx.inbox.add_many([delivery(1), delivery(2)]))

    assert sorted(await asyncio.gather(*(store() for _ in range(6)))) == [0, 0, 0, 0, 0, 2]


async def test_new_deliveries_are_left_to_the_doorbell_first_then_taken_with_growing_waits(
    database: Database, clock: WoundClock
) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(1, at=clock())])

    async def take() -> tuple[tuple[str, int], ...]:
        async with database.begin() as tx:
            return await tx.inbox.new_ids(10, hold_s=10)

    assert await take() == ()
    clock.forward(5)
    assert await take() == ((guid(1), 1),)
    assert await take() == ()
    clock.forward(10)
    assert await take() == ((guid(1), 2),)
    clock.forward(19)
    assert await take() == ()
    clock.forward(1)
    assert await take() == ((guid(1), 3),)


async def test_two_sweepers_never_take_the_same_delivery(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(n, at=clock()) for n in range(40)])
    clock.forward(6)

    async def take() -> list[str]:
        async with database.begin() as tx:
            return [delivery_id for delivery_id, _ in await tx.inbox.new_ids(10)]

    taken = [one for batch in await asyncio.gather(*(take() for _ in range(6))) for one in batch]
    assert len(taken) == len(set(taken))
    while more := await take():
        taken += more
    assert sorted(taken) == sorted(guid(n) for n in range(40))


async def test_a_delivery_leaves_the_new_state_once(database: Database) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(1)])
        assert await tx.inbox.mark(guid(1), InboxState.ROUTED, note="review queued")
        assert not await tx.inbox.mark(guid(1), InboxState.FAILED, note="too late")
        assert await tx.inbox.state(guid(1)) == (InboxState.ROUTED, "review queued")
        assert await tx.inbox.state(guid(9)) is None
        assert await tx.inbox.load([guid(1)], only_new=True) == ()


async def test_a_stored_delivery_can_be_requeued(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(1, at=clock())])
        await tx.inbox.mark(guid(1), InboxState.FAILED)
    async with database.begin() as tx:
        assert await tx.inbox.requeue(guid(1))
        assert not await tx.inbox.requeue(guid(2))
        assert await tx.inbox.new_ids() == ((guid(1), 1),)


async def test_a_deferred_delivery_waits_and_keeps_the_reason(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(1, at=clock())])
        await tx.inbox.defer(guid(1), 60, note="rate limit")
        clock.forward(59)
        assert await tx.inbox.new_ids() == ()
        clock.forward(1)
        assert len(await tx.inbox.new_ids()) == 1
        assert await tx.inbox.state(guid(1)) == (InboxState.NEW, "rate limit")


async def test_a_value_the_database_cannot_hold_is_refused_and_nothing_of_the_batch_is_kept(
    database: Database,
) -> None:
    async def store() -> None:
        async with database.begin() as tx:
            await tx.inbox.add_many([delivery(1)])
            await tx.inbox.add_many([delivery(2).model_copy(update={"delivery_id": "not a guid"})])

    with pytest.raises(StorageRefusedError):
        await store()
    async with database.begin() as tx:
        assert await tx.inbox.count(InboxState.NEW) == 0
