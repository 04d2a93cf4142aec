"""Group commit: together when they wait together, apart when one is bad, never lost in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.metrics import Metrics
from bot.queue import NullQueue
from bot.storage.database import Database
from bot.storage.errors import StorageRefusedError, StorageUnavailableError
from bot.storage.inbox import InboxState
from bot.web.ingest import Ingest, IngestFullError
from support.deliveries import delivery, guid
from support.parts import value_of, web_services


class Bell(NullQueue):
    """Remembers its rings and what was stored when it rang."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rings: list[tuple[list[str], int]] = []

    async def ring_route(self, delivery_ids: Sequence[str]) -> bool:
        async with self.database.begin(read_only=True) as tx:
            stored = len(await tx.inbox.known(delivery_ids))
        self.rings.append((list(delivery_ids), stored))
        return True


async def test_the_bell_rings_once_a_batch_and_only_for_what_is_committed(database: Database) -> None:
    bell = Bell(database)
    metrics = Metrics()
    async with Ingest.open(database, bell, metrics) as ingest:
        outcomes = await asyncio.gather(*(ingest.submit(delivery(n)) for n in range(300)))
        assert all(outcomes)
        assert not await ingest.submit(delivery(5))
    rung = [one for ids, _ in bell.rings for one in ids]
    assert sorted(rung) == sorted(guid(n) for n in range(300))
    assert all(len(ids) == stored for ids, stored in bell.rings)
    assert len(bell.rings) < 20
    assert value_of(metrics, "patchwarden_ingest_batch_rows_sum") == 301


async def test_the_same_id_twice_in_one_batch_is_new_once(database: Database) -> None:
    services = web_services(database)
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        outcomes = await asyncio.gather(*(ingest.submit(delivery(1)) for _ in range(5)))
    assert sorted(outcomes) == [False, False, False, False, True]


async def test_one_row_the_database_refuses_does_not_fail_its_neighbours(database: Database) -> None:
    services = web_services(database)
    bad = delivery(2).model_copy(update={"delivery_id": "no guid"})
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        outcomes = await asyncio.gather(
            *(ingest.submit(one) for one in (delivery(1), bad, delivery(3))), return_exceptions=True
        )
    assert outcomes[0] is True
    assert isinstance(outcomes[1], StorageRefusedError)
    assert outcomes[2] is True


async def test_a_full_queue_refuses_and_what_waits_is_stored_in_the_end(database: Database) -> None:
    services = web_services(database)
    ingest = Ingest(database, services.queue, services.metrics, max_waiting=3)
    waiting = [asyncio.create_task(ingest.submit(delivery(n))) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(IngestFullError):
        await ingest.submit(delivery(9))
    writer = asyncio.create_task(ingest._write())
    assert await asyncio.gather(*waiting) == [True, True, True]
    assert await ingest.submit(delivery(9))
    writer.cancel()


async def test_what_waits_when_the_service_stops_is_stored_first(database: Database) -> None:
    services = web_services(database)
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        waiting = [asyncio.create_task(ingest.submit(delivery(n))) for n in range(10)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == [True] * 10
    with pytest.raises(IngestFullError):
        await ingest.submit(delivery(11))
    async with database.begin() as tx:
        assert await tx.inbox.count(InboxState.NEW) == 10


async def test_somebody_who_went_away_while_waiting_does_not_disturb_the_others(database: Database) -> None:
    services = web_services(database)
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        gone = asyncio.create_task(ingest.submit(delivery(1)))
        stays = asyncio.create_task(ingest.submit(delivery(2)))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays


async def test_a_database_that_is_away_fails_all_at_once_and_comes_back(postgres_url: str, database_url: str) -> None:
    del postgres_url
    async with Database.open("postgresql+asyncpg://x@127.0.0.1:1/none") as gone:
        services = web_services(gone)
        async with Ingest.open(gone, services.queue, services.metrics) as ingest:
            async with asyncio.timeout(5):
                outcomes = await asyncio.gather(
                    *(ingest.submit(delivery(n)) for n in range(20)), return_exceptions=True
                )
            assert {type(outcome) for outcome in outcomes} == {StorageUnavailableError}
            async with Database.open(database_url) as back:
                ingest._database = back
                assert await ingest.submit(delivery(1))
