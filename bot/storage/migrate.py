"""Alembic, configured in code: brings a database to the newest schema and says where it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.storage import tables
from bot.storage.engine import open_engine
from bot.storage.errors import translated

T = TypeVar("T")


class SchemaError(Exception):
    """The database cannot be reached or brought to the schema; nothing was changed."""


LOCK_TIMEOUT_MS = 10_000
_UPGRADE_LOCK = 0x70617463_68776172
"""Key of the PostgreSQL advisory lock that lets one process migrate at a time."""


@cache
def head() -> str:
    """The newest revision this version of the service knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise LookupError("the package holds no migrations")
    return revision


async def upgrade(url: str, revision: str = "head") -> str:
    """Bring a database to a revision; safe to run in several processes at once.

    Returns:
        The revision it is at now.

    Raises:
        SchemaError: not reached, or a statement was refused; nothing of the whole upgrade is kept.
    """

    def run(connection: Connection) -> None:
        command.upgrade(_config(connection), revision)

    await _migrating(url, run)
    return await current(url) or ""


async def downgrade(url: str, revision: str) -> None:
    """Take a database back to an older revision (``base``: empty)."""

    def run(connection: Connection) -> None:
        command.downgrade(_config(connection), revision)

    await _migrating(url, run)


async def current(url: str) -> str | None:
    """The revision a database is at; None when it was never migrated."""
    return await _inspect(url, lambda connection: _context(connection).get_current_revision())


async def check(url: str) -> tuple[str, ...]:
    """Differences between a database and ``bot.storage.tables``; empty when there are none."""

    def compare(connection: Connection) -> tuple[str, ...]:
        return tuple(repr(change) for change in compare_metadata(_context(connection), tables.metadata))

    return await _inspect(url, compare)


async def revision(url: str, message: str) -> str:
    """Write a new migration from the difference between a database at the head and the tables.

    Returns:
        Path of the new file.
    """

    def run(connection: Connection) -> str:
        script = command.revision(
            _config(connection),
            message=message,
            autogenerate=True,
            rev_id=f"{int(head()) + 1:04d}",
        )
        if script is None or isinstance(script, list):
            raise LookupError("no migration was written")
        return script.path

    return await _inspect(url, run)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "migrations:")
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": tables.metadata})


async def _migrating(url: str, run: Callable[[Connection], None]) -> None:
    engine = open_engine(url, foreign_keys=False)
    try:
        async with engine.connect() as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                # Waiting for another process's upgrade may take long; waiting for a table must not.
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                await connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
            await connection.run_sync(run)
            if engine.dialect.name == "sqlite":
                broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
                if broken is not None:
                    raise SchemaError(f"migration would break a reference: {tuple(broken)}")
    except SQLAlchemyError as error:
        raise SchemaError(str(translated(error))) from error
    except OSError as error:
        raise SchemaError(f"the database cannot be reached: {error}") from error
    finally:
        await engine.dispose()


async def _inspect(url: str, run: Callable[[Connection], T]) -> T:
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(run)
    except SQLAlchemyError as error:
        raise SchemaError(str(translated(error))) from error
    except OSError as error:
        raise SchemaError(f"the database cannot be reached: {error}") from error
    finally:
        await engine.dispose()
