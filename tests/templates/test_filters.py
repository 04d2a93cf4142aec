"""Strangers' text shows as it is and does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.hostile import HOSTILE
from support.reading import EMOJI, MENTION, REFERENCE, read
from templates import filters


def assert_harmless(markdown: str, *, tags: set[str]) -> None:
    """Only markup of our own: these tags, no link, no picture, no comment, nothing GitHub would link."""
    seen = read(markdown)
    assert set(seen.tags) <= tags, (set(seen.tags) - tags, markdown)
    assert seen.links == []
    assert seen.comments == []
    assert not seen.unbalanced
    for pattern in (MENTION, REFERENCE, EMOJI):
        assert not pattern.search(seen.text), (pattern.pattern, markdown)


@given(HOSTILE)
@settings(max_examples=400, deadline=None)
def test_prose_of_any_text_is_one_paragraph_without_links(text: str) -> None:
    assert_harmless(str(filters.prose(text)), tags={"p", "code"})


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_prose_of_any_text_fills_exactly_one_table_cell(text: str) -> None:
    markdown = f"| a | b |\n| --- | --- |\n| {filters.prose(text)} | {filters.code(text)} |\n"
    assert_harmless(markdown, tags={"table", "thead", "tbody", "tr", "th", "td", "code"})
    assert read(markdown).widths == [2, 2]


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_a_code_span_holds_any_text_outside_of_a_table_too(text: str) -> None:
    assert_harmless(f"before {filters.code(text)} after", tags={"p", "code"})


@given(st.text(max_size=60).filter(lambda t: t.isprintable() and "|" not in t and t.strip()))
@settings(max_examples=200, deadline=None)
def test_a_code_span_shows_the_text_unchanged(text: str) -> None:
    assert read(str(filters.code(text))).code == [text]


@given(st.text(alphabet="`ab \n", max_size=40))
@settings(deadline=None)
def test_no_text_closes_its_fence(text: str) -> None:
    seen = read(f"{filters.fence(text, 'suggestion')}\n\nafter")
    assert seen.tags == ["pre", "code", "p"]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain words", "plain words"),
        ("see `os.path`", "see `os.path`"),
        ("@octocat did it", "`@octocat` did it"),
        ("(https://evil.example/x).", "(`https://evil.example/x`)."),
        ("fixes #12, GH-3", "fixes `#12`, `GH-3`"),
        ("a_b * c", "a\\_b \\* c"),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("1.9 MB", "1.9 MB"),
        ("a | b", "a \\| b"),
        ("two\nlines", "two lines"),
        ("\u202egnp", "\\<U+202E\\>gnp"),
        ("byte \udcff", "byte \\\\xff"),
        ("half `open", "half \\`open"),
        ("<script>", "\\<script\\>"),
        ("&amp; and &", "&amp;amp; and &"),
    ],
)
def test_prose_escapes_only_what_means_something(text: str, markdown: str) -> None:
    assert filters.prose(text) == markdown


def test_prose_is_cut_before_it_is_escaped() -> None:
    assert filters.prose("`" + "x" * 50, 10) == "\\`xxxxxxxx…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a<U+202E>b"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("esc\x1b[31m", "esc<U+001B>[31m"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("family 👨\u200d👩", "family 👨\u200d👩"),
        ("a\tb\nc", "a\tb\nc"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "<U+D800>"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_what_nobody_sees_is_made_visible(text: str, shown: str) -> None:
    assert filters.visible(text) == shown


@pytest.mark.parametrize("text", ["a\u202eb", "\x00", "a\udcff", "\u2066if x"])
def test_hidden_signs_are_not_offered_as_a_suggestion(text: str) -> None:
    assert not filters.can_suggest(text)


@pytest.mark.parametrize("text", ["", "x = 1", "\tif a:\r\n\t\tb", "é = '漢字 😀'"])
def test_plain_code_is_offered_as_a_suggestion(text: str) -> None:
    assert filters.can_suggest(text)


def test_an_address_cannot_leave_its_brackets_or_quotes() -> None:
    address = filters.address('https://a.example/x)y"z<w> v|u?a=1&b=[2]#c')
    assert not set(address) & set(')"<> |')


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/relative", "http://", "ftp://a.example"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        filters.address(url)


@pytest.mark.parametrize("text", ["<!-- a --> b", "<!-- a -- b -->", "<b>", "<!-- a\nb -->", "<!-- <x> -->"])
def test_only_a_plain_comment_is_a_marker(text: str) -> None:
    with pytest.raises(ValueError, match="not a marker"):
        filters.marker(text)


def test_backticks_become_code_on_pages() -> None:
    assert filters.coded("use `<b>` & go\u202e") == "use <code>&lt;b&gt;</code> &amp; go&lt;U+202E&gt;"
