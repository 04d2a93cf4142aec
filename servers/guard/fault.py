"""Failures of a tool as values a client can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Why a tool call failed. Source: the servers' common contract, result and error shape."""

    INVALID_ARGUMENT = "invalid_argument"
    NOT_FOUND = "not_found"
    DENIED = "denied"
    AUTH_MISSING = "auth_missing"
    RATE_LIMITED = "rate_limited"
    BUDGET_EXCEEDED = "budget_exceeded"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    UPSTREAM_ERROR = "upstream_error"
    INTERNAL = "internal"


_RETRYABLE = frozenset({Code.RATE_LIMITED, Code.TIMEOUT, Code.UNAVAILABLE, Code.UPSTREAM_ERROR})


class Fault(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A tool says no, and why. Becomes the error object of an ``isError`` result.

    Attributes:
        code: the kind of failure.
        message: what happened and what to do next; never a secret, never a host path.
        details: further facts as JSON values.
        retryable: whether the same call may succeed later.
    """

    def __init__(self, code: Code, message: str, *, retryable: bool | None = None, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details
        self.retryable = code in _RETRYABLE if retryable is None else retryable

    def as_json(self) -> str:
        """The error object as one JSON text."""
        error: dict[str, Any] = {
            "code": self.code.value,
            "message": self.message,
            "retryable": self.retryable,
        }
        if self.details:
            error["details"] = dict(self.details)
        return json.dumps({"error": error}, ensure_ascii=False)


def invalid(message: str, **details: Any) -> Fault:
    """An argument is not acceptable."""
    return Fault(Code.INVALID_ARGUMENT, message, **details)


def denied(message: str, **details: Any) -> Fault:
    """Policy forbids it."""
    return Fault(Code.DENIED, message, **details)


def not_found(message: str, **details: Any) -> Fault:
    """It is not there."""
    return Fault(Code.NOT_FOUND, message, **details)
