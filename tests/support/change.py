"""Builds changes for tests of analysers: every line added, or an old text turned into a new one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from review.analyser import ReviewSubject
from review.diff import Diff, DiffLine, FileDiff, FileStatus, Hunk, LineKind


def added_file(path: str, text: str) -> FileDiff:
    """A new file; one with a NUL is binary, as for git."""
    if "\0" in text:
        return FileDiff(path, FileStatus.ADDED, 0, 0, new_mode="100644", binary=True)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    added = tuple(DiffLine(LineKind.ADDED, None, n, line) for n, line in enumerate(lines, start=1))
    hunks = (Hunk(0, 0, 1, len(added), "", added),) if added else ()
    return FileDiff(path, FileStatus.ADDED, len(added), 0, hunks, new_mode="100644")


def changed_file(path: str, old: str, new: str) -> FileDiff:
    """A modified file with three lines of context around each change."""
    before, after = old.splitlines(), new.splitlines()
    hunks = []
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(3):
        lines: list[DiffLine] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [
                    DiffLine(LineKind.CONTEXT, i + 1, j + 1, before[i])
                    for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
                ]
            else:
                lines += [DiffLine(LineKind.REMOVED, i + 1, None, before[i]) for i in range(i1, i2)]
                lines += [DiffLine(LineKind.ADDED, None, j + 1, after[j]) for j in range(j1, j2)]
        old_count = sum(line.kind is not LineKind.ADDED for line in lines)
        new_count = sum(line.kind is not LineKind.REMOVED for line in lines)
        first, last = group[0], group[-1]
        assert last[2] - first[1] == old_count
        hunks.append(
            Hunk(first[1] + bool(old_count), old_count, first[3] + bool(new_count), new_count, "", tuple(lines))
        )
    kinds = [line.kind for hunk in hunks for line in hunk.lines]
    return FileDiff(
        path,
        FileStatus.MODIFIED,
        kinds.count(LineKind.ADDED),
        kinds.count(LineKind.REMOVED),
        tuple(hunks),
        old_mode="100644",
        new_mode="100644",
    )


def subject_of(
    files: Mapping[str, str], *, old: Mapping[str, str] | None = None, workspace: Path | None = None, **more: Any
) -> ReviewSubject:
    """A subject of the given files; those with an old text are modified, all others added.

    With a workspace the files are written there, too.
    """
    before = old or {}
    diffs = tuple(
        changed_file(path, before[path], text) if path in before else added_file(path, text)
        for path, text in files.items()
    )
    if workspace is not None:
        for path, text in files.items():
            target = workspace / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogateescape"))
    texts = {path: text for path, text in files.items() if "\0" not in text}
    return ReviewSubject(
        diff=Diff(diffs), texts=texts, workspace=str(workspace) if workspace is not None else None, **more
    )
