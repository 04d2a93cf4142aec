"""A file with merge markers is still read by engines that need it to parse, with its line numbers unmoved."""

from __future__ import annotations

import ast

import pytest

from review.conflicts import first_side


def test_the_first_side_stays_and_lines_keep_their_numbers() -> None:
    text = b"a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> topic\nc = 4\n"

    settled = first_side(text)

    assert settled == b"a = 1\n\nb = 2\n\n\n\nc = 4\n"
    ast.parse(settled)


def test_the_base_of_a_three_way_conflict_goes_too() -> None:
    text = b"<<<<<<< HEAD\r\nb = 2\r\n||||||| base\r\nb = 1\r\n=======\r\nb = 3\r\n>>>>>>> topic\r\n"

    assert first_side(text) == b"\r\nb = 2\r\n\r\n\r\n\r\n\r\n\r\n"


@pytest.mark.parametrize(
    "text",
    [
        b"x = 1\n",
        b"<<<<<<< HEAD\nb = 2\n=======\nb = 3\n",
        b"Title\n=======\n\n>>>>>>> quoted\n",
        b"<<<<<<< one\n>>>>>>> two\n",
        b"x = '<<<<<<< ' + '>>>>>>>'\n",
        b"<<<<<<< HEAD\ra\r=======\rb\r>>>>>>> x\r",
        b"",
    ],
)
def test_what_is_no_whole_conflict_is_left_alone(text: bytes) -> None:
    assert first_side(text) == text


def test_two_conflicts_are_settled_each_for_itself() -> None:
    one = b"<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n"

    assert first_side(one + b"x\n" + one) == b"\n1\n\n\n\nx\n\n1\n\n\n\n"
