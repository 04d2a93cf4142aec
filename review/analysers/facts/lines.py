"""The new side of a changed file as numbered lines, from the whole text where it is at hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.analyser import ReviewSubject
from review.diff import FileDiff, LineKind

NumberedLine = tuple[int, str]
"""1-based line number and the text without its line end."""

_LINE_END = re.compile(r"\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    r"""Lines without their ends, cut at ``\n``, ``\r\n`` and ``\r`` only, as editors and engines count them."""
    lines = _LINE_END.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines


def new_lines(subject: ReviewSubject, file: FileDiff) -> list[NumberedLine]:
    """All lines of the new side: the whole file, or what the hunks show of it."""
    text = subject.texts.get(file.path)
    if text is not None:
        return list(enumerate(split_lines(text), start=1))
    return [
        (line.new_line, line.text.rstrip("\r"))
        for hunk in file.hunks
        for line in hunk.lines
        if line.kind is not LineKind.REMOVED and line.new_line is not None
    ]


def old_lines(subject: ReviewSubject, file: FileDiff) -> list[NumberedLine]:
    """All lines of the old side: the new text with the hunks undone, or what the hunks show of it."""
    text = subject.texts.get(file.path)
    if text is None or not file.hunks:
        return [
            (line.old_line, line.text.rstrip("\r"))
            for hunk in file.hunks
            for line in hunk.lines
            if line.kind is not LineKind.ADDED and line.old_line is not None
        ]
    return list(enumerate(_undo(split_lines(text), file), start=1))


def added_numbers(file: FileDiff) -> frozenset[int]:
    """Numbers of the lines the change added."""
    return frozenset(line.new_line for line in file.added_lines if line.new_line is not None)


def _undo(lines: Sequence[str], file: FileDiff) -> list[str]:
    result: list[str] = []
    done = 0
    for hunk in file.hunks:
        start = hunk.new_start - 1 if hunk.new_count else hunk.new_start
        result.extend(lines[done:start])
        result.extend(line.text.rstrip("\r") for line in hunk.lines if line.kind is not LineKind.ADDED)
        done = start + hunk.new_count
    result.extend(lines[done:])
    return result
