"""Lines of the changed files by number: from the whole text where it is at hand, else from the diff."""

from __future__ import annotations

from collections.abc import Mapping

from review.diff import Diff, FileDiff


class SourceLines:
    """New-side lines of a change, numbered from 1. Each file is split once, when first asked for."""

    def __init__(self, diff: Diff, texts: Mapping[str, str]) -> None:
        self._files = {file.path: file for file in diff.files}
        self._texts = texts
        self._split: dict[str, dict[int, str]] = {}
        self._added: dict[str, frozenset[int]] = {}

    def file(self, path: str) -> FileDiff | None:
        """The file's entry in the diff, or None for a file the change does not touch."""
        return self._files.get(path)

    def line(self, path: str, number: int) -> str | None:
        """One line without its end, or None when it is not known."""
        return self._lines(path).get(number)

    def between(self, path: str, start: int, end: int) -> list[str]:
        """The known lines of an inclusive range."""
        lines = self._lines(path)
        if end - start > len(lines):
            return [text for number, text in sorted(lines.items()) if start <= number <= end]
        return [lines[number] for number in range(start, end + 1) if number in lines]

    def last(self, path: str) -> int | None:
        """Number of the last line, or None when the whole text is not at hand."""
        return len(self._lines(path)) if path in self._texts else None

    def added(self, path: str) -> frozenset[int]:
        """Numbers of the lines the change added."""
        if path not in self._added:
            file = self._files.get(path)
            lines = file.added_lines if file is not None else ()
            self._added[path] = frozenset(line.new_line for line in lines if line.new_line is not None)
        return self._added[path]

    def _lines(self, path: str) -> dict[int, str]:
        if path not in self._split:
            text = self._texts.get(path)
            self._split[path] = self._from_diff(path) if text is None else dict(enumerate(split_lines(text), 1))
        return self._split[path]

    def _from_diff(self, path: str) -> dict[int, str]:
        file = self._files.get(path)
        if file is None:
            return {}
        return {line.new_line: line.text for hunk in file.hunks for line in hunk.lines if line.new_line is not None}


def split_lines(text: str) -> list[str]:
    """Lines as git and GitHub count them: LF ends one, nothing else does."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
