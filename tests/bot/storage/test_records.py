"""Effects, reviews, workers, health, usage, installations: stored and read back as our own types."""

from __future__ import annotations

from datetime import timedelta

from bot.models import ServerState, WorkerBeat
from bot.storage.database import Database
from support.clock import WoundClock
from support.deliveries import guid, review


async def test_an_effect_is_intended_once_and_then_remembered(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        assert await tx.effects.intend("s@1#check") is None
        again = await tx.effects.intend("s@1#check")
        assert again is not None
        assert (again.done, again.remote_id, again.updated_at) == (False, None, clock())
        clock.forward(1)
        await tx.effects.done("s@1#check", 42, body_hash=b"\x01")
        done = await tx.effects.get("s@1#check")
        assert done is not None
        assert (done.done, done.remote_id, done.updated_at) == (True, 42, clock())
        assert await tx.effects.get("other") is None
        await tx.effects.done("never intended", 7)


async def test_a_review_comes_back_as_it_was_stored(database: Database, clock: WoundClock) -> None:
    stored = review(1, at=clock())
    async with database.begin() as tx:
        await tx.reviews.add(stored)
    async with database.begin(read_only=True) as tx:
        assert await tx.reviews.get(guid(1)) == stored
        assert await tx.reviews.get(guid(2)) is None


async def test_a_repeated_try_replaces_the_review_of_the_same_head(database: Database, clock: WoundClock) -> None:
    first = review(1, at=clock())
    second = first.model_copy(update={"id": guid(9), "title": "again"})
    async with database.begin() as tx:
        await tx.reviews.add(first)
        await tx.reviews.add(second)
        assert await tx.reviews.latest() == (second,)


async def test_private_reviews_are_shown_only_to_who_asks_for_them(database: Database, clock: WoundClock) -> None:
    public, private = review(1, at=clock()), review(2, at=clock() + timedelta(seconds=1), private=True)
    async with database.begin() as tx:
        await tx.reviews.add(public)
        await tx.reviews.add(private)
        assert await tx.reviews.latest(5) == (public,)
        assert await tx.reviews.latest(5, include_private=True) == (private, public)
        assert await tx.reviews.latest(1, include_private=True) == (private,)


async def test_the_previous_review_is_the_last_of_that_pull_request(database: Database, clock: WoundClock) -> None:
    reviews = [review(n, pull=1, at=clock() + timedelta(seconds=n)) for n in (1, 2, 3)]
    other = review(9, pull=2, at=clock() + timedelta(days=1))
    async with database.begin() as tx:
        for one in (*reviews, other):
            await tx.reviews.add(one)
        assert await tx.reviews.previous(11, 1) == reviews[2]
        assert await tx.reviews.previous(11, 1, other_than=reviews[2].effect_key) == reviews[1]
        assert await tx.reviews.previous(11, 3) is None
        assert await tx.reviews.open_findings(11, 1) == reviews[2].findings
        assert await tx.reviews.open_findings(11, 3) == ()


async def test_a_worker_is_alive_while_it_beats(database: Database, clock: WoundClock) -> None:
    beat = WorkerBeat(worker_id="host-1-x", started_at=clock(), last_seen=clock(), running=1)
    async with database.begin() as tx:
        await tx.workers.beat(beat)
        clock.forward(20)
        later = beat.model_copy(update={"last_seen": clock(), "running": 0})
        await tx.workers.beat(later)
        clock.forward(30)
        assert await tx.workers.alive() == (later,)
        clock.forward(1)
        assert await tx.workers.alive() == ()
        assert await tx.workers.alive(within_s=60) == (later,)
        await tx.workers.remove("host-1-x")
        assert await tx.workers.alive(within_s=60) == ()


async def test_the_latest_check_of_each_server_is_found(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        for name, status in (("git", "healthy"), ("git", "degraded"), ("sniffer", "healthy")):
            clock.forward(1)
            await tx.health.record(
                ServerState(server_name=name, status=status, response_time_ms=1.5, checked_at=clock())
            )
        latest = await tx.health.latest()
        assert [(s.server_name, s.status, s.response_time_ms) for s in latest] == [
            ("git", "degraded", 1.5),
            ("sniffer", "healthy", 1.5),
        ]
        history = await tx.health.history("git", clock() - timedelta(seconds=60))
        assert [s.status for s in history] == ["degraded", "healthy"]


async def test_usage_is_counted_by_type(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        await tx.usage.record("review", {"files": 3})
        await tx.usage.record("review")
        await tx.usage.record("command", {"name": "help"})
        assert await tx.usage.counts(clock()) == {"command": 1, "review": 2}
        assert await tx.usage.counts(clock() + timedelta(seconds=1)) == {}


async def test_an_installation_and_its_repositories_come_and_go(database: Database) -> None:
    async with database.begin() as tx:
        await tx.installations.upsert(7, "octo-org", account_type="Organization")
        await tx.installations.upsert(7, "octo-org-renamed", suspended=True)
        await tx.installations.add_repositories(7, [(1, "octo-org/a", False), (2, "octo-org/b", True)])
        await tx.installations.add_repositories(7, [(2, "octo-org/c", True)])
        assert await tx.installations.accounts() == {7: "octo-org-renamed"}
        assert await tx.installations.repositories(7) == ("octo-org/a", "octo-org/c")
        await tx.installations.remove_repositories([1])
        assert await tx.installations.repositories(7) == ("octo-org/c",)
        await tx.installations.remove(7)
        assert await tx.installations.repositories(7) == ()
