"""Diff text to values: which lines a change adds, and whether a line is in the diff. Only home of unidiff."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineKind(StrEnum):
    """Role of a line in a hunk."""

    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"


class FileStatus(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"
    TYPE_CHANGED = "type_changed"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk, without its sign and line end."""

    kind: LineKind
    old_line: int | None
    """1-based; None for an added line."""
    new_line: int | None
    """1-based; None for a removed line."""
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """One ``@@`` block. Starts are 1-based; a count of 0 means the side is empty there."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """All that changed in one file."""

    path: str
    """New path (the old one for a deleted file), ``/`` separated; undecodable bytes as surrogate escapes."""
    status: FileStatus
    additions: int
    deletions: int
    hunks: tuple[Hunk, ...] = ()
    old_path: str | None = None
    """Set for renames and copies."""
    old_mode: str | None = None
    new_mode: str | None = None
    """Octal git modes such as ``100644``, ``120000`` (symlink), ``160000`` (submodule)."""
    binary: bool = False
    problem: str | None = None
    """Why the hunks are missing or not to be trusted; no inline comments on such a file."""

    @property
    def added_lines(self) -> tuple[DiffLine, ...]:
        """Added lines in order."""
        return tuple(line for h in self.hunks for line in h.lines if line.kind is LineKind.ADDED)

    def is_added(self, line: int) -> bool:
        """Whether the change added this line (1-based, new side)."""
        return any(a.new_line == line for a in self.added_lines)

    def adds_any(self, start: int, end: int) -> bool:
        """Whether the change added a line in this inclusive range of the new side."""
        return any(a.new_line is not None and start <= a.new_line <= end for a in self.added_lines)

    def hunk_of(self, start: int, end: int) -> Hunk | None:
        """The hunk whose new side holds both ends: the only ranges GitHub takes an inline comment on."""
        for hunk in self.hunks:
            lines = [line.new_line for line in hunk.lines if line.new_line is not None]
            if lines and lines[0] <= start <= end <= lines[-1]:
                return hunk
        return None


@dataclass(frozen=True, slots=True)
class Diff:
    """A whole change, one entry a file."""

    files: tuple[FileDiff, ...]

    def file(self, path: str) -> FileDiff | None:
        """The entry of a path (new side), or None."""
        return next((f for f in self.files if f.path == path), None)

    @property
    def additions(self) -> int:
        """Added lines over all files."""
        return sum(f.additions for f in self.files)

    @property
    def deletions(self) -> int:
        """Removed lines over all files."""
        return sum(f.deletions for f in self.files)


def parse_diff(data: bytes) -> Diff:
    """Parse the output of ``git diff`` (or GitHub's ``diff`` media type)."""
    raise NotImplementedError
