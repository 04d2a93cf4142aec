"""The identity of a finding over pushes: what was found in which text, not on which line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from review.models import Category, Finding
from review.source_lines import SourceLines

_LENGTH = 32
"""Hex digits: 128 bits, short enough for a hidden mark in a comment."""
_QUOTED = re.compile(r"""(["'`])(?:\\.|(?!\1).)*\1""")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_\-]{12,}")


def with_fingerprints(findings: Iterable[Finding], lines: SourceLines) -> list[Finding]:
    """Give each finding its fingerprint, in order of place.

    It is made of the rule, the path and the text of the lines without their blanks, and a number for repeats of
    the same text. It stays when lines above come or go, or the indentation changes; it changes with the path and
    the text. Of a line with a secret only the surroundings count, so that a fingerprint never helps to guess one.

    Returns:
        The findings by path, line and rule.
    """
    ordered = sorted(findings, key=lambda f: (f.file_path, f.line_number, f.end_line_number, f.rule_id, f.message))
    seen: Counter[str] = Counter()
    named = []
    for finding in ordered:
        basis = "\0".join((finding.rule_id, finding.file_path, _text(finding, lines)))
        number = seen[basis]
        seen[basis] += 1
        digest = sha256(f"{basis}\0{number}".encode("utf-8", "surrogatepass")).hexdigest()
        named.append(finding.model_copy(update={"fingerprint": digest[:_LENGTH]}))
    return named


def _text(finding: Finding, lines: SourceLines) -> str:
    """What the finding stands on, without what may change under it."""
    if finding.whole_file:
        return ""
    found = lines.between(finding.file_path, finding.line_number, finding.end_line_number)
    text = "\n".join(found) if found else finding.message
    if finding.category is Category.SECRET:
        text = _LONG_TOKEN.sub("*", _QUOTED.sub("*", text))
    return "".join(text.split())
