"""Changed files written to a folder of their own: which of them, under which names, and why not the others.

Contents come from git's object store, not from a checkout: no filters run, links are not made, modes are dropped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from review.blobs import blob_sizes, blobs
from review.change import Change, CheckoutLimits, Entry
from review.conflicts import first_side
from review.diff import FileStatus
from review.git_process import Git

BINARY = "binary"
_KINDS: Mapping[str, str] = {"120000": "symlink", "160000": "submodule"}
_BINARY_PROBE_BYTES = 8_000
"""Git calls a file binary when a NUL is among its first 8,000 bytes. Source: git, buffer_is_binary()."""
_NAME_BYTES = 255
_UNSAFE_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_GIT_FOLDER = re.compile(r"\.git|git~\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """What became of the changed files.

    Attributes:
        texts: text of what was written, by path.
        problems: why the others were not, by path.
        sizes: bytes at the head, by path, of all that are there.
    """

    texts: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


async def write_changed_files(git: Git, change: Change, folder: Path, limits: CheckoutLimits) -> WrittenFiles:
    """Write the new side of a change into an empty folder.

    Raises:
        GitError: git failed.
    """
    written = WrittenFiles()
    wanted = list(_nameable(change.entries, limits, written.problems))
    sizes = await blob_sizes(git, [entry.new_sha for entry in wanted])
    binary = {file.path for file in change.diff.files if file.binary}
    chosen: list[Entry] = []
    left = limits.total_bytes
    for entry, size in zip(wanted, sizes, strict=True):
        if size is None:
            written.problems[entry.path] = "its content is not in the repository here"
            continue
        written.sizes[entry.path] = size
        if entry.path in binary:
            written.problems[entry.path] = BINARY
        elif size > min(limits.file_bytes, left):
            written.problems[entry.path] = f"too large ({size:,} bytes)"
        else:
            left -= size
            chosen.append(entry)
    if chosen:
        async with blobs(git, [entry.new_sha for entry in chosen]) as next_blob:
            for entry in chosen:
                keep(folder, entry.path, await next_blob(), written)
    return written


def keep(folder: Path, path: str, content: bytes, written: WrittenFiles) -> None:
    """Write one file and note its text, or why there is none."""
    text = as_text(content)
    # Settled on disk only: engines need something that parses, while ``texts`` stays what was committed.
    problem = BINARY if text is None else write_file(folder, path, first_side(content))
    if problem is None and text is not None:
        written.texts[path] = text
    elif problem is not None:
        written.problems[path] = problem


def _nameable(entries: Sequence[Entry], limits: CheckoutLimits, problems: dict[str, str]) -> Iterator[Entry]:
    number = 0
    for entry in entries:
        if entry.status is FileStatus.DELETED:
            continue
        problem = _KINDS.get(entry.new_mode) or unsafe_name(entry.path)
        if problem is None and number >= limits.files:
            problem = f"over the limit of {limits.files:,} files"
        if problem is not None:
            problems[entry.path] = problem
            continue
        number += 1
        yield entry


def unsafe_name(path: str) -> str | None:
    """Why a file of this name is not written to disk or handed to a tool, or None."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if _UNSAFE_CHARACTERS.search(path):
        return "its name holds control or direction characters"
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "/".join(parts) != path or ".." in parts:
        return "its name could leave the folder"
    if any(_GIT_FOLDER.fullmatch(part.rstrip(" .")) for part in parts):
        return "its name could pass for git's own folder"
    if any(len(part.encode()) > _NAME_BYTES for part in parts):
        return "its name is too long"
    return None


def as_text(content: bytes) -> str | None:
    """Text of a file, or None for a binary one. Bytes that are not UTF-8 become ``U+FFFD``; line ends stay."""
    if b"\0" in content[:_BINARY_PROBE_BYTES]:
        return None
    return content.decode("utf-8", "replace")


def write_file(folder: Path, path: str, content: bytes) -> str | None:
    """Write one new file under a folder that holds no links.

    Returns:
        Why it could not be written (a name that differs only in case, too long a path), or None.
    """
    target = folder / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        return f"it cannot be written here: {error.strerror}"
    return None
