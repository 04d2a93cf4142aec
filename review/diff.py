"""Diff text to values: which lines a change adds, and whether a line is in the diff. Only home of unidiff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from io import StringIO
from itertools import pairwise

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from review.diff_names import RawFile
from review.diff_split import MailedPatchError, split_files
from review.errors import DiffError


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
        return self.adds_any(line, line)

    def adds_any(self, start: int, end: int) -> bool:
        """Whether the change added a line in this inclusive range of the new side."""
        return any(
            line.kind is LineKind.ADDED and line.new_line is not None and start <= line.new_line <= end
            for hunk in self.hunks
            if hunk.new_start <= end and start < hunk.new_start + hunk.new_count
            for line in hunk.lines
        )

    def hunk_of(self, start: int, end: int) -> Hunk | None:
        """The hunk whose new side holds both ends: the only ranges GitHub takes an inline comment on."""
        for hunk in self.hunks:
            if hunk.new_count and hunk.new_start <= start <= end < hunk.new_start + hunk.new_count:
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


_FAST_PATH_BYTES = 1_000_000
"""Hunks of one file above this are read without unidiff, to the same rules and several times faster."""
_KINDS = {"+": LineKind.ADDED, "-": LineKind.REMOVED, " ": LineKind.CONTEXT, "": LineKind.CONTEXT}
_SIGN_OF_NO_NEWLINE = "\\"


def parse_diff(data: bytes) -> Diff:
    """Parse the output of ``git diff`` (or GitHub's ``diff`` media type), or a plain unified diff.

    A file that cannot be read carries its ``problem``; the others are not touched by it. Text is UTF-8 with
    ``U+FFFD`` for other bytes. The two halves of a type change become one file, as ``--numstat`` has it.

    Raises:
        DiffError: the input is a mailed patch, whose message could forge a file.
    """
    try:
        files = [_file_diff(raw) for raw in split_files(data)]
    except MailedPatchError as error:
        raise DiffError(str(error)) from error
    return Diff(tuple(_without_repeats(_merged_type_changes(files))))


def _file_diff(raw: RawFile) -> FileDiff:
    old, new = _name(raw.old), _name(raw.new)
    path = old if raw.deleted and old is not None else new if new is not None else old
    problem = raw.problem
    hunks: tuple[Hunk, ...] = ()
    if problem is None and raw.hunks:
        try:
            hunks = tuple(_read_fast(raw) if raw.hunk_bytes > _FAST_PATH_BYTES else _read_with_unidiff(raw))
            _check_hunks(hunks, raw)
        except (UnidiffParseError, ValueError) as error:
            problem, hunks = f"its hunks cannot be read: {error}"[:300], ()
    moved = raw.renamed or raw.copied
    return FileDiff(
        path=path or "?",
        status=_status(raw),
        additions=raw.added,
        deletions=raw.removed,
        hunks=hunks,
        old_path=old if moved else None,
        old_mode=_name(raw.old_mode),
        new_mode=_name(raw.new_mode),
        binary=raw.binary,
        problem=problem,
    )


def _name(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _status(raw: RawFile) -> FileStatus:
    for flag, status in (
        (raw.renamed, FileStatus.RENAMED),
        (raw.copied, FileStatus.COPIED),
        (raw.deleted, FileStatus.DELETED),
        (raw.created, FileStatus.ADDED),
    ):
        if flag:
            return status
    return FileStatus.MODIFIED


def _read_with_unidiff(raw: RawFile) -> Iterator[Hunk]:
    """Hunks of one file through unidiff, under a header of our own: names in the diff never reach it."""
    text = b"--- a/file\n+++ b/file\n" + b"".join(raw.hunks)
    patch = PatchSet(StringIO(text.decode("utf-8", "replace")))
    if len(patch) != 1:
        raise ValueError("not one file")
    for hunk in patch[0]:
        yield Hunk(
            hunk.source_start,
            hunk.source_length,
            hunk.target_start,
            hunk.target_length,
            hunk.section_header.rstrip("\r"),
            tuple(
                DiffLine(_KINDS[line.line_type], line.source_line_no, line.target_line_no, _chomp(line.value))
                for line in hunk
                if line.line_type != _SIGN_OF_NO_NEWLINE
            ),
        )


def _chomp(value: str) -> str:
    return value.removesuffix("\n").removesuffix("\r")


def _read_fast(raw: RawFile) -> Iterator[Hunk]:
    """Hunks of a very large file: the splitter has already checked signs and counts."""
    for data in raw.hunks:
        header, *body = data.decode("utf-8", "replace").removesuffix("\n").split("\n")
        ranges, _, section = header[3:].partition(" @@")
        old_range, _, new_range = ranges.partition(" ")
        old_start, old_count = _range(old_range)
        new_start, new_count = _range(new_range)
        old, new = old_start, new_start
        lines = []
        for line in body:
            sign, text = line[:1], line[1:].removesuffix("\r")
            if sign == "+":
                lines.append(DiffLine(LineKind.ADDED, None, new, text))
                new += 1
            elif sign == "-":
                lines.append(DiffLine(LineKind.REMOVED, old, None, text))
                old += 1
            elif sign != _SIGN_OF_NO_NEWLINE:
                lines.append(DiffLine(LineKind.CONTEXT, old, new, text))
                old, new = old + 1, new + 1
        yield Hunk(old_start, old_count, new_start, new_count, section.strip().removesuffix("\r"), tuple(lines))


def _range(text: str) -> tuple[int, int]:
    start, comma, count = text[1:].partition(",")
    return int(start), int(count) if comma else 1


def _check_hunks(hunks: tuple[Hunk, ...], raw: RawFile) -> None:
    """The counts of both readers must agree, and hunks must follow each other on both sides."""
    added = sum(line.kind is LineKind.ADDED for hunk in hunks for line in hunk.lines)
    removed = sum(line.kind is LineKind.REMOVED for hunk in hunks for line in hunk.lines)
    if (added, removed) != (raw.added, raw.removed):
        raise ValueError(f"{added} and {removed} lines read, {raw.added} and {raw.removed} expected")
    for before, after in pairwise(hunks):
        if (
            after.new_start < before.new_start + before.new_count
            or after.old_start < before.old_start + before.old_count
        ):
            raise ValueError("hunks overlap")


def _merged_type_changes(files: list[FileDiff]) -> Iterator[FileDiff]:
    """Git writes a type change as a deletion and an addition of one path, next to each other."""
    waiting: FileDiff | None = None
    for file in files:
        if (
            waiting is not None
            and file.path == waiting.path
            and (waiting.status, file.status) == (FileStatus.DELETED, FileStatus.ADDED)
        ):
            waiting = replace(
                file,
                status=FileStatus.TYPE_CHANGED,
                old_mode=waiting.old_mode,
                additions=file.additions + waiting.additions,
                deletions=file.deletions + waiting.deletions,
                hunks=file.hunks,
                binary=file.binary or waiting.binary,
                problem=file.problem or waiting.problem,
            )
            continue
        if waiting is not None:
            yield waiting
        waiting = file
    if waiting is not None:
        yield waiting


def _without_repeats(files: Iterator[FileDiff]) -> Iterator[FileDiff]:
    """One entry a path: where several commits list one more than once, its lines mean nothing."""
    by_path: dict[str, FileDiff] = {}
    for file in files:
        seen = by_path.get(file.path)
        by_path[file.path] = (
            file
            if seen is None
            else replace(
                seen,
                additions=seen.additions + file.additions,
                deletions=seen.deletions + file.deletions,
                hunks=(),
                problem="the diff lists this path more than once; give the diff of one range",
            )
        )
    yield from by_path.values()
