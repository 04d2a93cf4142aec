"""How the database fails, in the service's own words."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError, StatementError

from bot.errors import PermanentError, TransientError

# PostgreSQL: 22 data exception, 23 integrity constraint violation, 42 syntax error or access rule violation.
# Source: PostgreSQL documentation, appendix "PostgreSQL Error Codes".
_REFUSED_CLASSES = frozenset({"22", "23", "42"})


class StorageUnavailableError(TransientError):
    """The database cannot be reached, is busy, or broke off: the same statement may succeed later."""


class StorageRefusedError(PermanentError):
    """The database will not take this value or statement, however often it is sent."""


def translated(error: SQLAlchemyError) -> StorageUnavailableError | StorageRefusedError:
    """Say what kind of failure this is, without the statement's values: they may hold what a payload holds."""
    origin = getattr(error, "orig", None)
    text = " ".join(str(origin or error).split())[:300]
    state = str(getattr(origin, "sqlstate", "") or "")
    refused = (
        isinstance(error, (IntegrityError, DataError, ProgrammingError))
        or state[:2] in _REFUSED_CLASSES
        or (isinstance(error, StatementError) and not isinstance(error, DBAPIError))
    )
    if refused and not getattr(error, "connection_invalidated", False):
        return StorageRefusedError(f"the database refused a statement: {text}")
    return StorageUnavailableError(f"the database did not answer: {text}")
