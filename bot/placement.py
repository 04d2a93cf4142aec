"""Which findings can stand on which lines of a diff, and what can be suggested there. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from review.diff import Diff, FileDiff, FileStatus, Hunk
from review.models import Finding

MAX_SUGGESTED_LINES = 60
"""Longer suggestions are not read by anyone."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place GitHub takes a comment: lines of the new side, all in one hunk."""

    finding: Finding
    start: int
    end: int
    """Inclusive, 1-based."""
    replacement: str | None = None
    """New text of exactly these lines; empty deletes them; None: nothing to suggest."""

    @property
    def key(self) -> str:
        """Identity of the finding over pushes."""
        return identity(self.finding)


def identity(finding: Finding) -> str:
    """The fingerprint; for a finding without one, a digest of what it says and where."""
    if finding.fingerprint:
        return finding.fingerprint
    text = f"{finding.rule_id}\0{finding.file_path}\0{finding.line_number}\0{finding.message}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def anchors(findings: Iterable[Finding], diff: Diff) -> list[Anchor]:
    """Places for all findings that have one, in the given order, no finding twice."""
    files = {file.path: file for file in diff.files}
    found: dict[str, Anchor] = {}
    for finding in findings:
        file = files.get(finding.file_path)
        anchor = place(finding, file) if file else None
        if anchor is not None:
            found.setdefault(anchor.key, anchor)
    return list(found.values())


def place(finding: Finding, file: FileDiff) -> Anchor | None:
    """Where a comment on this finding may stand.

    A fix decides the lines: a suggestion replaces exactly what the comment spans. Lines that reach out of a hunk
    are cut to it. Source: GitHub REST API, "Create a review": ``start_line`` before ``line``, same hunk.

    Returns:
        None for a finding about a file as a whole, outside the diff, or in a file whose diff is not to be trusted.
    """
    if finding.whole_file or not commentable(file):
        return None
    fix = finding.fix
    if (
        fix is not None
        and fix.end_line - fix.start_line < MAX_SUGGESTED_LINES
        and file.hunk_of(fix.start_line, fix.end_line) is not None
    ):
        return Anchor(finding, fix.start_line, fix.end_line, fix.replacement)
    for hunk in file.hunks:
        span = _within(hunk, finding.line_number, finding.end_line_number)
        if span is not None:
            return Anchor(finding, *span)
    return None


def commentable(file: FileDiff) -> bool:
    """Whether GitHub takes comments on lines of this file at all."""
    return (
        file.problem is None
        and not file.binary
        and file.status is not FileStatus.DELETED
        and file.path == shown(file.path)
    )


def shown(path: str) -> str:
    """A path that can be sent as JSON: bytes that are not UTF-8 become ``U+FFFD``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _within(hunk: Hunk, start: int, end: int) -> tuple[int, int] | None:
    """The part of a range that lies on the new side of a hunk."""
    lines = [line.new_line for line in hunk.lines if line.new_line is not None]
    if not lines or end < lines[0] or start > lines[-1]:
        return None
    return max(start, lines[0]), min(end, lines[-1])
