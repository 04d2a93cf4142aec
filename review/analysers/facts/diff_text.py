"""From parsed hunks back to unified diff text, in pieces below a size, for tools that take a diff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from review.diff import DiffLine, FileDiff, LineKind

_SIGN = {LineKind.CONTEXT: " ", LineKind.ADDED: "+"}
_SURROGATE = re.compile("[\ud800-\udfff]")
OVERLAP_LINES = 80
"""Lines that two pieces of a split hunk share: a private key has fewer, so one piece holds it whole."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    size: int


def diff_batches(files: Iterable[FileDiff], max_bytes: int) -> list[str]:
    """Diff text of the new sides, in as few batches as fit the size.

    Removed lines are left out: the text is for tools that look at what a change adds. A hunk larger than a batch is
    split, and its parts overlap; a single line longer than a batch is cut.

    Args:
        files: with their hunks; those without an added line are passed over.
        max_bytes: of UTF-8 in one batch, headers included.
    """
    batches: list[str] = []
    current: list[str] = []
    size = 0
    for piece in (piece for file in files if file.additions for piece in _pieces(file, max_bytes)):
        if current and size + piece.size > max_bytes:
            batches.append("".join(current))
            current, size = [], 0
        current.append(piece.text)
        size += piece.size
    if current:
        batches.append("".join(current))
    return batches


def quoted_path(path: str) -> str:
    """A path as git writes it in a header: in C quotes when it holds anything odd. Source: core.quotePath."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):  # noqa: PLR2004 - printable ASCII
        return path
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:03o}" for b in raw) + '"'  # noqa: PLR2004


def _pieces(file: FileDiff, max_bytes: int) -> Iterator[_Piece]:
    name = quoted_path(f"b/{file.path}")
    header = f"diff --git {quoted_path(f'a/{file.path}')} {name}\n--- /dev/null\n+++ {name}\n"
    room = max_bytes - len(header.encode()) - len("@@ -0,0 +999999999,999999999 @@\n")
    for hunk in file.hunks:
        lines = [line for line in hunk.lines if line.kind is not LineKind.REMOVED]
        for part in _split(lines, room):
            if any(line.kind is LineKind.ADDED for line, _ in part):
                yield _piece(header, part)


def _piece(header: str, part: Sequence[tuple[DiffLine, str]]) -> _Piece:
    first = part[0][0].new_line or 1
    # the old side is the context alone: counts must agree with the lines for a reader that counts
    context = sum(line.kind is LineKind.CONTEXT for line, _ in part)
    text = f"{header}@@ -{first if context else 0},{context} +{first},{len(part)} @@\n" + "".join(
        text for _, text in part
    )
    return _Piece(text, len(text.encode()))


def _split(lines: Sequence[DiffLine], room: int) -> Iterator[list[tuple[DiffLine, str]]]:
    part: list[tuple[DiffLine, str]] = []
    size = 0
    for line in lines:
        text = _SURROGATE.sub("\ufffd", f"{_SIGN[line.kind]}{line.text}")
        if len(text) * 4 > room:
            text = text.encode()[: room // 2].decode("utf-8", "ignore")
        text += "\n"
        length = len(text.encode())
        if part and size + length > room:
            yield part
            part = _tail(part, room // 4)
            size = sum(len(kept.encode()) for _, kept in part)
        part.append((line, text))
        size += length
    if part:
        yield part


def _tail(part: list[tuple[DiffLine, str]], room: int) -> list[tuple[DiffLine, str]]:
    kept: list[tuple[DiffLine, str]] = []
    size = 0
    for item in reversed(part[-OVERLAP_LINES:]):
        size += len(item[1].encode())
        if size > room:
            break
        kept.append(item)
    return kept[::-1]
