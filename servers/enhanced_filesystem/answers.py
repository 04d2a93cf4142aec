"""Results of the filesystem tools."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from servers.guard.finding import Answer

Kind = Literal["file", "directory", "symlink", "other"]


class FileContent(Answer):
    """Content of a file, or of some of its lines."""

    path: str
    content: str | None = Field(description="None for a binary file.")
    encoding: str | None
    size: int = Field(description="Bytes of the whole file.")
    sha256: str = Field(description="Of the whole file.")
    total_lines: int
    start_line: int
    truncated: bool
    binary: bool
    untrusted: bool = True


class FileOrError(Answer):
    """One of several files asked for."""

    path: str
    content: str | None = None
    truncated: bool = False
    error: str | None = None


class FilesAnswer(Answer):
    """Several files; each fails alone."""

    files: list[FileOrError]
    untrusted: bool = True


class DirectoryEntry(Answer):
    """A name in a folder."""

    name: str
    type: Kind
    size: int
    mtime: float = Field(description="Seconds since 1970.")


class DirectoryAnswer(Answer):
    """A folder's names."""

    path: str
    entries: list[DirectoryEntry]
    truncated: bool = False
    untrusted: bool = True


class TreeAnswer(Answer):
    """A folder and what lies below, two spaces a level; folders end with ``/``."""

    tree: str
    truncated: bool
    untrusted: bool = True


class PathsAnswer(Answer):
    """Paths that match, relative to the folder asked."""

    matches: list[str]
    truncated: bool
    untrusted: bool = True


class ContentMatch(Answer):
    """A line that holds the text."""

    path: str
    line: int
    column: int = Field(description="1-based, in characters.")
    text: str
    before: list[str] = Field(default_factory=list)
    after: list[str] = Field(default_factory=list)


class ContentAnswer(Answer):
    """Lines that match."""

    matches: list[ContentMatch]
    truncated: bool
    files_searched: int
    untrusted: bool = True


class InfoAnswer(Answer):
    """Facts of a file without its content."""

    path: str
    type: Kind
    size: int
    mtime: float
    mode: str = Field(description="Octal permission bits.")
    sha256: str | None = None
    symlink_target: str | None = None
    untrusted: bool = True


class Root(Answer):
    """A served folder, by name only."""

    name: str
    read_only: bool


class RootsAnswer(Answer):
    """The served folders."""

    roots: list[Root]
