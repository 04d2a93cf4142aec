"""Lets parsers read a file with merge conflicts: the first side stays, markers and other sides become empty lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_OPEN = re.compile(rb"<{7}(?: .*)?\r?\n?$")
_MIDDLE = re.compile(rb"={7}\r?\n?$")
_BASE = re.compile(rb"\|{7}(?: .*)?\r?\n?$")
_CLOSE = re.compile(rb">{7}(?: .*)?\r?\n?$")
# Seven signs, then the end of the line or a space and a label. Source: git merge-file, --marker-size.


def first_side(content: bytes) -> bytes:
    """The content with every whole conflict settled for its first side; line numbers stay.

    A file that only quotes a marker, or whose conflict does not end, is given back as it is.
    """
    if b"<<<<<<<" not in content or b">>>>>>>" not in content or b"\r" in content.replace(b"\r\n", b""):
        return content
    lines = content.splitlines(keepends=True)
    gone = {number for conflict in _conflicts(lines) for number in conflict}
    return b"".join(_end(line) if number in gone else line for number, line in enumerate(lines))


def _conflicts(lines: Sequence[bytes]) -> Iterator[list[int]]:
    """Numbers (0-based) of the lines each whole conflict loses."""
    lost: list[int] = []
    in_first = False
    for number, line in enumerate(lines):
        if _OPEN.match(line):
            lost, in_first = [number], True
        elif lost and _CLOSE.match(line):
            if not in_first:
                yield [*lost, number]
            lost = []
        elif lost and (not in_first or _BASE.match(line) or _MIDDLE.match(line)):
            in_first = False
            lost.append(number)


def _end(line: bytes) -> bytes:
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if line.endswith(b"\n") else b""
