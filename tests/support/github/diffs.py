"""What GitHub knows of a pull request's diff: changed files, hunks, and which lines take a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from support.github.store import Store

MAX_FILES = 300
MAX_LINES = 20_000
MAX_BYTES = 1_000_000
MAX_FILE_BYTES = 500_000
"""GitHub's limits on a diff: "Repository limits" in its documentation."""

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
Side = Literal["LEFT", "RIGHT"]


@dataclass(slots=True)
class Hunk:
    """One hunk: text lines with their sign, and the line numbers they have on each side."""

    header: str
    lines: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    """(text with sign, old line, new line); 1-based."""

    def has(self, line: int, side: Side) -> bool:
        """Whether a comment may stand on this line: context on both sides, additions right, deletions left."""
        return any((old if side == "LEFT" else new) == line for _, old, new in self.lines)

    def up_to(self, line: int, side: Side) -> str:
        """The hunk's text down to a line: what GitHub stores as ``diff_hunk``."""
        shown = [self.header]
        for text, old, new in self.lines:
            shown.append(text)
            if (old if side == "LEFT" else new) == line:
                break
        return "\n".join(shown)


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a diff."""

    path: str
    previous_path: str | None
    status: str
    blob: str
    additions: int
    deletions: int
    patch: str | None
    """Hunks as text; None for binary files, files over the limit and pure renames."""
    hunks: tuple[Hunk, ...]

    def hunk_of(self, line: int, side: Side) -> Hunk | None:
        """The hunk a line stands in, or None when no comment may stand there."""
        return next((hunk for hunk in self.hunks if hunk.has(line, side)), None)


@dataclass(frozen=True, slots=True)
class PullDiff:
    """A diff between the merge base and a head."""

    raw: bytes
    files: tuple[ChangedFile, ...]

    def file(self, path: str) -> ChangedFile | None:
        """The changed file of that (new) name."""
        return next((f for f in self.files if f.path == path), None)

    @property
    def additions(self) -> int:
        """Added lines."""
        return sum(f.additions for f in self.files)

    @property
    def deletions(self) -> int:
        """Removed lines."""
        return sum(f.deletions for f in self.files)

    def too_large(self) -> str | None:
        """Why the ``diff`` media type is refused (406), or None."""
        if len(self.files) > MAX_FILES:
            return f"the diff exceeded the maximum number of files ({MAX_FILES})"
        if self.raw.count(b"\n") > MAX_LINES:
            return f"the diff exceeded the maximum number of lines ({MAX_LINES})"
        if len(self.raw) > MAX_BYTES:
            return f"the diff exceeded the maximum size ({MAX_BYTES} bytes)"
        return None

    def placement_problem(
        self, path: str, line: int | None, side: str, start_line: int | None, start_side: str | None
    ) -> str | None:
        """Why a review comment may not stand there, in GitHub's short words; None when it may."""
        changed = self.file(path)
        if changed is None:
            return "Path could not be resolved"
        if line is None or side not in {"LEFT", "RIGHT"}:
            return "Line could not be resolved"
        hunk = changed.hunk_of(line, "LEFT" if side == "LEFT" else "RIGHT")
        if hunk is None:
            return "Line could not be resolved"
        if start_line is None:
            return None
        first: Side = "LEFT" if (start_side or side) == "LEFT" else "RIGHT"
        if (first == side and start_line >= line) or not hunk.has(start_line, first):
            return "Start line must precede the end line in the same hunk"
        return None

    def at_position(self, path: str, position: int) -> tuple[int | None, Side]:
        """Line and side of the old way to place comments: lines of the patch, 1 below the first hunk's header."""
        changed = self.file(path)
        rows: list[tuple[int | None, Side]] = []
        for hunk in changed.hunks if changed else ():
            rows.append((None, "RIGHT"))
            rows += [(old, "LEFT") if new is None else (new, "RIGHT") for _, old, new in hunk.lines]
        return rows[position] if 0 < position < len(rows) else (None, "RIGHT")


