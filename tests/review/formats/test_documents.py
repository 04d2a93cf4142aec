"""Markdown and HTML reports, and the registry of formats."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from review.formats import ALL, by_name
from support.reading import read
from support.reviews import full_report, hostile_report, report


def test_the_registry_holds_every_module_and_unique_names() -> None:
    modules = {
        entry.name.removesuffix(".py")
        for entry in (files("review") / "formats").iterdir()
        if entry.name.endswith(".py") and entry.name != "__init__.py"
    }
    assert {kind.__module__.rpartition(".")[2] for kind in ALL} == modules
    assert [kind.name for kind in ALL] == ["text", "json", "jsonl", "markdown", "sarif", "github", "html"]


@pytest.mark.parametrize("name", [kind.name for kind in ALL])
@pytest.mark.parametrize("reported", [report(), full_report(), hostile_report()], ids=["clean", "full", "hostile"])
def test_every_format_writes_utf_8_that_ends_with_a_line_end(name: str, reported: object) -> None:
    text = by_name(name).render(reported)  # type: ignore[arg-type]
    text.encode()
    assert text == "" or text.endswith("\n")


def test_only_text_takes_colour() -> None:
    assert "\x1b[" in by_name("text", colour=True).render(report())
    assert "\x1b" not in by_name("json", colour=True).render(report())


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(KeyError):
        by_name("pdf")


def test_markdown_is_the_posted_summary_without_marker_and_commands() -> None:
    text = by_name("markdown").render(full_report())
    assert text.startswith("### 🔴 2 findings block this merge · 3 more to look at\n")
    assert "<!--" not in text
    assert "/help" not in text
    assert "**To look at**" not in text
    assert "> Partial review: `hadolint` and `db/seed.sql` were left out." in text
    assert read(text).links == []


def test_html_stands_alone_under_a_strict_policy() -> None:
    page = by_name("html").render(full_report())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;" in page or (
        f"default-src 'none'; style-src 'sha256-{digest}'" in page
    )
    assert "<script" not in page
    assert " style=" not in page
    assert not re.search(r'(?:src|href)="(?!#|https://(?:cwe\.mitre\.org|patchwarden\.example)/)', page)


def test_html_of_hostile_text_has_no_tag_of_its_own() -> None:
    page = by_name("html").render(hostile_report())
    assert "<img" not in page
    assert "</details>" not in page
    assert "<!-- " not in page
    assert "\u202e" not in page
    assert "&lt;U+202E&gt;" in page
