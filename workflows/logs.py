"""Log set-up: one line an event, static names, values as fields, tokens masked, control characters escaped."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

TOKENS = re.compile(
    r"\b(gh[pousr]_[A-Za-z0-9_.\-]{10,}|github_pat_[A-Za-z0-9_]{10,}|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-.]+)"
    r"|(?i:(basic|bearer|token)\s+[A-Za-z0-9+/_.\-=]{16,})"
)
"""GitHub tokens, JSON web tokens, and values of an Authorization header."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def configure(level_name: str = "error", *, json_lines: bool = False) -> None:
    """Send structlog and the standard library's logging to standard error in one shape.

    Args:
        level_name: least severe line: ``debug``, ``info``, ``warning`` or ``error``.
        json_lines: one JSON object a line, for log collectors.
    """
    level = logging.getLevelNamesMapping()[level_name.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        masked,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, masked, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line: whoever swaps standard error for a while gets the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def masked(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask tokens and escape control characters in every text value: a log line is one line, and holds no secret."""
    del logger, method
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = clean(value, multiline=key == "exception")
    return event


def clean(text: str, *, multiline: bool = False) -> str:
    """The text without tokens and control characters."""
    text = TOKENS.sub("***", text)
    text = CONTROLS.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
    return text if multiline else text.replace("\n", "\\n")
