"""What lies between two commits: the list of changed paths, and the diff, kept within a size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from review.diff import Diff, FileDiff, FileStatus, parse_diff
from review.git_process import Git, GitError, OutputTooLargeError

_TREES = ("diff-tree", "-r", "-M", "-l1000", "-z", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv")
_PATCH = ("-p", "-U3", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short")
_PATHS_A_CALL = 300
_ARGV_BYTES = 60_000
_BYTES_A_LINE = 100
"""Guess for a line of a diff, to choose what fits before it is read."""
TOO_LARGE = "the change of this file is too large to be read line by line"
_STATUS = {
    "A": FileStatus.ADDED,
    "C": FileStatus.COPIED,
    "D": FileStatus.DELETED,
    "M": FileStatus.MODIFIED,
    "R": FileStatus.RENAMED,
    "T": FileStatus.TYPE_CHANGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutLimits:
    """How much of a repository is fetched, read and written for one review."""

    diff_bytes: int = 30_000_000
    file_bytes: int = 1_000_000
    total_bytes: int = 100_000_000
    files: int = 3_000
    command_timeout_s: float = 120.0
    fetch_timeout_s: float = 600.0
    mirror_bytes: int = 5_000_000_000
    cache_bytes: int = 20_000_000_000
    lock_timeout_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One changed path as git lists it. Modes are octal, ``000000`` for a side that is not there."""

    path: str
    status: FileStatus
    old_mode: str
    new_mode: str
    old_sha: str
    new_sha: str
    old_path: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """All changed paths, each with an entry in the diff, and the bytes the diff was read from."""

    entries: tuple[Entry, ...]
    diff: Diff
    diff_bytes: bytes


async def read_change(git: Git, old: str, new: str, *, max_bytes: int) -> Change:
    """Compare two trees or commits.

    A diff over ``max_bytes`` is read for the smallest files first; the others are listed with their counts and
    a ``problem``. Git's own list decides which files there are, so nothing a diff looks like can hide one.

    Raises:
        GitError: a commit is not there, or git failed.
    """
    try:
        data = await git.run(*_TREES, "--raw", *_PATCH, old, new, max_bytes=max_bytes)
    except OutputTooLargeError:
        return await _in_parts(git, old, new, max_bytes)
    raw, patch = _cut(data)
    entries = tuple(_entries(raw))
    diff = await asyncio.to_thread(parse_diff, patch)
    return Change(entries, _agreed(entries, diff.files, {}), patch)


def _cut(data: bytes) -> tuple[list[bytes], bytes]:
    """The fields of the list, and the patch after the empty one."""
    if not data:
        return [], b""
    head, _, patch = data.partition(b"\0\0")
    return head.split(b"\0"), patch


def _entries(fields: Iterable[bytes]) -> Iterator[Entry]:
    """Read ``--raw -z``. Source: git-diff-tree(1), "Raw output format"."""
    rest = iter(fields)
    for head in rest:
        if not head.startswith(b":"):
            continue
        old_mode, new_mode, old_sha, new_sha, status = head[1:].decode().split(" ")
        first = _text(next(rest))
        second = _text(next(rest)) if status[0] in "RC" else None
        yield Entry(
            path=second or first,
            status=_STATUS.get(status[0], FileStatus.MODIFIED),
            old_mode=old_mode,
            new_mode=new_mode,
            old_sha=old_sha,
            new_sha=new_sha,
            old_path=first if second is not None else None,
        )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _agreed(entries: Sequence[Entry], files: Sequence[FileDiff], counts: dict[str, tuple[int, int]]) -> Diff:
    """One file an entry, in git's order, with git's word for status, names and modes."""
    read = {file.path: file for file in files}
    agreed = []
    for entry in entries:
        added, removed = counts.get(entry.path, (0, 0))
        file = read.get(entry.path) or FileDiff(
            entry.path, entry.status, additions=added, deletions=removed, problem=TOO_LARGE
        )
        agreed.append(
            replace(
                file,
                status=entry.status,
                old_path=entry.old_path,
                old_mode=None if entry.status is FileStatus.ADDED else entry.old_mode,
                new_mode=None if entry.status is FileStatus.DELETED else entry.new_mode,
            )
        )
    return Diff(tuple(agreed))


async def _in_parts(git: Git, old: str, new: str, max_bytes: int) -> Change:
    listed = await git.run(*_TREES, "--raw", "--numstat", old, new)
    fields = listed.split(b"\0")
    entries = tuple(_entries(fields))
    counts = dict(_counts(fields))
    by_size = sorted(entries, key=lambda entry: (sum(counts.get(entry.path, (0, 0))), entry.path))
    parts: list[bytes] = []
    left = max_bytes
    for batch in _batches(by_size, counts, max_bytes):
        try:
            part = await git.run(*_TREES, *_PATCH, old, new, "--", *batch, max_bytes=max(left, 1))
        except OutputTooLargeError:
            break
        left -= len(part)
        parts.append(part)
    patch = b"".join(parts)
    diff = await asyncio.to_thread(parse_diff, patch)
    return Change(entries, _agreed(entries, diff.files, counts), patch)


def _counts(fields: Sequence[bytes]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Read the ``--numstat -z`` part: counts, then a name, or an empty one and both names of a rename."""
    rest = iter(fields)
    for head in rest:
        if head.startswith(b":"):
            next(rest)
            if head.rpartition(b" ")[2][:1] in b"RC":
                next(rest)
        elif head.count(b"\t") >= 2:  # noqa: PLR2004 - added, removed, name
            added, removed, name = head.split(b"\t", 2)
            if not name:
                next(rest)
                name = next(rest)
            counts = (0, 0) if added == b"-" else (int(added), int(removed))
            yield _text(name), counts


def _batches(entries: Iterable[Entry], counts: dict[str, tuple[int, int]], max_bytes: int) -> Iterator[list[str]]:
    """Paths for one call each, until the guessed size of all is reached. A rename brings both its names."""
    batch: list[str] = []
    argv_bytes = guessed = 0
    for entry in entries:
        guessed += 500 + _BYTES_A_LINE * sum(counts.get(entry.path, (0, 0)))
        if guessed > max_bytes:
            break
        names = [entry.path] if entry.old_path is None else [entry.old_path, entry.path]
        batch += names
        argv_bytes += sum(len(name) + 1 for name in names)
        if len(batch) >= _PATHS_A_CALL or argv_bytes > _ARGV_BYTES:
            yield batch
            batch, argv_bytes = [], 0
    if batch:
        yield batch


async def merge_base(git: Git, base: str, head: str) -> str | None:
    """The best common ancestor of two commits, or None when they share none.

    Raises:
        GitError: one of them is not there.
    """
    try:
        return (await git.text("merge-base", base, head)).splitlines()[0]
    except GitError as error:
        if error.code == 1 and not error.stderr:
            return None
        raise
