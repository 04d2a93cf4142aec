"""Comment text to invocations: commands at line starts, never in code, quotes or HTML comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.command import Invocation

NAME = "patchwarden"
MAX_COMMANDS = 10
"""Commands of one comment; more is a mistake or an attack."""
MAX_ARGUMENTS = 10
MAX_ARGUMENT = 100
_MAX_BODY = 65_536

_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})(.*)")
_QUOTE = re.compile(r" {0,3}>")
_RAW_HTML = re.compile(r" {0,3}<(pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE)
_COMMENT_BLOCK = re.compile(r" {0,3}<!--")
_INLINE_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BACKTICKS = re.compile(r"(?<![\\`])(`+)(?!`)")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)")
_BLOCK_START = re.compile(r" {0,3}(?:#{1,6}(?:\s|$)|[-*+]\s|\d{1,9}[.)]\s|(?:[-*_]\s*){3,}$)")
_SLASH = re.compile(r" {0,3}/([A-Za-z][A-Za-z0-9_-]{0,49})(?=\s|$)(.*)")
_MENTION = re.compile(r" {0,3}@([A-Za-z0-9][A-Za-z0-9-]{0,99})(?:\[bot\])?[,:]?(?=\s|$)(.*)")
_HIDDEN = "\x00"
"""Stands for a character inside code; GitHub does not keep NUL in comments."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def parse(body: str, *, names: Iterable[str] = (NAME,)) -> tuple[Invocation, ...]:
    """Find the commands of a comment.

    ``/review`` names a command; ``/patchwarden review`` and ``@patchwarden review`` call us by name first.
    A call without a command means ``help``.

    Args:
        body: Markdown as GitHub gives it; any line ends.
        names: what we are called, lower case.

    Returns:
        In order of appearance, none twice, at most ten.
    """
    known = frozenset(name.lower() for name in names)
    text = body[:_MAX_BODY].replace("\r\n", "\n").replace("\r", "\n").replace(_HIDDEN, " ")
    found: dict[tuple[str, tuple[str, ...]], Invocation] = {}
    for paragraph in _paragraphs(text.split("\n")):
        for line in _visible(paragraph):
            invocation = _invocation(line, known)
            if invocation is not None:
                found.setdefault((invocation.name, invocation.args), invocation)
    return tuple(found.values())[:MAX_COMMANDS]


def parse_edit(before: str, after: str, *, names: Iterable[str] = (NAME,)) -> tuple[Invocation, ...]:
    """The commands an edit added; those that were there have run already."""
    names = tuple(names)
    had = Counter((old.name, old.args) for old in parse(before, names=names))
    return tuple(new for new in parse(after, names=names) if not had[new.name, new.args])


def _paragraphs(lines: Sequence[str]) -> Iterator[list[_Line]]:
    """Runs of lines that are plain text: no code block, quote, raw HTML or HTML comment."""
    paragraph: list[_Line] = []
    quoted = False
    position = 0
    while position < len(lines):
        text = lines[position]
        after = _block_end(lines, position)
        lazy = quoted and text.strip() and not _BLOCK_START.match(text)
        quoted = bool(_QUOTE.match(text) and _QUOTE.sub("", text, count=1).strip()) or (bool(lazy) and after is None)
        if after is None and text.strip() and not quoted and not _QUOTE.match(text):
            # Four spaces start code only after a blank line; a command never stands there anyway.
            paragraph.append(_Line(position + 1, text))
            position += 1
            continue
        if paragraph:
            yield paragraph
            paragraph = []
        position = after if after is not None else position + 1
    if paragraph:
        yield paragraph


def _block_end(lines: Sequence[str], start: int) -> int | None:
    """Index after the block that opens here and hides its lines; None when none opens."""
    text = lines[start]
    fence = _FENCE.match(text)
    if fence and not (fence[1][0] == "`" and "`" in fence[2]):
        closing = re.compile(rf"\s*{re.escape(fence[1][0])}{{{len(fence[1])},}}\s*$")
        return _after(lines, start + 1, closing)
    if _COMMENT_BLOCK.match(text):
        return _after(lines, start, re.compile(r"-->"))
    raw = _RAW_HTML.match(text)
    if raw:
        return _after(lines, start, re.compile(rf"</{raw[1]}>", re.IGNORECASE))
    return None


def _after(lines: Sequence[str], start: int, end: re.Pattern[str]) -> int:
    """Index after the first line that ends a block; an open block reaches to the end of the text."""
    return next((i + 1 for i in range(start, len(lines)) if end.search(lines[i])), len(lines))


def _visible(paragraph: Sequence[_Line]) -> list[_Line]:
    """The lines with code spans and HTML comments blanked, also where those cross lines."""
    text = "\n".join(line.text for line in paragraph)
    text = _INLINE_COMMENT.sub(_blank, _without_code(text))
    shown = text.split("\n")
    return [_Line(line.number, new) for line, new in zip(paragraph, shown, strict=True) if not _INDENTED.match(new)]


def _without_code(text: str) -> str:
    """Blank what stands between equal runs of backticks."""
    runs = list(_BACKTICKS.finditer(text))
    later: dict[int, list[int]] = {}
    for index, run in enumerate(runs):
        later.setdefault(len(run[1]), []).append(index)
    parts: list[str] = []
    done, index = 0, 0
    while index < len(runs):
        same = later[len(runs[index][1])]
        while same and same[0] <= index:
            same.pop(0)
        if not same:
            index += 1
            continue
        start, end = runs[index].start(), runs[same[0]].end()
        parts += [text[done:start], _hidden(text[start:end])]
        done, index = end, same[0] + 1
    return "".join([*parts, text[done:]])


def _blank(match: re.Match[str]) -> str:
    return "".join("\n" if char == "\n" else " " for char in match[0])


def _hidden(code: str) -> str:
    return "".join("\n" if char == "\n" else _HIDDEN for char in code)


def _invocation(line: _Line, names: frozenset[str]) -> Invocation | None:
    mention = _MENTION.match(line.text)
    if mention:
        return _addressed(mention[2], line.number) if mention[1].lower() in names else None
    slash = _SLASH.match(line.text)
    if slash is None:
        return None
    name = slash[1].lower()
    if name in names:
        return _addressed(slash[2], line.number)
    return Invocation(name, _arguments(slash[2]), line.number)


def _addressed(rest: str, number: int) -> Invocation:
    words = _arguments(rest)
    name = words[0].lower().lstrip("/") if words else ""
    return Invocation(name or "help", words[1:], number, addressed=True)


def _arguments(rest: str) -> tuple[str, ...]:
    words = (word.replace(_HIDDEN, "") for word in rest.split())
    printable = ("".join(c for c in word if c.isprintable())[:MAX_ARGUMENT] for word in words)
    return tuple(word for word in printable if word)[:MAX_ARGUMENTS]
