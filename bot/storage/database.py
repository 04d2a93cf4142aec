"""The door to the database: transactions whose repositories speak in the service's own types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.effects import EffectRepository
from bot.storage.engine import READ_ONLY, open_engine
from bot.storage.errors import StorageUnavailableError, translated
from bot.storage.health import HealthRepository
from bot.storage.inbox import InboxRepository
from bot.storage.installations import InstallationRepository
from bot.storage.retention import Retention
from bot.storage.reviews import ReviewRepository
from bot.storage.usage import UsageRepository
from bot.storage.work import WorkRepository
from bot.storage.workers import WorkerRepository

WRITER_WAIT_S = 30.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


class Transaction:
    """Repositories that share one transaction."""

    def __init__(self, connection: AsyncConnection, now: Callable[[], datetime]) -> None:
        self.inbox = InboxRepository(connection, now)
        self.work = WorkRepository(connection, now)
        self.effects = EffectRepository(connection, now)
        self.reviews = ReviewRepository(connection)
        self.workers = WorkerRepository(connection, now)
        self.health = HealthRepository(connection)
        self.usage = UsageRepository(connection, now)
        self.installations = InstallationRepository(connection, now)
        self.retention = Retention(connection, now)


class Database:
    """One database. Rows never leave: what comes out is of ``bot.models``."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        # SQLite lets one write at a time; waiting here is fair and costs nothing, waiting in the file is neither.
        self._writing: asyncio.Task[object] | None = None
        self._writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, now: Callable[[], datetime] = _utc_now) -> AsyncIterator[Database]:
        """Open a database for as long as the context lasts.

        Args:
            url: ``postgresql+asyncpg://…`` or ``sqlite+aiosqlite:///…``.
            now: the clock of leases and back-off; times are in UTC.

        Raises:
            DatabaseAddressError: the address names no database this service can use.
        """
        engine = open_engine(url)
        try:
            yield cls(engine, now)
        finally:
            # aiosqlite's threads keep the process alive until their connections are closed.
            await engine.dispose()

    def now(self) -> datetime:
        """The time that leases and back-off go by, in UTC."""
        return self._now()

    @property
    def engine_name(self) -> str:
        """``postgresql`` or ``sqlite``."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[Transaction]:
        """Begin a transaction: commit on leaving, roll back on an error.

        Do not begin a second one inside it: on SQLite that would wait for itself.

        Args:
            read_only: only look; does not wait for writers.

        Raises:
            StorageUnavailableError: cannot be reached, busy, broke off. Nothing is committed, unless the
                connection broke during the commit itself: then nobody knows.
            StorageRefusedError: a value or statement was refused.
        """
        try:
            async with AsyncExitStack() as stack:
                if self._writer is not None and not read_only:
                    await self._take_turn(stack, self._writer)
                connection = await stack.enter_async_context(self._connect())
                if read_only:
                    # One option per engine; each ignores the other's.
                    await connection.execution_options(postgresql_readonly=True, **{READ_ONLY: True})
                await stack.enter_async_context(connection.begin())
                yield Transaction(connection, self._now)
        except SQLAlchemyError as error:
            raise translated(error) from error

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            StorageUnavailableError: there is none.
        """
        try:
            async with self._connect() as connection:
                await connection.execution_options(**{READ_ONLY: True})
                await connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise translated(error) from error

    async def revision(self) -> str | None:
        """The migration the schema is at; None for an empty database."""
        try:
            async with self._connect() as connection:
                await connection.execution_options(**{READ_ONLY: True})
                return await connection.run_sync(_revision)
        except SQLAlchemyError as error:
            raise translated(error) from error

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[AsyncConnection]:
        connecting = self._engine.connect()
        try:
            connection = await connecting.start()
        except (OSError, TimeoutError) as error:  # the driver's own, not wrapped by SQLAlchemy
            raise StorageUnavailableError(f"the database cannot be reached: {error}") from error
        try:
            yield connection
        finally:
            await asyncio.shield(connection.close())

    async def _take_turn(self, stack: AsyncExitStack, writer: asyncio.Lock) -> None:
        if writer.locked() and self._writing is asyncio.current_task():
            raise RuntimeError("a transaction was begun inside another: it would wait for itself")
        try:
            async with asyncio.timeout(WRITER_WAIT_S):
                await writer.acquire()
        except TimeoutError:
            raise StorageUnavailableError(f"the database was busy for {WRITER_WAIT_S:.0f} s; try again") from None
        self._writing = asyncio.current_task()
        stack.callback(writer.release)
