"""Opens the connection pool of one database address, with what each engine needs to be safe."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 15_000
"""How long SQLite waits for another process's write to end."""
CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 30
READ_ONLY = "patchwarden_read_only"


class DatabaseAddressError(Exception):
    """The address names no database this service can use."""


def parsed(url: str) -> URL:
    """Read a database address.

    Raises:
        DatabaseAddressError: another engine, or a SQLite database in memory (each connection would see its own).
    """
    address = make_url(url)
    backend = address.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise DatabaseAddressError(f"{backend}: use postgresql://user:password@host/name or sqlite:///path")
    if backend == "sqlite" and address.database in {None, "", ":memory:"}:
        raise DatabaseAddressError("a SQLite database needs a file: sqlite:///path")
    driver = "sqlite+aiosqlite" if backend == "sqlite" else "postgresql+asyncpg"
    return address.set(drivername=driver)


def open_engine(url: str, *, foreign_keys: bool = True, pool_size: int = 8) -> AsyncEngine:
    """Make an engine; nothing is connected yet.

    Args:
        url: SQLAlchemy address.
        foreign_keys: False only while migrating: rebuilding a SQLite table would cascade into its children.
        pool_size: connections kept open.
    """
    address = parsed(url)
    if address.get_backend_name() == "postgresql":
        return create_async_engine(
            address,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": COMMAND_TIMEOUT_S,
                "server_settings": {"application_name": "patchwarden"},
            },
        )
    engine = create_async_engine(address, pool_size=pool_size, max_overflow=4, pool_timeout=10)
    _make_sqlite_safe(engine, foreign_keys=foreign_keys)
    return engine


def _make_sqlite_safe(engine: AsyncEngine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # We say BEGIN ourselves: the driver's own comes too late for DDL and for the first read.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at the start; a later upgrade from reading would fail at once as busy.
        reading = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
