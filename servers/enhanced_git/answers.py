"""Results of the git tools."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from servers.guard.finding import Answer

Status = Literal["added", "modified", "deleted", "renamed", "copied", "type_changed", "unmerged", "unknown"]


class StatusEntry(Answer):
    """A changed path."""

    path: str
    status: Status
    old_path: str | None = None


class StatusAnswer(Answer):
    """State of a work tree."""

    branch: str | None = Field(description="None when HEAD is detached.")
    head: str | None = Field(description="Commit id; None before the first commit.")
    upstream: str | None = None
    ahead: int = 0
    behind: int = 0
    clean: bool
    staged: list[StatusEntry]
    unstaged: list[StatusEntry]
    untracked: list[str]
    truncated: bool = False
    untrusted: bool = True


class ChangedFile(Answer):
    """A file of a change, with line counts."""

    path: str
    old_path: str | None = None
    status: Status
    additions: int
    deletions: int
    binary: bool
    old_mode: str
    new_mode: str


class DiffAnswer(Answer):
    """A difference between two states."""

    diff: str
    files: list[ChangedFile]
    files_changed: int
    insertions: int
    deletions: int
    excluded_files: list[str]
    truncated: bool
    warnings: list[str] = Field(default_factory=list)
    untrusted: bool = True


class ChangedFilesAnswer(Answer):
    """What a branch changes against its base."""

    base: str
    head: str
    merge_base: str | None
    files: list[ChangedFile]
    commits: int
    untrusted: bool = True


class Commit(Answer):
    """One commit."""

    hash: str
    short_hash: str
    parents: list[str]
    author: str
    author_email: str
    timestamp: str = Field(description="ISO 8601.")
    subject: str
    body: str
    refs: list[str]


class LogAnswer(Answer):
    """Commits, newest first."""

    commits: list[Commit]
    next_cursor: str | None = None
    untrusted: bool = True


class ShowAnswer(Answer):
    """An object: a commit with its difference, or the content of a file, folder or tag."""

    type: Literal["commit", "tree", "blob", "tag"]
    hash: str
    commit: Commit | None = None
    content: str | None = None
    diff: str | None = None
    size: int | None = None
    binary: bool = False
    truncated: bool = False
    untrusted: bool = True


class BlameLine(Answer):
    """Who last touched a line."""

    line: int
    hash: str
    author: str
    timestamp: str
    content: str


class BlameAnswer(Answer):
    """Lines with their last commit."""

    lines: list[BlameLine]
    truncated: bool = False
    untrusted: bool = True


class Branch(Answer):
    """A branch and its tip."""

    name: str
    hash: str
    upstream: str | None = None


class BranchesAnswer(Answer):
    """Branches of a repository."""

    current: str | None
    branches: list[Branch]
    untrusted: bool = True


class GrepMatch(Answer):
    """A line that matches."""

    path: str
    line: int
    text: str


class GrepAnswer(Answer):
    """Matching lines."""

    matches: list[GrepMatch]
    truncated: bool = False
    untrusted: bool = True