def pull_diff(store: Store, base: str, head: str) -> PullDiff:
    """Diff of what ``head`` added since it left ``base`` (three dots), renames detected."""
    start = store.merge_base(base, head) or EMPTY_TREE
    common = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M")
    entries = list(_raw_entries(store.git(*common, "--raw", "-z", "--no-abbrev", start, head)))
    counts = list(_counts(store.git(*common, "--numstat", "-z", start, head)))
    raw = store.git(*common, "--patch", "--full-index", start, head)
    patches = _sections(raw)
    # A change of type is one entry and two patches: the old file removed, the new one added.
    sections = [next(patches) + (next(patches) if entry[0] == "changed" else b"") for entry in entries]
    if len(entries) != len(counts) or next(patches, None) is not None:
        raise AssertionError(f"git lists {len(entries)} files and {len(counts)} counts, or more patches than files")
    files = tuple(
        _changed(entry, count, section) for entry, count, section in zip(entries, counts, sections, strict=True)
    )
    return PullDiff(raw, files)


def _changed(entry: tuple[str, str, str | None, str], count: tuple[int, int], section: bytes) -> ChangedFile:
    status, blob, previous, path = entry
    hunks = tuple(_hunks(section))
    shown = bool(hunks) and len(section) <= MAX_FILE_BYTES
    at = section.find(b"\n@@ ") + 1
    patch = section[at:].decode("utf-8", "replace").rstrip("\n") if shown else None
    return ChangedFile(path, previous, status, blob, *count, patch, hunks if shown else ())


def _raw_entries(out: bytes) -> Iterator[tuple[str, str, str | None, str]]:
    fields = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    for head in fields:
        if not head:
            return
        _, _, old, new, letter = head.split()
        status = STATUS[letter[0]]
        first = next(fields)
        if letter[0] in "RC":
            yield status, new, first, next(fields)
        else:
            yield status, (old if status == "removed" else new), None, first


def _counts(out: bytes) -> Iterator[tuple[int, int]]:
    fields = iter(out.split(b"\0"))
    for head in fields:
        if not head:
            return
        added, removed, path = head.split(b"\t", 2)
        if not path:
            next(fields)
            next(fields)
        yield (0, 0) if added == b"-" else (int(added), int(removed))


def _sections(raw: bytes) -> Iterator[bytes]:
    """Patches of single files. A ``diff --git`` inside a hunk is content: hunks are counted, not guessed."""
    start, left_old, left_new = None, 0, 0
    position = 0
    for line in _newline_split(raw):
        inside = left_old > 0 or left_new > 0
        if inside:
            sign = line[:1]
            left_old -= sign in b" -"
            left_new -= sign in b" +"
        elif line.startswith(b"diff --git "):
            if start is not None:
                yield raw[start:position]
            start = position
        elif found := HUNK.match(line):
            left_old, left_new = int(found[2] or 1), int(found[4] or 1)
        position += len(line)
    if start is not None:
        yield raw[start:]


def _newline_split(raw: bytes) -> Iterator[bytes]:
    parts = raw.split(b"\n")
    for part in parts[:-1]:
        yield part + b"\n"
    if parts[-1]:
        yield parts[-1]


def _hunks(section: bytes) -> Iterator[Hunk]:
    hunk: Hunk | None = None
    old = new = left_old = left_new = 0
    for line in _newline_split(section):
        text = line.rstrip(b"\n").decode("utf-8", "replace")
        if hunk is not None and (left_old > 0 or left_new > 0):
            sign = line[:1]
            if sign == b"\\":
                hunk.lines.append((text, None, None))
                continue
            took_old, took_new = sign in b" -", sign in b" +"
            hunk.lines.append((text, old if took_old else None, new if took_new else None))
            old, new = old + took_old, new + took_new
            left_old, left_new = left_old - took_old, left_new - took_new
        elif found := HUNK.match(line):
            if hunk is not None:
                yield hunk
            hunk = Hunk(text)
            old, left_old = int(found[1]), int(found[2] or 1)
            new, left_new = int(found[3]), int(found[4] or 1)
    if hunk is not None:
        yield hunk
