"""From an engine's character edits to a replacement of whole lines, checked against the file's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from review.models import Fix

MAX_FIX_LINES = 30
"""A longer replacement is a rewrite, not a suggestion."""

_LINE_WITH_END = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters from a start to an end. Rows and columns are 1-based; the end is exclusive."""

    row: int
    column: int
    end_row: int
    end_column: int
    content: str


def fix_from_edits(text: str, edits: Sequence[Edit]) -> Fix | None:
    r"""The edits as one replacement of whole lines, with ``\n`` between them.

    Args:
        text: the file as it is at the head.
        edits: in any order; columns count characters.

    Returns:
        The replacement, or None when the edits overlap, lie outside the file, change nothing, span too much, or
        cannot be said as whole lines.
    """
    lines = _LINE_WITH_END.findall(text)
    ordered = sorted(edits)
    spans = [(_offset(lines, e.row, e.column), _offset(lines, e.end_row, e.end_column), e.content) for e in ordered]
    if not spans or any(start is None or end is None for start, end, _ in spans):
        return None
    first, last = ordered[0].row, max(e.end_row - (e.end_column == 1 and e.end_row > e.row) for e in ordered)
    last = min(last, len(lines))
    base = sum(len(line) for line in lines[: first - 1])
    segment = "".join(lines[first - 1 : last])
    changed = _apply(
        segment, [(start - base, end - base, new) for start, end, new in spans if start is not None and end is not None]
    )
    if changed is None or changed == segment:
        return None
    return _as_fix(lines, (first, last), segment, changed)


def _as_fix(lines: Sequence[str], span: tuple[int, int], segment: str, changed: str) -> Fix | None:
    first, last = span
    if changed and _ends_line(segment) and not _ends_line(changed):
        if last >= len(lines):
            return None
        changed += lines[last]
        last += 1
    if last - first >= MAX_FIX_LINES or changed.count("\n") > MAX_FIX_LINES:
        return None
    replacement = re.sub(r"\r\n|\r", "\n", changed).removesuffix("\n")
    if changed and not replacement:
        return None
    return Fix(start_line=first, end_line=last, replacement=replacement)


def _apply(segment: str, spans: Sequence[tuple[int, int, str]]) -> str | None:
    parts: list[str] = []
    at = 0
    for start, end, new in spans:
        if start < at or end < start or end > len(segment):
            return None
        parts += [segment[at:start], new]
        at = end
    return "".join([*parts, segment[at:]])


def _offset(lines: Sequence[str], row: int, column: int) -> int | None:
    if row == len(lines) + 1 and column == 1:
        return sum(len(line) for line in lines)
    if not 1 <= row <= len(lines) or not 1 <= column <= len(lines[row - 1]) + 1:
        return None
    return sum(len(line) for line in lines[: row - 1]) + column - 1


def _ends_line(text: str) -> bool:
    return text.endswith(("\n", "\r"))
