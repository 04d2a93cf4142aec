"""Runs migrations on the connection that ``bot.storage.migrate`` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bot.storage import tables
from bot.storage.types import Guid, Instant, gen_uuid


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own types and defaults by name, so that a migration means the same on both engines."""
    if kind == "type" and isinstance(item, (Guid, Instant)):
        name = type(item).__name__
        autogen.imports.add(f"from bot.storage.types import {name}")
        return f"{name}()"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), gen_uuid):
        autogen.imports.add("from bot.storage.types import gen_uuid")
        return "gen_uuid()"
    return False


connection = context.config.attributes["connection"]
if connection is None:
    raise RuntimeError("start migrations with `patchwarden migrate`")

context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    # A failing migration leaves nothing behind, on SQLite too: the connection begins its own transaction.
    transactional_ddl=True,
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
