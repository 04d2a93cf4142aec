"""A fix is offered only when it is proven."""

from __future__ import annotations

import time

import pytest

from review.fixes import applied, why_unproven, with_proven_fixes
from review.models import Fix
from support.changes import change, finding, lines_of


def verdict(path: str, text: str, fix: Fix, before: str | None = None) -> str | None:
    diff = change({path: text}, None if before is None else {path: before})
    return why_unproven(finding(path=path, fix=fix), {path: text}, diff.file(path))


def fix(start: int, end: int, replacement: str) -> Fix:
    return Fix(start_line=start, end_line=end, replacement=replacement)


@pytest.mark.parametrize(
    ("path", "text", "good", "bad"),
    [
        ("a.py", "import os\nx = 1\n", "import sys", "import ("),
        ("a.json", '{"a": 1,\n"b": 2}\n', '{"a": 3,', '{"a": 3'),
        ("a.toml", "a = 1\nb = 2\n", "a = 3", "a = "),
        ("a.yml", "a: 1\nb: 2\n", "a: 3", "a: [3"),
        ("a.js", "f(1)\ng(2)\n", "f(3)", "f(3"),
    ],
)
def test_the_result_must_still_be_in_the_language(path: str, text: str, good: str, bad: str) -> None:
    assert verdict(path, text, fix(1, 1, good)) is None
    assert verdict(path, text, fix(1, 1, bad))


def test_lines_may_be_removed() -> None:
    assert verdict("a.py", "import os\nx = 1\n", fix(1, 1, "")) is None
    assert applied("import os\nx = 1\n", fix(1, 1, "")) == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "start", "end", "replacement", "result"),
    [
        ("a\nb\nc\n", 2, 2, "x\ny", "a\nx\ny\nc\n"),
        ("a\r\nb\r\nc\r\n", 2, 2, "x\ny", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\r\nb\r\n", 1, 2, "x\r\ny", "x\r\ny\r\n"),
        ("a\nb", 2, 2, "x", "a\nx"),
        ("a\r\nb", 1, 2, "x", "x"),
        ("a\n", 1, 1, "x", "x\n"),
        ("a\n", 1, 2, "x", None),
        ("a\n", 2, 2, "x", None),
        ("", 1, 1, "x", None),
        ("a\n", 1, 1, "x\ry", None),
    ],
)
def test_line_ends_and_the_last_one_are_kept(
    text: str, start: int, end: int, replacement: str, result: str | None
) -> None:
    assert applied(text, fix(start, end, replacement)) == result


def test_a_fix_that_changes_nothing_is_none() -> None:
    assert verdict("a.py", "x = 1\n", fix(1, 1, "x = 1"))


def test_the_lines_must_lie_in_one_hunk() -> None:
    before = "".join(f"x{n} = 1\n" for n in range(40))
    text = before.replace("x3 = 1", "x3 = 2").replace("x30 = 1", "x30 = 2")
    assert verdict("a.py", text, fix(4, 5, "y = 1"), before) is None
    assert verdict("a.py", text, fix(15, 15, "y = 1"), before)
    assert verdict("a.py", text, fix(4, 31, "y = 1"), before)


def test_text_that_is_not_utf8_or_nested_too_deep_is_left_alone() -> None:
    assert verdict("a.py", "x = '\ufffd'\n", fix(1, 1, "y = 1"))
    assert verdict("a.json", "[1]\n", fix(1, 1, "[" * 5_000 + "]" * 5_000))


def test_a_file_that_did_not_parse_before_proves_nothing() -> None:
    assert verdict("a.py", "import os\ndef (:\n", fix(1, 1, ""))


def test_a_byte_order_mark_does_not_matter() -> None:
    assert verdict("a.py", "\ufeffimport os\nx = 1\n", fix(2, 2, "x = 2")) is None


def test_dropped_fixes_are_counted_and_their_findings_stay() -> None:
    text = {"a.py": "import os\nx = 1\n"}
    findings = [finding(1, fix=fix(1, 1, "")), finding(2, fix=fix(2, 2, "x = (")), finding(2)]
    kept, dropped = with_proven_fixes(findings, text, lines_of(text))
    assert [f.fix is not None for f in kept] == [True, False, False]
    assert dropped == 1


def test_many_fixes_in_a_large_file_take_no_long_time() -> None:
    text = {"a.py": "import os\n" + "x = [1, 2, 3]\n" * 10_000}
    findings = [finding(1, message=str(n), fix=fix(1, 1, "")) for n in range(300)]
    start = time.process_time()
    kept, dropped = with_proven_fixes(findings, text, lines_of(text))
    assert time.process_time() - start < 20
    assert 0 < sum(f.fix is not None for f in kept) == 300 - dropped < 300
