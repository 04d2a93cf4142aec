"""``patchwarden migrate``: bring the database to this release's schema."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from bot.commandline.start import settings_of

if TYPE_CHECKING:
    from bot.cli import Invocation


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the database is up to date; exit 3 when it is not.")
@click.pass_obj
def migrate(invocation: Invocation, *, check: bool) -> None:
    """Bring the database to this release's schema. Safe to run twice, and from several machines at once."""
    from bot.commandline.exits import Incomplete
    from bot.storage import migrate as schema

    settings = settings_of(invocation)
    settings.service.data_dir.mkdir(parents=True, exist_ok=True)
    before = asyncio.run(schema.current(settings.database_url))
    head = schema.head()
    if before == head:
        click.echo(f"database is at {head}: up to date")
        return
    if check:
        raise Incomplete(f"database is at {before or 'nothing'}, this release needs {head}; run `patchwarden migrate`")
    asyncio.run(schema.upgrade(settings.database_url))
    click.echo(f"database migrated from {before or 'nothing'} to {head}")
