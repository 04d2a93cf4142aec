"""Reads `noqa` comments: which rules a line or a file asks not to hear of."""

from __future__ import annotations

import re

_CODES = r"(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?"
_LINE = re.compile(r"#\s*noqa" + _CODES + r"(?![-\w])", re.IGNORECASE)
_FILE = re.compile(r"^\s*#\s*(?:ruff|flake8)\s*:\s*noqa" + _CODES + r"(?![-\w])", re.IGNORECASE)
# Source of both forms: ruff documentation, "Error suppression".


class Waivers:
    """The comments of one file, read once: a file may have as many findings as lines."""

    def __init__(self, text: str) -> None:
        # A form feed ends no line for Python's tools, so `splitlines` would shift what follows it.
        self._lines = text.split("\n")
        self._whole = [match for line in self._lines if (match := _FILE.search(line))]

    def names(self, first: int, last: int, code: str) -> bool:
        """Whether a comment on one of these lines (1-based, inclusive), or one for the file, names the rule or all."""
        here = (match for line in self._lines[first - 1 : last] if (match := _LINE.search(line)))
        return any(_names(match, code) for match in (*self._whole, *here))


def _names(match: re.Match[str], code: str) -> bool:
    codes = match["codes"]
    return codes is None or any(code.startswith(name) for name in re.split(r"[,\s]+", codes.upper()))
