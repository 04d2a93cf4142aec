"""Finds merge conflict markers that were committed by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import is_prose
from review.analysers.facts.lines import NumberedLine, new_lines
from review.diff import FileDiff
from review.models import Category, Confidence, Finding, Rule, Severity

LEFT_OVER = Rule(
    id="conflict-markers/left-over",
    summary="Merge conflict marker left in the file",
    severity=Severity.HIGH,
    category=Category.BUG,
    help=(
        "Git writes these lines when it cannot merge. Both versions are still in the file, so it will not "
        "compile, or it will do the wrong thing. Pick one side, or join them, and delete the marker lines."
    ),
    url="https://git-scm.com/docs/git-merge#_how_conflicts_are_presented",
)

# Seven signs, then the end of the line or a space and a label. Source: git merge-file, --marker-size.
_OPEN = re.compile(r"<{7}(?: .*)?$")
_MIDDLE = re.compile(r"={7}$")
_BASE = re.compile(r"\|{7} \S.*$")
_CLOSE = re.compile(r">{7}(?: .*)?$")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


class ConflictMarkers(DiffOnly):
    """Reports each conflict once, at its first marker line.

    A lone ``=======`` says nothing: reStructuredText and Markdown underline titles with it.
    """

    name: ClassVar[str] = "conflict-markers"
    rules: ClassVar[tuple[Rule, ...]] = (LEFT_OVER,)
    rule_prefix: ClassVar[str] = "conflict-markers/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> topic\n", (LEFT_OVER.id,)),
        Example("a = 1\n<<<<<<< HEAD\nb = 2\n||||||| base\n=======\nb = 3\n>>>>>>> topic\n", (LEFT_OVER.id,)),
        Example("a = 1\n>>>>>>> 4f3a2b1 (say hello)\n", (LEFT_OVER.id,)),
        Example("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n", (LEFT_OVER.id,), "values.yaml"),
        Example("Example\n=======\n\nWords\n=======\n", (), "README.md"),
        Example('"""Example\n=======\n"""\n', ()),
        Example("    <<<<<<< HEAD\n    a\n    =======\n    >>>>>>> b\n", (), "docs/git.rst"),
        Example("```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n```\n", (), "docs/git.md"),
        Example(">>>>>>> quoted seven times\n", (), "mail.txt"),
        Example("x = a <<<<<<< b\n", ()),
    )

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """One finding a conflict."""
        return _conflicts(file.path, new_lines(subject, file))


def _conflicts(path: str, lines: Sequence[NumberedLine]) -> Iterator[Finding]:
    if is_prose(path):
        yield from _whole_conflicts(path, _outside_fences(lines))
        return
    start: int | None = None
    for number, text in lines:
        if _OPEN.match(text):
            if start is not None:
                yield _finding(path, start, Confidence.MEDIUM)
            start = number
        elif _CLOSE.match(text):
            yield _finding(path, start or number, Confidence.HIGH if start else Confidence.MEDIUM)
            start = None
        elif start is None and _BASE.match(text):
            start = number
    if start is not None:
        yield _finding(path, start, Confidence.MEDIUM)


def _whole_conflicts(path: str, lines: Iterable[NumberedLine]) -> Iterator[Finding]:
    """Conflicts with all three markers: in prose a single one is a quotation or the line under a title."""
    start, middle = 0, False
    for number, text in lines:
        if _OPEN.match(text):
            start, middle = number, False
        elif start and _MIDDLE.match(text):
            middle = True
        elif _CLOSE.match(text):
            if start and middle:
                yield _finding(path, start, Confidence.HIGH)
            start = 0


def _outside_fences(lines: Sequence[NumberedLine]) -> Iterator[NumberedLine]:
    inside = False
    for number, text in lines:
        if _FENCE.match(text):
            inside = not inside
        elif not inside:
            yield number, text


def _finding(path: str, line: int, confidence: Confidence) -> Finding:
    return found(
        LEFT_OVER,
        Place(path, line),
        "A merge conflict was committed without being resolved: both versions are still in the file.",
        suggestion="Keep the version you want and delete the marker lines. Until then, linters read only the first.",
        confidence=confidence,
    )
