"""Reads `noqa` comments: which rules a line or a file asks not to hear of."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CODES = r"(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?"
_LINE = re.compile(r"#\s*noqa" + _CODES + r"(?![-\w])", re.IGNORECASE)
_FILE = re.compile(r"^\s*#\s*(?:ruff|flake8)\s*:\s*noqa" + _CODES + r"(?![-\w])", re.IGNORECASE)
# Source of both forms: ruff documentation, "Error suppression".


def is_waived(lines: Sequence[str], first: int, last: int, code: str) -> bool:
    """Whether a comment on one of these lines (1-based, inclusive), or one for the file, names the rule or all."""
    here = (_LINE.search(line) for line in lines[first - 1 : last])
    whole = (_FILE.search(line) for line in lines)
    return any(match is not None and _names(match, code) for match in (*here, *whole))


def _names(match: re.Match[str], code: str) -> bool:
    codes = match["codes"]
    return codes is None or any(code.startswith(name) for name in re.split(r"[,\s]+", codes.upper()))
