"""Work: one owner at a time, the newest wish wins, nothing is forgotten."""

from __future__ import annotations

import asyncio

from bot.models import Backlog, WorkItem
from bot.storage.database import Database
from bot.storage.work import Claim
from support.clock import WoundClock
from support.deliveries import delivery, item

SUBJECT = "11:1:review"


async def want(database: Database, wish: WorkItem) -> bool:
    async with database.begin() as tx:
        return await tx.work.want(wish)


async def claim(database: Database, owner: str = "a", subject: str = SUBJECT) -> Claim | None:
    async with database.begin() as tx:
        return await tx.work.claim(subject, owner, lease_s=30)


async def claimed(database: Database, owner: str = "a") -> Claim:
    got = await claim(database, owner)
    assert got is not None
    return got


async def test_five_pushes_are_one_piece_of_work_for_the_newest(database: Database) -> None:
    # Webhooks come out of order.
    outcomes = [await want(database, item(ordinal=n)) for n in (1, 3, 2, 5, 4)]
    assert outcomes == [True, True, False, True, False]
    got = await claimed(database)
    assert (got.sha, got.message, got.attempt, got.seq) == (f"{5:040x}", {"ordinal": 5}, 1, 3)
    async with database.begin() as tx:
        assert await tx.work.finish(got) == got.seq
    assert await claim(database) is None
    assert not await want(database, item(ordinal=5))


async def test_of_many_claims_at_the_same_time_one_wins(database: Database) -> None:
    await want(database, item())
    got = await asyncio.gather(*(claim(database, f"owner {n}") for n in range(8)))
    assert len([c for c in got if c is not None]) == 1


async def test_a_dead_workers_subject_is_free_when_its_lease_runs_out(database: Database, clock: WoundClock) -> None:
    await want(database, item())
    first = await claimed(database, "a")
    clock.forward(30)
    assert await claim(database, "b") is None
    clock.forward(0.001)
    second = await claimed(database, "b")
    assert second.attempt == 2
    async with database.begin() as tx:
        # The first worker wakes up again: it can change nothing.
        assert await tx.work.beat(first, lease_s=30) is None
        assert await tx.work.finish(first) is None
        assert await tx.work.fail(first, "late", retry_after=0) is None
        assert await tx.work.kill(first, "late") is None
        assert await tx.work.release(first) is None
        assert await tx.work.beat(second, lease_s=30) == second.seq


async def test_a_beat_keeps_the_lease(database: Database, clock: WoundClock) -> None:
    await want(database, item())
    got = await claimed(database)
    clock.forward(29)
    async with database.begin() as tx:
        assert await tx.work.beat(got, lease_s=30) == 1
    clock.forward(29)
    assert await claim(database, "b") is None


async def test_a_newer_wish_during_the_work_is_seen_and_not_lost(database: Database) -> None:
    await want(database, item(ordinal=1))
    got = await claimed(database)
    await want(database, item(ordinal=2))
    async with database.begin() as tx:
        assert await tx.work.beat(got, lease_s=30) == 2
        assert await tx.work.finish(got) == 2
    again = await claimed(database)
    assert (again.seq, again.sha) == (2, f"{2:040x}")


async def test_a_released_try_does_not_count(database: Database) -> None:
    await want(database, item())
    async with database.begin() as tx:
        got = await tx.work.claim(SUBJECT, "a", lease_s=30)
        assert got is not None
        assert await tx.work.release(got) == 1
    assert (await claimed(database)).attempt == 1


async def test_a_failed_try_waits_and_a_newer_wish_does_not(database: Database, clock: WoundClock) -> None:
    await want(database, item(ordinal=1))
    async with database.begin() as tx:
        got = await tx.work.claim(SUBJECT, "a", lease_s=30)
        assert got is not None
        await tx.work.fail(got, "GitHub is down", retry_after=60)
        assert await tx.work.last_error(SUBJECT) == "GitHub is down"
    assert await claim(database) is None
    async with database.begin() as tx:
        assert await tx.work.due() == ()
    clock.forward(60)
    async with database.begin() as tx:
        assert await tx.work.due() == (SUBJECT,)
        second = await tx.work.claim(SUBJECT, "a", lease_s=30)
        assert second is not None
        assert second.attempt == 2
        await tx.work.fail(second, "still", retry_after=600)
    await want(database, item(ordinal=2))
    third = await claimed(database)
    assert third.attempt == 1


async def test_a_wish_that_came_in_during_a_failing_try_runs_at_once(database: Database) -> None:
    await want(database, item(ordinal=1))
    got = await claimed(database)
    await want(database, item(ordinal=2))
    async with database.begin() as tx:
        assert await tx.work.fail(got, "x", retry_after=600) == 2
    assert (await claimed(database)).seq == 2


async def test_killed_work_stays_dead_until_somebody_wishes_again(database: Database, clock: WoundClock) -> None:
    await want(database, item(ordinal=1))
    got = await claimed(database)
    async with database.begin() as tx:
        assert await tx.work.kill(got, "no use") == 1
    clock.forward(3600)
    assert await claim(database) is None
    async with database.begin() as tx:
        assert (await tx.work.backlog()).dead == 1
    assert await want(database, item(ordinal=2))
    again = await claimed(database)
    assert again.attempt == 1
    await want(database, item(ordinal=3))
    async with database.begin() as tx:
        assert await tx.work.kill(again, "no use") == 3
    assert (await claimed(database)).seq == 3


async def test_due_gives_what_can_be_claimed_longest_due_first(database: Database, clock: WoundClock) -> None:
    for n in (3, 1, 2):
        await want(database, item(f"11:{n}:review"))
        clock.forward(1)
    await claim(database, subject="11:1:review")
    async with database.begin(read_only=True) as tx:
        assert await tx.work.due() == ("11:3:review", "11:2:review")
        assert await tx.work.due(1) == ("11:3:review",)
        assert set(await tx.work.pending()) == {"11:1:review", "11:2:review", "11:3:review"}


async def test_the_backlog_counts_each_state(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        assert await tx.work.backlog() == Backlog()
        await tx.inbox.add_many([delivery(1)])
    await want(database, item("done"))
    finished = await claim(database, subject="done")
    assert finished is not None
    async with database.begin() as tx:
        await tx.work.finish(finished)
    for subject in ("waiting", "running"):
        await want(database, item(subject))
    await claim(database, subject="running")
    clock.forward(10)
    # A newer wish does not make the subject look fresh.
    await want(database, item("waiting", ordinal=2))
    async with database.begin(read_only=True) as tx:
        assert await tx.work.backlog() == Backlog(
            waiting=1, running=1, dead=0, unrouted=1, oldest_wait_s=10.0, done_total=1
        )


async def test_finished_work_that_is_wished_for_again_waits_from_then_on(database: Database, clock: WoundClock) -> None:
    await want(database, item(ordinal=1))
    got = await claimed(database)
    async with database.begin() as tx:
        await tx.work.finish(got)
    clock.forward(1000)
    await want(database, item(ordinal=2))
    clock.forward(3)
    async with database.begin() as tx:
        assert (await tx.work.backlog()).oldest_wait_s == 3.0
