"""Shortens a text to a limit without ever cutting inside markup: whole sections give way, least needed first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COMMENT_LIMIT = 65_536
"""Characters of an issue comment, review body or review comment; more is answered 422.

Source: GitHub REST API, "body is too long (maximum is 65536 characters)".
"""
CHECK_LIMIT = 65_535
"""Characters of a check run's ``summary`` and of its ``text``.

Source: GitHub REST API, "Create a check run", output.summary and output.text.
"""
_RESERVE = 1_536
"""Kept free: GitHub counts in ways of its own (line ends, normal forms)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text in several renderings.

    Attributes:
        key: its name, in plain words, for the sentence that says what was shortened.
        forms: renderings, richest first; an empty last one means it may go away.
        priority: sections with the highest number give way first; 0 is shortened last.
    """

    key: str
    forms: tuple[str, ...]
    priority: int = 0


def size(text: str) -> int:
    """Length in UTF-16 units: never less than GitHub's own count."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def fit(sections: Sequence[Section], *, limit: int = COMMENT_LIMIT, max_bytes: int = 256_000) -> str:
    """Join the richest renderings that stay within the limits.

    Args:
        sections: in order of reading.
        limit: UTF-16 units of the whole text; some are kept in reserve.
        max_bytes: UTF-8 bytes of the whole text. Source: a comment is kept in a column of 262,144 bytes.

    Raises:
        ValueError: even the shortest renderings do not fit.
    """
    budget = limit - _RESERVE
    level = [0] * len(sections)
    text = _join(sections, level)
    while size(text) > budget or len(text.encode(errors="surrogatepass")) > max_bytes:
        candidates = [i for i, s in enumerate(sections) if level[i] < len(s.forms) - 1]
        if not candidates:
            raise ValueError(f"the required sections alone are longer than {budget} characters")
        worst = max(candidates, key=lambda i: (sections[i].priority, size(sections[i].forms[level[i]])))
        level[worst] += 1
        text = _join(sections, level)
    return text


def _join(sections: Sequence[Section], level: Sequence[int]) -> str:
    parts = [s.forms[i].strip("\n") for s, i in zip(sections, level, strict=True)]
    shortened = [s.key for s, i in zip(sections, level, strict=True) if i]
    if shortened:
        parts.insert(max(1, len(parts) - 1), f"_Shortened to fit GitHub's limit: {', '.join(shortened)}._")
    return "\n\n".join(part for part in parts if part) + "\n"
