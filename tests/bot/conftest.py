"""Real databases and a real Valkey for the service's tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.tables import metadata
from support.postgres import PostgresServer, postgres_server, run_apart
from support.valkey import ValkeyServer, valkey_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the session."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """Name of a migrated database; a database a test would take longer to copy than most tests take."""
    name = str(run_apart(postgres.create()))
    run_apart(migrate.upgrade(postgres.url(name)))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "base.sqlite3"
    run_apart(migrate.upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    path = tmp_path / "patchwarden.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def postgres_url(postgres: PostgresServer, migrated_postgres: str) -> str:
    """A migrated PostgreSQL database, emptied for this test."""
    tables = [table.name for table in reversed(metadata.sorted_tables)]
    await postgres.empty(migrated_postgres, tables)
    return postgres.url(migrated_postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both engines."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database."""
    async with Database.open(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """One Valkey for the session."""
    with valkey_server() as server:
        yield server
