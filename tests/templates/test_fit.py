"""Texts stay within GitHub's limits, and nothing is cut inside markup."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

import templates
from support.hostile import HOSTILE
from support.reading import EMOJI, MENTION, REFERENCE, Read, read
from support.views import MARKER, OURS, clean, full, poisoned, poisoned_check, poisoned_inline
from templates.fit import CHECK_LIMIT, COMMENT_LIMIT, Section, fit, size
from templates.views import NotChecked

ENV = templates.environment()
OUR_TAGS = {
    "h3", "p", "code", "strong", "em", "a", "table", "thead", "tbody", "tr", "th", "td", "ol", "ul", "li", "del",
    "details", "summary", "b", "sub", "blockquote", "pre",
}  # fmt: skip


def assert_ours(seen: Read) -> None:
    """Tags, links and comments are ours; the text notifies and links nobody."""
    assert set(seen.tags) <= OUR_TAGS
    assert not seen.unbalanced
    assert all(link.startswith((OURS, "https://cwe.mitre.org/")) for link in seen.links), seen.links
    assert set(seen.comments) <= {MARKER[4:-3]}
    assert set(seen.widths) <= {3, 4, 5} | {2}
    for pattern in (MENTION, REFERENCE, EMOJI):
        assert not pattern.search(seen.text), (pattern.pattern, seen.text)


@given(HOSTILE)
@settings(max_examples=120, deadline=None)
def test_no_text_of_a_stranger_becomes_markup_in_any_comment(text: str) -> None:
    assert_ours(read(templates.render_summary(ENV, poisoned(text or "x"))))
    check = templates.render_check(ENV, poisoned_check(text or "x"))
    assert_ours(read(check.summary))
    assert_ours(read(check.text))
    inline = read(templates.render_inline(ENV, poisoned_inline(text or "x")))
    assert set(inline.tags) <= OUR_TAGS
    assert not inline.unbalanced


@given(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_no_text_of_a_stranger_becomes_markup_in_any_reply(text: str) -> None:
    for name, values in {
        "refused": {"command": text, "needs": text, "actor": text, "next_step": text},
        "unknown": {"command": text, "nearest": text},
        "error": {"message": text, "command": text, "next_step": text, "reference": text},
        "accepted": {"message": text},
    }.items():
        assert_ours(read(templates.render_reply(ENV, name, **values)))


@pytest.mark.parametrize("number", [1, 11, 900])
@pytest.mark.parametrize("text", ["x", "漢" * 400, "`" * 300 + "|", "\u202e" * 4_000, "😀@a " * 300, "\udcff" * 3_000])
def test_a_summary_of_any_size_fits_and_stays_whole(number: int, text: str) -> None:
    body = templates.render_summary(ENV, poisoned(text, number))
    assert size(body) < COMMENT_LIMIT
    assert len(body.encode()) <= 256_000
    assert body.startswith(MARKER + "\n")
    seen = read(body)
    assert not seen.unbalanced
    assert seen.tags.count("details") == seen.tags.count("summary")
    assert "Patchwarden" in body.splitlines()[-1]


@pytest.mark.parametrize("text", ["x", "漢" * 400, "\u202e" * 4_000])
def test_a_check_of_any_size_fits(text: str) -> None:
    check = templates.render_check(ENV, poisoned_check(text, 900))
    assert len(check.title) <= 60
    for part in (check.summary, check.text):
        assert len(part.encode()) <= CHECK_LIMIT
        assert not read(part).unbalanced


def test_what_was_shortened_is_said() -> None:
    body = templates.render_summary(ENV, poisoned("a finding with words " * 8, 2_000))
    assert "_Shortened to fit GitHub's limit: list of" in body
    assert "more; these are the worst" in body


def test_a_suggestion_too_long_for_a_comment_is_left_out_whole() -> None:
    view = replace(poisoned_inline("x"), replacement="y" * 70_000)
    body = templates.render_inline(ENV, view)
    assert size(body) < COMMENT_LIMIT
    assert "```" not in body
    assert "Shortened to fit" in body


def test_sections_give_way_least_needed_first_and_longest_first() -> None:
    text = fit(
        [
            Section("head", ("H" * 100,)),
            Section("long", ("L" * 3000, "l"), 5),
            Section("short", ("S" * 1000, "s"), 5),
            Section("last", ("E" * 3000, "e"), 9),
            Section("foot", ("F",)),
        ],
        limit=1_536 + 4_300,
    )
    assert "L" * 3000 in text
    assert "S" * 1000 in text
    assert text.endswith("e\n\n_Shortened to fit GitHub's limit: last._\n\nF\n")


def test_required_sections_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(ValueError, match="required sections"):
        fit([Section("head", ("x" * 2_000,))], limit=2_000)


def test_size_counts_as_javascript_does() -> None:
    assert size("a") == 1
    assert size("😀") == 2
    assert size("\udcff") == 1


def test_a_clean_review_takes_three_lines() -> None:
    lines = [line for line in templates.render_summary(ENV, clean()).splitlines() if line]
    assert len(lines) == 4
    assert lines[0] == MARKER


def test_tables_have_at_most_five_columns() -> None:
    for body in (templates.render_summary(ENV, full()), templates.render_check(ENV, poisoned_check("x")).text):
        assert max(read(body).widths) <= 5


def test_many_files_left_out_for_one_reason_share_a_row() -> None:
    files = [NotChecked(what=f"img/{n}.png", why="binary", expected=True) for n in range(40)]
    body = templates.render_summary(ENV, clean(not_checked=files))
    assert "`img/4.png` and 35 more | binary | nothing needed" in body
    assert "[!WARNING]" not in body
    assert "everything in the diff was checked" not in body
