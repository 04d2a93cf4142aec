"""Reads a unified diff into the two sides of each hunk. Count-driven: no content can pass for a header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_ESCAPE = re.compile(r"\\([abfnrtv\"\\]|[0-7]{3})")
_NAMED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_PREFIX = re.compile(r"[abciow]/")


@dataclass(slots=True)
class Side:
    """The old or the new text of one hunk, with what the change touches."""

    lines: list[str] = field(default_factory=list)
    touched: list[bool] = field(default_factory=list)
    """For each line, whether it was added (new side) or removed (old side)."""
    first_line: int = 1


@dataclass(slots=True)
class Hunk:
    """One hunk of one file."""

    path: str
    old_path: str
    new: Side
    old: Side


@dataclass(slots=True)
class Parsed:
    """Every hunk that could be read, and what could not."""

    hunks: list[Hunk] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


class _Lines:
    """A cursor over lines, split at line feeds only."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        if self._lines[-1] == "":
            self._lines.pop()
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        while self.at < len(self._lines):
            self.at += 1
            yield self._lines[self.at - 1]

    def peek(self, ahead: int = 0) -> str | None:
        position = self.at + ahead
        return self._lines[position] if position < len(self._lines) else None


def parse(text: str) -> Parsed:
    """Read a diff in linear time; a broken file costs a warning, never the others."""
    parsed = Parsed()
    lines = _Lines(text)
    old_path = path = ""
    for line in lines:
        following = lines.peek()
        if line.startswith("diff --git "):
            old_path = path = ""
        elif line.startswith(("diff --cc ", "diff --combined ", "@@@")):
            if line.startswith("@@@"):
                parsed.warnings.append(f"combined diff skipped at line {lines.at}")
        elif line.startswith("--- ") and following is not None and following.startswith("+++ "):
            old_path, path = _names(line[4:], following[4:])
            parsed.paths.add(path)
            lines.at += 1
        elif (head := _HUNK.match(line)) is not None:
            parsed.hunks.append(_hunk(lines, head, path, old_path, parsed.warnings))
            parsed.paths.add(path)
    return parsed


def _hunk(lines: _Lines, head: re.Match[str], path: str, old_path: str, warnings: list[str]) -> Hunk:
    old_left, new_left = (int(head[group]) if head[group] is not None else 1 for group in (2, 4))
    hunk = Hunk(path, old_path, new=Side(first_line=int(head[3])), old=Side(first_line=int(head[1])))
    while old_left > 0 or new_left > 0:
        line = lines.peek()
        sign = line[:1] if line else " "
        if line is None or (sign not in " +-\\"):
            warnings.append(f"hunk cut short at line {lines.at + 1}")
            break
        lines.at += 1
        if sign == "\\":
            continue
        if sign in " +":
            hunk.new.lines.append(line[1:])
            hunk.new.touched.append(sign == "+")
            new_left -= 1
        if sign in " -":
            hunk.old.lines.append(line[1:])
            hunk.old.touched.append(sign == "-")
            old_left -= 1
    return hunk


def _names(old: str, new: str) -> tuple[str, str]:
    old, new = _unquoted(old), _unquoted(new)
    prefixed = all(name == "/dev/null" or _PREFIX.match(name) for name in (old, new))
    if prefixed:
        old, new = (name if name == "/dev/null" else name[2:] for name in (old, new))
    if new == "/dev/null":
        return old, old
    return (new if old == "/dev/null" else old), new


def _unquoted(name: str) -> str:
    """A header's path: a tab ends it, and git quotes odd names as C does. Source: git-config(1), core.quotePath."""
    name = name.rstrip("\r")
    if not name.startswith('"'):
        return name.partition("\t")[0]
    body = name[1:].rpartition('"')[0]
    data = bytearray()
    position = 0
    for match in _ESCAPE.finditer(body):
        data += body[position : match.start()].encode("utf-8", "surrogatepass")
        code = match[1]
        data.append(_NAMED[code] if code in _NAMED else int(code, 8) & 0xFF)
        position = match.end()
    data += body[position:].encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "replace")
