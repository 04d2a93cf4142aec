"""Old rows go, what is still needed stays."""

from __future__ import annotations

from bot.models import ServerState, WorkerBeat
from bot.storage.database import Database
from bot.storage.inbox import InboxState
from support.clock import WoundClock
from support.deliveries import delivery, guid, item, review


async def test_payloads_go_first_then_rows(database: Database, clock: WoundClock) -> None:
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(1, at=clock()), delivery(2, at=clock())])
        await tx.inbox.mark(guid(1), InboxState.ROUTED)
    clock.forward(days=8)
    async with database.begin() as tx:
        counts = await tx.retention.step()
        assert counts["payloads"] == 1
        assert [d.delivery_id for d in await tx.inbox.load([guid(1), guid(2)])] == [guid(2)]
        assert not await tx.inbox.requeue(guid(1))
    clock.forward(days=90)
    async with database.begin() as tx:
        assert (await tx.retention.step())["inbox"] == 1
        # A delivery nobody routed yet is never thrown away.
        assert await tx.inbox.known([guid(1), guid(2)]) == {guid(2)}


async def test_open_work_and_reviews_stay_and_the_rest_goes_in_small_steps(
    database: Database, clock: WoundClock
) -> None:
    async with database.begin() as tx:
        for n in range(5):
            await tx.work.want(item(f"done {n}"))
            got = await tx.work.claim(f"done {n}", "a", lease_s=1)
            assert got is not None
            await tx.work.finish(got)
        await tx.work.want(item("open"))
        await tx.effects.intend("k")
        await tx.reviews.add(review(1, at=clock()))
        await tx.health.record(ServerState(server_name="git", status="healthy", checked_at=clock()))
        await tx.workers.beat(WorkerBeat(worker_id="w", started_at=clock(), last_seen=clock()))
    clock.forward(days=200)
    async with database.begin() as tx:
        first = await tx.retention.step(3)
        assert (first["work"], first["effect"], first["health_checks"], first["worker_beats"]) == (3, 1, 1, 1)
        assert (await tx.retention.step(3))["work"] == 2
        assert await tx.work.pending() == ("open",)
        assert len(await tx.reviews.latest()) == 1
