from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.github.markers import marker, read_marker


def test_a_marker_is_read_back() -> None:
    found = read_marker(marker("finding", fp="9f2c", key="7:1:review@abc+c1-2") + "\nbody")

    assert found is not None
    assert (found.kind, found.facts) == ("finding", {"fp": "9f2c", "key": "7:1:review@abc+c1-2"})


def test_only_the_first_line_counts() -> None:
    assert read_marker("text\n" + marker("summary")) is None
    assert read_marker(None) is None
    assert read_marker("") is None


def test_crlf_that_github_may_add_does_not_hide_it() -> None:
    found = read_marker(marker("summary", head="abc") + "\r\nbody")
    assert found is not None
    assert found.facts == {"head": "abc"}


@given(st.text())
def test_no_value_can_end_the_comment_or_a_fact(value: str) -> None:
    text = marker("finding", fp=value, key="k")
    found = read_marker(text)

    assert text.count("-->") == 1
    assert "\n" not in text
    assert found is not None
    assert found.facts["key"] == "k"
