"""An answer of GitHub's that refuses something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """Becomes GitHub's JSON error body.

    Attributes:
        status: HTTP status.
        message: what GitHub says.
        errors: its list of particulars, when there is one.
        headers: extra headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})


def not_found() -> ApiError:
    """404, which GitHub also gives for what the caller may not see."""
    return ApiError(404, "Not Found")


def invalid(*problems: dict[str, str]) -> ApiError:
    """422 with GitHub's particulars: ``resource``, ``field``, ``code``, ``message``."""
    return ApiError(422, "Validation Failed", errors=problems)


def invalid_field(resource: str, field: str, message: str, code: str = "custom") -> ApiError:
    """422 about one field."""
    return invalid({"resource": resource, "field": field, "code": code, "message": message})
