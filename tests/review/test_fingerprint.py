"""Fingerprints stay over line moves and tell repeats apart."""

from __future__ import annotations

from review.fingerprint import with_fingerprints
from review.models import Category, Finding
from support.changes import finding, lines_of


def prints(text: str, *findings: Finding) -> list[str]:
    return [f.fingerprint for f in with_fingerprints(findings, lines_of({"a.py": text}))]


def test_a_finding_keeps_its_fingerprint_when_lines_move_or_are_indented() -> None:
    assert prints("x = 1\n", finding(1)) == prints("# new\n\n    x  =  1\r\n", finding(3))


def test_it_changes_with_the_text_the_path_and_the_rule() -> None:
    (one,) = prints("x = 1\n", finding(1))
    assert len(one) == 32
    assert one not in prints("x = 2\n", finding(1))
    assert one not in prints("x = 1\n", finding(1, rule="toy/other"))
    assert one != with_fingerprints([finding(1, path="b.py")], lines_of({"b.py": "x = 1\n"}))[0].fingerprint


def test_repeats_of_one_text_are_numbered_in_order() -> None:
    first = prints("x = 1\n\nx = 1\n", finding(3), finding(1))
    assert len(set(first)) == 2
    assert prints("x = 1\n", finding(1)) == first[:1]


def test_a_whole_file_is_known_by_its_path() -> None:
    assert prints("x\n", finding(1, whole_file=True)) == prints("y\n", finding(1, whole_file=True))


def test_a_secret_is_not_part_of_it() -> None:
    values = ("hunter" + "2", "correct" + "-horse-battery")
    made = {prints(f'key = "{value}"\n', finding(1, category=Category.SECRET))[0] for value in values}
    assert len(made) == 1


def test_without_a_text_the_diff_or_the_message_serves() -> None:
    assert prints("x\n", finding(9)) == prints("y\n", finding(9))
    assert prints("x\n", finding(9)) != prints("x\n", finding(9, message="Other."))
