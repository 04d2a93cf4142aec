"""Transactions, failures and the address."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import PermanentError, TransientError
from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.engine import DatabaseAddressError, parsed
from bot.storage.errors import StorageUnavailableError
from bot.storage.inbox import InboxState
from support.deliveries import delivery, guid, item
from support.waiting import until


async def test_an_error_rolls_everything_back(database: Database) -> None:
    async def fail() -> None:
        async with database.begin() as tx:
            await tx.inbox.add_many([delivery(1)])
            await tx.work.want(item())
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await fail()
    async with database.begin(read_only=True) as tx:
        assert await tx.inbox.count(InboxState.NEW) == 0
        assert await tx.work.pending() == ()


async def test_many_writers_in_one_process_all_get_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.begin() as tx:
            await tx.inbox.add_many([delivery(number)])
            await tx.work.want(item(ordinal=number + 1))

    await asyncio.gather(*(write(n) for n in range(60)))
    async with database.begin(read_only=True) as tx:
        assert await tx.inbox.count(InboxState.NEW) == 60


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(database: Database) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.begin() as tx:
            await tx.inbox.add_many([delivery(1)])
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.wait_for(inside.wait(), 5)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    async with asyncio.timeout(5), database.begin() as tx:
        assert await tx.inbox.count(InboxState.NEW) == 0
        assert await tx.inbox.add_many([delivery(1)]) == {guid(1)}


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.begin() as writing:
        await writing.inbox.add_many([delivery(1)])
        async with asyncio.timeout(5), database.begin(read_only=True) as reading:
            assert await reading.inbox.count(InboxState.NEW) == 0


async def test_ping_and_revision(database: Database) -> None:
    await database.ping()
    assert await database.revision() == migrate.head()


async def test_a_database_that_is_not_there_is_a_passing_failure(tmp_path: Path) -> None:
    for url in (
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/db",
        f"postgresql+asyncpg://x@/none?host={tmp_path}",
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
    ):
        async with Database.open(url) as database:
            with pytest.raises(StorageUnavailableError) as caught:
                await database.ping()
            assert isinstance(caught.value, TransientError)
            with pytest.raises(StorageUnavailableError):
                async with database.begin() as tx:
                    await tx.work.pending()
    # aiosqlite leaves its thread to itself when a connection fails: it must end before this loop does.
    await until(lambda: not any("connection_worker" in thread.name for thread in threading.enumerate()))


async def test_an_unmigrated_database_says_so(tmp_path: Path) -> None:
    async with Database.open(f"sqlite+aiosqlite:///{tmp_path}/empty") as database:
        assert await database.revision() is None


async def test_a_broken_connection_is_a_passing_failure_and_the_next_one_works(postgres_url: str) -> None:
    async with Database.open(postgres_url) as database:
        with pytest.raises(StorageUnavailableError):
            async with database.begin() as tx:
                await tx.work._connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        async with database.begin() as tx:
            assert await tx.work.pending() == ()


async def test_a_refused_statement_does_not_show_its_values(database: Database) -> None:
    async def store() -> None:
        async with database.begin() as tx:
            bad = delivery(1).model_copy(update={"delivery_id": "x", "payload": b"top-secret"})
            await tx.inbox.add_many([bad])

    with pytest.raises(PermanentError) as caught:
        await store()
    assert "top-secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(DatabaseAddressError, match="sqlite:///path"):
        parsed(url)


def test_plain_addresses_get_the_drivers_we_have() -> None:
    assert parsed("postgresql://u@h/d").drivername == "postgresql+asyncpg"
    assert parsed("sqlite:////tmp/x").drivername == "sqlite+aiosqlite"


async def test_a_transaction_inside_another_is_a_bug_that_is_said_at_once(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as database, database.begin():
        with pytest.raises(RuntimeError, match="inside another"):
            await database.begin().__aenter__()
