"""The way from an empty database to the newest schema, and back, on both engines."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.storage import migrate, tables
from bot.storage.database import Database
from bot.storage.engine import open_engine

SAMPLES = Path(__file__).parent / "samples"


async def names(url: str) -> set[str]:
    def read(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}

    return await migrate._inspect(url, read)


async def run(url: str, script: str) -> None:
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in filter(str.strip, script.split(";\n")):
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", "migrations:")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.head()]


async def test_up_down_and_up_again(empty_url: str) -> None:
    assert await migrate.current(empty_url) is None
    assert await migrate.upgrade(empty_url) == migrate.head()
    assert await names(empty_url) == set(tables.metadata.tables)
    await migrate.downgrade(empty_url, "base")
    assert await names(empty_url) == set()
    assert await migrate.upgrade(empty_url) == migrate.head()
    assert await migrate.upgrade(empty_url) == migrate.head()


async def test_the_migrated_schema_is_the_one_in_the_code(empty_url: str) -> None:
    await migrate.upgrade(empty_url)
    assert await migrate.check(empty_url) == ()


async def test_a_difference_is_noticed(empty_url: str) -> None:
    await migrate.upgrade(empty_url)
    await run(empty_url, "ALTER TABLE work ADD COLUMN stray INTEGER")
    assert "stray" in " ".join(await migrate.check(empty_url))


def revisions() -> Iterator[str]:
    config = Config()
    config.set_main_option("script_location", "migrations:")
    for script in ScriptDirectory.from_config(config).walk_revisions():
        yield script.revision


@pytest.mark.parametrize("revision", sorted(revisions()))
async def test_sample_data_of_each_revision_survives_the_way_to_the_head(empty_url: str, revision: str) -> None:
    await migrate.upgrade(empty_url, revision)
    await run(empty_url, (SAMPLES / f"{revision}.sql").read_text(encoding="utf-8"))
    await migrate.upgrade(empty_url)
    async with Database.open(empty_url) as database, database.begin() as tx:
        assert await tx.work.pending() == ("11:1:review",)
        assert len(await tx.reviews.latest()) == 1
        assert await tx.installations.repositories(7) == ("octo-org/shop",)


async def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    script = "import asyncio, sys; from bot.storage import migrate; print(asyncio.run(migrate.upgrade(sys.argv[1])))"
    root = Path(migrate.__file__).parents[2]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, empty_url, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    outcomes = await asyncio.wait_for(asyncio.gather(*(p.communicate() for p in processes)), 60)
    assert [out.decode().strip() for out, _ in outcomes] == [migrate.head()] * 3, outcomes
    assert await migrate.check(empty_url) == ()


async def test_a_failing_upgrade_leaves_nothing(empty_url: str) -> None:
    # The last of the tables is in the way: all before it must go again.
    await run(empty_url, "CREATE TABLE usage_events (id INTEGER)")
    with pytest.raises(migrate.SchemaError, match="usage_events"):
        await migrate.upgrade(empty_url)
    assert await names(empty_url) == {"usage_events"}
    assert await migrate.current(empty_url) is None


async def test_a_database_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(migrate.SchemaError, match="reached"):
        await migrate.upgrade(f"postgresql+asyncpg://x@/none?host={tmp_path}")
    with pytest.raises(migrate.SchemaError, match="reached"):
        await migrate.current(f"postgresql+asyncpg://x@/none?host={tmp_path}")


async def test_a_default_of_the_database_works_on_both(empty_url: str) -> None:
    await migrate.upgrade(empty_url)
    engine = open_engine(empty_url)
    try:
        async with engine.begin() as connection:
            for name in ("a", "b"):
                await connection.execute(tables.users.insert().values(email=name, password_hash="x"))
            rows = (await connection.execute(tables.users.select())).all()
    finally:
        await engine.dispose()
    assert len({row.id for row in rows}) == 2
    assert all(row.is_active and row.created_at.tzinfo is not None for row in rows)
