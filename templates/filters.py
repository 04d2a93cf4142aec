"""Makes strangers' text harmless where it is shown: Markdown prose, code spans, fences, addresses, page text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from markupsafe import Markup

_INVISIBLE_ALLOWED = frozenset("\u200c\u200d")
"""Joiners: emoji and several scripts need them, and they reorder nothing."""
_TAGS = range(0xE0000, 0xE1000)
"""Tag characters: a whole invisible alphabet."""
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINKED_WORD = re.compile(
    r"""
    @[A-Za-z0-9]                # a mention, or the middle of an e-mail address
    | \#\w                      # an issue number, a colour
    | (?<![A-Za-z0-9])GH-\d                   # an issue number in its other spelling
    | ://  | www\.              # an address
    | (?:mailto|xmpp|javascript|data):
    | (?<![0-9a-zA-Z])[0-9a-f]{7,40}(?![0-9a-zA-Z])   # a commit
    | :[A-Za-z0-9_+-]+:         # an emoji short code: GitHub shows a picture
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What GitHub turns into a link, a notification or a picture when it stands in text.

Source: GitHub Docs, "Basic writing and formatting syntax", "Autolinked references and URLs".
"""
_AROUND = "()[]{}<>,;:.!?'\"`*_~"
"""Punctuation round a word, not part of it."""
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~$]|&(?=[#A-Za-z0-9])")
_LINE_START = re.compile(r"^(?:[#+=-]|\d+(?=[.)](?:\s|$)))")
_URL_SAFE = ":/?#[]@!$&'*+,;=%~-._"
_MARKER = re.compile(r"<!-- (?:(?!--|[<>]).)+ -->")


def visible(text: str) -> str:
    r"""Show what would not be seen or would reorder the line: ``<U+202E>``; undecodable bytes as ``\xff``.

    Tabs and line ends stay: each context deals with them in its own way.
    """
    return "".join(_visible_character(c) for c in text)


def _visible_character(character: str) -> str:
    if character in "\n\t" or character.isprintable() or character in _INVISIBLE_ALLOWED:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - PEP 383: how Python keeps a byte it cannot decode
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in {"Zs", "Co", "Cn"} and code not in _TAGS:
        return character  # odd blanks, private use, and emoji newer than this Python's tables
    return f"<U+{code:04X}>"


def one_line(text: str) -> str:
    """The text on one line: every run of white space becomes one blank."""
    return " ".join(text.split())


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut before anything is escaped and marked with an ellipsis.

    The result still goes through ``prose`` or ``code``, so a cut inside backticks breaks nothing.
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def code(text: str) -> Markup:
    """A Markdown code span around any text; safe in a table cell, too.

    The fence is one backtick longer than the longest run inside. GitHub splits table rows at a pipe even
    inside a span, so a pipe ends the span and stands escaped between two of them.
    Source: GitHub Flavored Markdown Spec, sections 4.10 and 6.3.
    """
    shown = visible(text).replace("\n", "<U+000A>").replace("\t", " ")
    if not shown.strip():
        return Markup("`(empty)`") if not shown else Markup("`(blank)`")
    # The only plain text between two spans is an escaped pipe.
    return Markup("\\|".join(_span(piece) for piece in shown.split("|")))  # noqa: S704 - spans hold the rest


def _span(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else "&#32;" * len(text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def prose(text: str, limit: int = 0) -> Markup:
    """Plain text as one line of Markdown that shows exactly that text and nothing else.

    What stands in backticks becomes a code span, and so does a word GitHub would turn into a mention, a link
    or a picture; all other markup characters are escaped.

    Args:
        text: any text.
        limit: most characters of it that are shown; 0 shows all.
    """
    line = one_line(text)
    line = clip(line, limit) if limit else line
    out: list[str] = []
    for is_code, piece in _merged(_pieces(line)):
        if is_code:
            out.append(code(piece))
        else:
            out.append(_escape(piece, first=not out))
    return Markup("".join(out))  # noqa: S704 - every piece went through code or _escape


def _pieces(line: str) -> Iterator[tuple[bool, str]]:
    end = 0
    for match in _CODE_SPAN.finditer(line):
        yield from _words(line[end : match.start()])
        yield True, match[2].strip() or match[2]
        end = match.end()
    yield from _words(line[end:])


def _words(text: str) -> Iterator[tuple[bool, str]]:
    for word in re.split(r"( )", text):
        if not _LINKED_WORD.search(unicodedata.normalize("NFKC", word)):
            yield False, word
            continue
        body = word.strip(_AROUND)
        start = word.index(body)
        stop = start + len(body)
        if not _LINKED_WORD.search(unicodedata.normalize("NFKC", body)):
            start, stop = 0, len(word)
        yield False, word[:start]
        yield True, word[start:stop]
        yield False, word[stop:]


def _merged(pieces: Iterator[tuple[bool, str]]) -> list[tuple[bool, str]]:
    """Neighbours of one kind become one: two spans side by side would join their fences."""
    merged: list[tuple[bool, str]] = []
    for is_code, piece in pieces:
        if not piece:
            continue
        if merged and merged[-1][0] == is_code:
            merged[-1] = (is_code, merged[-1][1] + piece)
        else:
            merged.append((is_code, piece))
    return merged


def _escape(text: str, *, first: bool) -> str:
    shown = visible(text)
    escaped = _MARKDOWN.sub(lambda m: "&amp;" if m[0] == "&" else "\\" + m[0], shown)
    if first:
        escaped = _LINE_START.sub(lambda m: "\\" + m[0] if not m[0].isdigit() else m[0] + "\\", escaped)
    return escaped


def fence(text: str, info: str = "") -> Markup:
    """A fenced block that the text cannot close: one backtick longer than any run inside."""
    ticks = "`" * max(3, _longest_run(text) + 1)
    body = text if not text or text.endswith("\n") else text + "\n"
    return Markup(f"{ticks}{info}\n{body}{ticks}")  # noqa: S704 - the fence holds whatever is inside


def coded(text: str) -> Markup:
    """Plain text as HTML, with backticked pieces as ``<code>``."""
    line = one_line(text)
    out, end = Markup(""), 0
    for match in _CODE_SPAN.finditer(line):
        out += visible(line[end : match.start()])
        out += Markup("<code>{}</code>").format(visible(match[2].strip() or match[2]))
        end = match.end()
    return out + visible(line[end:])


def can_suggest(text: str) -> bool:
    """Whether a replacement shows as it is: nothing hidden, nothing that is not text."""
    plain = text.replace("\r\n", "\n")
    return visible(plain) == plain


def address(url: str) -> str:
    """An http(s) address that is safe inside ``(...)`` of Markdown and inside an HTML attribute.

    Raises:
        ValueError: it is no http(s) address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"not an http(s) address: {url!r}")
    return Markup(quote(url, safe=_URL_SAFE, errors="surrogateescape").replace("&", "&amp;"))  # noqa: S704 - quoted


def marker(text: str) -> Markup:
    """A hidden marker of our own: one HTML comment on one line, or nothing.

    Raises:
        ValueError: it is something else.
    """
    if text and not _MARKER.fullmatch(text):
        raise ValueError(f"not a marker: {text!r}")
    return Markup(text)  # noqa: S704 - checked
