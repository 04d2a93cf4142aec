"""Lets parsers read a file with merge conflicts: the first side stays, markers and other sides become empty lines."""

from __future__ import annotations

import re

_OPEN = re.compile(rb"<{7}(?: .*)?\r?\n?$")
_MIDDLE = re.compile(rb"={7}\r?\n?$")
_BASE = re.compile(rb"\|{7}(?: .*)?\r?\n?$")
_CLOSE = re.compile(rb">{7}(?: .*)?\r?\n?$")
# Seven signs, then the end of the line or a space and a label. Source: git merge-file, --marker-size.


def first_side(content: bytes) -> bytes:
    """The content with every whole conflict settled for its first side; line numbers stay.

    A file that only quotes a marker, or whose conflict does not end, is given back as it is.
    """
    if b"<<<<<<<" not in content or b">>>>>>>" not in content:
        return content
    lines = content.splitlines(keepends=True) if b"\r" not in content.replace(b"\r\n", b"") else None
    if lines is None:
        return content
    settled = list(lines)
    opened: int | None = None
    kept = True
    pending: list[int] = []
    for number, line in enumerate(lines):
        if _OPEN.match(line):
            opened, kept, pending = number, True, [number]
        elif opened is None:
            continue
        elif _CLOSE.match(line):
            if not kept:
                for index in (*pending, number):
                    settled[index] = _end(lines[index])
            opened = None
        elif _BASE.match(line) or _MIDDLE.match(line):
            kept = False
            pending.append(number)
        elif not kept:
            pending.append(number)
    return b"".join(settled)


def _end(line: bytes) -> bytes:
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if line.endswith(b"\n") else b""
