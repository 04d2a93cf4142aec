"""What is reviewed: a range of commits read from a repository into one frozen value."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any

from review.blobs import read_blobs
from review.change import Change, CheckoutLimits, merge_base, read_change
from review.diff import Diff
from review.errors import CheckoutError
from review.files import unsafe_name, write_changed_files
from review.generated import attribute_files, marked_generated
from review.git_process import Git

_TREE_BYTES = 256_000_000
_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""Id of the tree without entries, by length of the ids (SHA-1, SHA-256). Git knows it without storing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What is reviewed, and where it lies while the review runs."""

    path: Path
    """Absolute folder with the changed files as they are at the head."""
    repository: Path | None
    """Absolute bare git directory that holds base and head; None for a diff without a repository."""
    base_sha: str
    head_sha: str
    merge_base: str
    diff: Diff
    diff_bytes: bytes
    texts: Mapping[str, str]
    """New text of changed, readable text files, by path. Bytes that are not UTF-8 are ``U+FFFD``."""
    tree: frozenset[str] = frozenset()
    """Every path of the head; empty when unknown."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Why a changed file was not written to the folder, by path."""
    commits: int = 0
    """Commits between merge base and head."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the changed files at the head, binary ones too."""
    generated: frozenset[str] = frozenset()
    """Changed paths the base's attributes call generated."""
    timings_ms: Mapping[str, int] = field(default_factory=dict)
    top: Path | None = None
    """Top folder of the work tree the change comes from; None for a mirror or a diff."""

    @property
    def whole(self) -> bool:
        """Whether everything counts as added because there is no earlier state to compare with."""
        return self.merge_base in _EMPTY_TREE.values()


@dataclass(frozen=True, slots=True)
class Range:
    """From where to where: ``old`` is compared with ``new``; base and head are what the caller asked for."""

    base_sha: str
    head_sha: str
    old: str
    new: str

    @classmethod
    async def of(cls, git: Git, base_sha: str, head_sha: str) -> Range:
        """The change a pull request makes: from the merge base to the head.

        Raises:
            CheckoutError: the two share no history, or a part of it is not there.
        """
        found = await merge_base(git, base_sha, head_sha)
        if found is None:
            raise CheckoutError(
                f"{base_sha[:12]} and {head_sha[:12]} share no history here. "
                "A shallow clone lacks it: fetch more (fetch-depth: 0 for actions/checkout)."
            )
        return cls(base_sha, head_sha, found, head_sha)


def empty_tree(like: str) -> str:
    """Id of the tree without entries, in the hash of another id: compared with it, every file is added."""
    return _EMPTY_TREE[len(like)]


async def build_workspace(git: Git, commits: Range, folder: Path, limits: CheckoutLimits | None = None) -> Workspace:
    """Read a range and write its changed files into an empty folder.

    Raises:
        GitError: an object is missing or git failed.
    """
    limits = limits or CheckoutLimits()
    started = monotonic()
    change, tree, count = await _together(
        read_change(git, commits.old, commits.new, max_bytes=limits.diff_bytes),
        git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commits.new, max_bytes=_TREE_BYTES),
        _count(git, commits),
    )
    compared = monotonic()
    generated = await _generated(git, commits.old, [entry.path for entry in change.entries])
    written = await write_changed_files(git, change, folder, limits)
    return Workspace(
        path=folder,
        repository=git.git_dir,
        base_sha=commits.base_sha,
        head_sha=commits.head_sha,
        merge_base=commits.old,
        diff=change.diff,
        diff_bytes=change.diff_bytes,
        texts=MappingProxyType(written.texts),
        tree=frozenset(name.decode("utf-8", "surrogateescape") for name in tree.split(b"\0") if name),
        problems=MappingProxyType(written.problems),
        commits=count,
        sizes=MappingProxyType(written.sizes),
        generated=generated,
        timings_ms={
            "diff": round((compared - started) * 1000),
            "files": round((monotonic() - compared) * 1000),
        },
    )


async def _together(
    change: Coroutine[Any, Any, Change], tree: Coroutine[Any, Any, bytes], count: Coroutine[Any, Any, int]
) -> tuple[Change, bytes, int]:
    """Three git processes at once; the first error ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(change), group.create_task(tree), group.create_task(count)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tasks[0].result(), tasks[1].result(), tasks[2].result()


async def _count(git: Git, commits: Range) -> int:
    if commits.new != commits.head_sha or commits.base_sha in {"", commits.head_sha}:
        return 0
    return int(await git.text("rev-list", "--count", f"{commits.old}..{commits.new}"))


async def _generated(git: Git, old: str, paths: Sequence[str]) -> frozenset[str]:
    """Ask the attributes as they were before the change; the change itself cannot hide a file."""
    plain = [path for path in paths if unsafe_name(path) is None]
    names = attribute_files(plain)
    blobs = await read_blobs(git, [f"{old}:{name}" for name in names], limit_bytes=100_000)
    found = {name: blob.decode("utf-8", "replace") for name, blob in zip(names, blobs, strict=True) if blob is not None}
    return marked_generated(plain, found)
