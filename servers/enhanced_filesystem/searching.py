"""The tools that walk: tree, search by name, search by content. Bounded in entries, bytes and time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from servers.enhanced_filesystem.answers import ContentAnswer, ContentMatch, PathsAnswer, TreeAnswer
from servers.enhanced_filesystem.reading import Path, decoded
from servers.guard.fault import Fault, invalid
from servers.guard.walk import MAX_DEPTH, Visit, Walk, matcher
from servers.guard.workspace import Workspace, read_all

MAX_SEARCHED_BYTES = 1_048_576
"""Of one file; more is rarely written by hand."""
MAX_TOTAL_BYTES = 536_870_912
_LINE_CHARS = 500
_TREE_LINES = 5000
_BINARY_SNIFF_BYTES = 8000

Globs = Annotated[list[str], Field(max_length=100)]
Finder = Callable[[str], int]
"""Position of the first match in a line, or a negative number."""


class SearchTools:
    """Blocking tools that walk a folder; the server runs them in threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def directory_tree(
        self,
        path: Path = ".",
        max_depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)] = 4,
        exclude_patterns: Globs = [],  # noqa: B006 - never changed; pydantic copies it
    ) -> TreeAnswer:
        """A folder and what lies below it, as indented text."""
        walk = Walk(self._workspace, exclude_patterns, max_depth)
        visits = list(itertools.islice(walk.below(self._workspace.locate(path)), _TREE_LINES + 1))
        rows = [
            "  " * visit.relative.count("/")
            + visit.relative.rpartition("/")[2]
            + ("/" if visit.entry.kind == "directory" else "")
            for visit in visits[:_TREE_LINES]
        ]
        return TreeAnswer(tree="\n".join(rows), truncated=walk.stopped or len(visits) > _TREE_LINES)

    def search_files(
        self,
        path: Path,
        pattern: Annotated[str, Field(description="Glob as in .gitignore: **, *, ?, [..].", max_length=500)],
        exclude_patterns: Globs = [],  # noqa: B006 - never changed; pydantic copies it
        max_results: Annotated[int, Field(ge=1, le=5000)] = 500,
    ) -> PathsAnswer:
        """Files whose path matches a glob."""
        walk = Walk(self._workspace, exclude_patterns)
        wanted = matcher([pattern])
        found = (
            visit.relative
            for visit in walk.below(self._workspace.locate(path))
            if visit.entry.kind == "file" and wanted(visit.relative)
        )
        matches = list(itertools.islice(found, max_results + 1))
        return PathsAnswer(matches=matches[:max_results], truncated=walk.stopped or len(matches) > max_results)

    def search_content(
        self,
        path: Path,
        query: Annotated[str, Field(min_length=1, max_length=1000)],
        regex: Annotated[bool, Field(description="RE2 syntax; otherwise plain text.")] = False,  # noqa: FBT002 - the contract's
        include: Globs = [],  # noqa: B006 - never changed; pydantic copies it
        context_lines: Annotated[int, Field(ge=0, le=20)] = 0,
        max_matches: Annotated[int, Field(ge=1, le=2000)] = 200,
    ) -> ContentAnswer:
        """Lines of text files that hold a text or match an expression."""
        find = _finder(query, regex=regex)
        walk = Walk(self._workspace, [])
        wanted = matcher(include) if include else None
        matches: list[ContentMatch] = []
        searched = total = 0
        for visit in walk.below(self._workspace.locate(path)):
            if visit.entry.kind != "file" or (wanted is not None and not wanted(visit.relative)):
                continue
            data = self._data(visit)
            if data is None:
                continue
            searched += 1
            total += len(data)
            matches += _matches(visit.relative, decoded(data)[0], find, context_lines)
            if len(matches) > max_matches or total > MAX_TOTAL_BYTES:
                break
        cut = walk.stopped or len(matches) > max_matches or total > MAX_TOTAL_BYTES
        return ContentAnswer(matches=matches[:max_matches], truncated=cut, files_searched=searched)

    def _data(self, visit: Visit) -> bytes | None:
        if visit.entry.info.st_size > MAX_SEARCHED_BYTES:
            return None
        try:
            with self._workspace.file(visit.place) as descriptor:
                data = read_all(descriptor, MAX_SEARCHED_BYTES)
        except Fault:
            return None  # removed, swapped or unreadable since it was listed
        return None if b"\0" in data[:_BINARY_SNIFF_BYTES] else data


def _finder(query: str, *, regex: bool) -> Finder:
    if not regex:
        return lambda line: line.find(query)
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(query, options)
    except re2.error:
        raise invalid("the expression is not valid RE2 syntax") from None

    def search(line: str) -> int:
        match = pattern.search(line)
        return match.start() if match else -1

    return search


def _matches(path: str, text: str, find: Finder, context_lines: int) -> Iterator[ContentMatch]:
    lines = text.split("\n")
    for index, line in enumerate(lines):
        column = find(line)
        if column < 0:
            continue
        yield ContentMatch(
            path=path,
            line=index + 1,
            column=column + 1,
            text=line[:_LINE_CHARS],
            before=[row[:_LINE_CHARS] for row in lines[max(0, index - context_lines) : index]],
            after=[row[:_LINE_CHARS] for row in lines[index + 1 : index + 1 + context_lines]],
        )
