"""The lease: lost, superseded or held; and the write that happens exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.errors import LeaseLostError, SupersededError, TransientError
from bot.lease import WorkLease
from bot.storage.database import Database
from support.deliveries import item

SUBJECT = item().subject


@dataclass
class Remote:
    """What GitHub would hold."""

    things: dict[int, str] = field(default_factory=dict)
    finds: int = 0
    lags: int = 0
    """How many looks do not show what is there."""

    async def find(self) -> int | None:
        self.finds += 1
        if self.finds <= self.lags:
            return None
        return next(iter(self.things), None)

    async def create(self) -> int:
        number = 100 + len(self.things)
        self.things[number] = "created"
        return number

    async def update(self, number: int) -> None:
        self.things[number] = "updated"

    async def create_and_lose_the_answer(self) -> int:
        await self.create()
        raise TransientError("connection broke")


async def lease_of(database: Database, *, ordinal: int = 1, owner: str = "a", lease_s: float = 30.0) -> WorkLease:
    async with database.begin() as tx:
        await tx.work.want(item(ordinal=ordinal))
        claim = await tx.work.claim(SUBJECT, owner, lease_s=lease_s)
    assert claim is not None
    return WorkLease(database, claim, lease_s=lease_s, max_attempts=2, settle_s=0.01)


async def test_a_held_lease_confirms_and_says_which_try_it_is(database: Database) -> None:
    lease = await lease_of(database)
    await lease.confirm()
    assert (lease.subject, lease.seq, lease.attempt, lease.last_attempt) == (SUBJECT, 1, 1, False)


async def test_a_newer_wish_and_a_new_owner_are_noticed(database: Database) -> None:
    lease = await lease_of(database, lease_s=0.05)
    async with database.begin() as tx:
        await tx.work.want(item(ordinal=2))
    with pytest.raises(SupersededError):
        await lease.confirm()
    await asyncio.sleep(0.1)
    second = await lease_of(database, ordinal=2, owner="b")
    with pytest.raises(LeaseLostError):
        await lease.confirm()
    await second.confirm()


async def test_keeping_beats_until_it_is_lost(database: Database) -> None:
    lease = await lease_of(database, lease_s=0.3)
    keeper = asyncio.create_task(lease.keep())
    await asyncio.sleep(0.6)
    assert not keeper.done()
    async with database.begin() as tx:
        assert await tx.work.claim(SUBJECT, "b", lease_s=1) is None
        assert await tx.work.finish(lease._claim) == 1
    with pytest.raises(LeaseLostError):
        await asyncio.wait_for(keeper, 2)


async def test_a_database_that_is_away_longer_than_the_lease_loses_it(database: Database) -> None:
    lease = await lease_of(database, lease_s=0.2)
    async with Database.open("postgresql+asyncpg://x@127.0.0.1:1/none") as gone:
        lease._database = gone
        with pytest.raises(LeaseLostError, match="no beat"):
            await asyncio.wait_for(lease.keep(), 5)


async def test_once_writes_once_and_then_updates(database: Database) -> None:
    remote = Remote()
    lease = await lease_of(database)
    for _ in range(3):
        number = await lease.once("check-run", find=remote.find, create=remote.create, update=remote.update)
        assert number == 100
    assert remote.things == {100: "updated"}
    async with database.begin() as tx:
        effect = await tx.effects.get(f"{SUBJECT}@{1:040x}#check-run")
        assert effect is not None
        assert (effect.done, effect.remote_id) == (True, 100)


async def test_without_an_update_what_is_there_is_left_as_it_is(database: Database) -> None:
    remote = Remote({7: "old"})
    lease = await lease_of(database)
    assert await lease.once("reply", find=remote.find, create=remote.create) == 7
    assert remote.things == {7: "old"}


async def test_a_write_whose_answer_was_lost_is_found_by_the_next_try(database: Database) -> None:
    remote = Remote()
    lease = await lease_of(database)
    with pytest.raises(TransientError):
        await lease.once("comment", find=remote.find, create=remote.create_and_lose_the_answer)
    # The list does not show it at the first look.
    remote.finds, remote.lags = 0, 1
    assert await lease.once("comment", find=remote.find, create=remote.create) == 100
    assert len(remote.things) == 1


async def test_a_noted_id_counts_while_lists_may_lag(database: Database) -> None:
    remote = Remote(lags=99)
    lease = await lease_of(database)
    await lease.once("comment", find=remote.find, create=remote.create)
    await lease.once("comment", find=remote.find, create=remote.create, update=remote.update)
    assert remote.things == {100: "updated"}


async def test_who_lost_the_lease_writes_nothing(database: Database) -> None:
    remote = Remote()
    lease = await lease_of(database, lease_s=0.01)
    await asyncio.sleep(0.05)
    await lease_of(database, owner="b")
    with pytest.raises(LeaseLostError):
        await lease.once("check-run", find=remote.find, create=remote.create)
    assert remote.things == {}


async def test_who_lost_the_lease_while_looking_writes_nothing(database: Database) -> None:
    remote = Remote()
    lease = await lease_of(database, lease_s=0.1)

    async def slow_find() -> int | None:
        await asyncio.sleep(0.2)
        await lease_of(database, owner="b")
        return None

    with pytest.raises(LeaseLostError):
        await lease.once("check-run", find=slow_find, create=remote.create)
    assert remote.things == {}


async def test_a_scope_of_its_own_is_one_effect_over_all_heads(database: Database) -> None:
    remote = Remote()
    first = await lease_of(database)
    await first.once("sticky", scope=SUBJECT, find=remote.find, create=remote.create)
    async with database.begin() as tx:
        await tx.work.finish(first._claim)
    second = await lease_of(database, ordinal=2, owner="b")
    await second.once("sticky", scope=SUBJECT, find=remote.find, create=remote.create, update=remote.update)
    assert remote.things == {100: "updated"}
    async with database.begin() as tx:
        assert await tx.effects.get(f"{SUBJECT}#sticky") is not None
