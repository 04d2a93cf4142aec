"""Edits of engines as replacements of whole lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.analysers.bases.edits import Edit, fix_from_edits
from review.analysers.ruff import Ruff
from review.analysers.shellcheck import Shellcheck
from review.models import Fix
from support.change import subject_of
from support.engines import review_with


def applied(text: str, fix: Fix) -> str:
    """The text with the fix: what a person gets who accepts the suggestion."""
    lines = text.split("\n")
    new = fix.replacement.split("\n") if fix.replacement else []
    return "\n".join([*lines[: fix.start_line - 1], *new, *lines[fix.end_line :]])


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("import os\nx = 1\n", [Edit(1, 1, 2, 1, "")], "x = 1\n"),
        ("a = 1\nb = 2\n", [Edit(2, 5, 2, 6, "3")], "a = 1\nb = 3\n"),
        ("f(a, b)\n", [Edit(1, 3, 1, 4, "x"), Edit(1, 6, 1, 7, "y")], "f(x, y)\n"),
        ("f(a, b)\n", [Edit(1, 6, 1, 7, "y"), Edit(1, 3, 1, 4, "x")], "f(x, y)\n"),
        ("a\nb\nc\n", [Edit(1, 2, 3, 1, "")], "ac\n"),
        ("a\n", [Edit(1, 1, 1, 1, "import x\n")], "import x\na\n"),
        ("\u00e9 = '\U0001f600'; y\n", [Edit(1, 10, 1, 11, "z")], "\u00e9 = '\U0001f600'; z\n"),
        ("a", [Edit(1, 1, 1, 2, "b")], "b"),
    ],
)
def test_edits_become_whole_lines_that_apply(text: str, edits: list[Edit], expected: str) -> None:
    fix = fix_from_edits(text, edits)
    assert fix is not None
    assert applied(text, fix) == expected


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("a\n", []),
        ("a\n", [Edit(1, 1, 1, 2, "a")]),
        ("a\n", [Edit(2, 5, 2, 6, "x")]),
        ("a\n", [Edit(1, 9, 1, 10, "x")]),
        ("abc\n", [Edit(1, 1, 1, 3, "x"), Edit(1, 2, 1, 4, "y")]),
        ("a\n", [Edit(1, 1, 1, 2, "")]),
        ("a\n" * 100, [Edit(1, 1, 90, 1, "")]),
        ("a\n", [Edit(0, 0, 0, 0, "x")]),
    ],
)
def test_edits_that_cannot_be_said_as_lines_give_no_fix(text: str, edits: list[Edit]) -> None:
    assert fix_from_edits(text, edits) is None


def test_windows_line_ends_are_counted_once() -> None:
    fix = fix_from_edits("a\r\nb\r\nc\r\n", [Edit(2, 1, 2, 2, "x")])
    assert fix == Fix(start_line=2, end_line=2, replacement="x")


def test_an_unused_import_comes_with_a_fix_that_takes_it_out(tmp_path: Path) -> None:
    text = "import os\nimport re\n\n\ndef f(x):\n    return re.sub('a', 'b', x)\n"
    (finding,) = review_with(Ruff(), subject_of({"a.py": text}, workspace=tmp_path))
    assert finding.fix == Fix(start_line=1, end_line=1, replacement="")


def test_one_name_of_an_import_is_taken_out_of_its_line(tmp_path: Path) -> None:
    text = "from os import path, sep\n\nprint(sep)\n"
    (finding,) = review_with(Ruff(), subject_of({"a.py": text}, workspace=tmp_path))
    assert finding.fix == Fix(start_line=1, end_line=1, replacement="from os import sep")


def test_an_unsafe_fix_is_not_offered(tmp_path: Path) -> None:
    (finding,) = review_with(Ruff(), subject_of({"a.py": "def f(x=[]):\n    return x\n"}, workspace=tmp_path))
    assert finding.fix is None


def test_quotes_of_shellcheck_come_as_a_fix_with_the_indentation_kept(tmp_path: Path) -> None:
    text = "#!/bin/bash\nif true; then\n\trm -rf $1\nfi\n"
    (finding,) = review_with(Shellcheck(), subject_of({"a.sh": text}, workspace=tmp_path))
    assert finding.fix == Fix(start_line=3, end_line=3, replacement='\trm -rf "$1"')
