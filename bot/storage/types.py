"""Column types and defaults that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, DateTime, Dialect, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: it would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the time back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Guid(TypeDecorator[str]):
    """A UUID in text form. SQLite would keep any text, so it is checked here."""

    impl = Uuid(as_uuid=False)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Refuse what is no UUID."""
        return None if value is None else str(UUID(value))


class gen_uuid(FunctionElement[UUID]):  # noqa: N801 - a SQL function, written as one
    """A random UUID made by the database."""

    type = Uuid()
    inherit_cache = True
    name = "gen_uuid"


@compiles(gen_uuid)
def _random_uuid(_element: gen_uuid, _compiler: SQLCompiler, **_options: Any) -> str:
    return "gen_random_uuid()"


@compiles(gen_uuid, "sqlite")
def _random_uuid_sqlite(_element: gen_uuid, _compiler: SQLCompiler, **_options: Any) -> str:
    # The CHAR(32) form in which sqlalchemy.Uuid keeps its values where the engine has no UUID type.
    return "(lower(hex(randomblob(16))))"
