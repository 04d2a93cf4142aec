"""Reads posted Markdown as GitHub would, and tells what in it is markup."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_VOID = {"br", "hr", "img", "input"}
MENTION = re.compile(r"(?<![\w`/])@[A-Za-z0-9]")
"""Source: GitHub's mention filter works on text outside of code and links."""
REFERENCE = re.compile(r"(?:(?<![\w&])#\d+|\bGH-\d+|\w#\d+)")
EMOJI = re.compile(r":[A-Za-z0-9_+-]+:")


@dataclass
class Read:
    """What a reader and GitHub's filters get."""

    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    text: str = ""
    """Text outside of code and links: where GitHub looks for mentions and references."""
    code: list[str] = field(default_factory=list)
    shown: str = ""
    """All text."""
    unbalanced: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    """Cells of each table row."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read = Read()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.tags.append(tag)
        if tag == "a":
            self.read.links.append(dict(attrs).get("href") or "")
        if tag == "tr":
            self.read.widths.append(0)
        if tag in {"td", "th"}:
            self.read.widths[-1] += 1
        if tag not in _VOID:
            self._open.append(tag)
        if tag in {"code", "pre"}:
            self.read.code.append("")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.read.unbalanced.append(tag)

    def handle_comment(self, data: str) -> None:
        self.read.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.read.shown += data
        if {"code", "pre"} & set(self._open):
            self.read.code[-1] += data
        elif "a" not in self._open:
            self.read.text += data
        else:
            self.read.text += " "

    def close(self) -> None:
        super().close()
        self.read.unbalanced += self._open


def read(markdown: str) -> Read:
    """Render with GitHub's own parser and look at the outcome."""
    reader = _Reader()
    reader.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))
    reader.close()
    return reader.read
