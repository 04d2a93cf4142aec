"""A tool's raw answer to our terms: the result as an object, or the failure with its code. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.models import RETRYABLE_CODES, ErrorCode, ToolFailure

_MESSAGE_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a successful call."""

    content: dict[str, Any]
    size_characters: int
    """How much there was to read, for the audit line."""


def answer(structured: Any, texts: Sequence[str]) -> Answer:
    """Put a result into one shape; arguments as for `content`."""
    size = sum(map(len, texts))
    return Answer(content(structured, texts), size or len(json.dumps(structured, ensure_ascii=False)))


def content(structured: Any, texts: Sequence[str]) -> dict[str, Any]:
    """The result of a successful call as an object.

    Args:
        structured: ``structuredContent``, or None.
        texts: the text blocks.

    Returns:
        The structured content; else the first text read as JSON; else ``{"text": ...}``. A list becomes
        ``{"items": [...]}``, another value ``{"result": ...}``.
        Source: the servers' common contract, adapter for servers that do less.
    """
    if structured is not None:
        return _object(structured)
    if len(texts) == 1:
        try:
            value = json.loads(texts[0])
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(value, dict | list):
                return _object(value)
    return {"text": "\n".join(texts)}


def failure(texts: Sequence[str]) -> ToolFailure:
    """The failure of a call a tool marked as failed.

    Args:
        texts: the text blocks; in servers that keep the contract the first is JSON with ``error``. Plain text
            becomes the message of an ``internal`` failure, which is not tried again.
    """
    text = "\n".join(texts)
    error = _error(text)
    if error is None:
        return ToolFailure(code=ErrorCode.INTERNAL, message=_short(text) or "the tool failed without a message")
    code = _code(error.get("code"))
    details = error.get("details")
    after = error.get("retry_after_s")
    return ToolFailure(
        code=code,
        message=_short(str(error.get("message") or code)),
        retryable=bool(error.get("retryable", code in RETRYABLE_CODES)),
        retry_after_s=float(after) if isinstance(after, int | float) and after >= 0 else None,
        details=details if isinstance(details, dict) else {},
    )


def _error(text: str) -> Mapping[str, Any] | None:
    # some servers put a sentence of their own before the object
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else None


def _code(value: Any) -> ErrorCode:
    try:
        return ErrorCode(value)
    except ValueError:
        return ErrorCode.INTERNAL


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {"items": value} if isinstance(value, list) else {"result": value}


def _short(text: str) -> str:
    return text if len(text) <= _MESSAGE_CHARACTERS else f"{text[:_MESSAGE_CHARACTERS]}…"
