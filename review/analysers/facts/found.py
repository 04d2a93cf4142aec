"""From a rule to a finding: the one way analysers build their findings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from review.models import Confidence, Finding, Fix, Rule, Severity

MESSAGE_CHARS = 400
"""Longest message kept: what an engine quotes from hostile code may be long."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands. Lines are 1-based, new side; ``end`` 0 means one line."""

    path: str
    line: int = 1
    end: int = 0
    whole_file: bool = False


def plain(text: str, limit: int = MESSAGE_CHARS) -> str:
    """One line of visible text, cut to a length: for words that come out of code or an engine."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """An engine's words as a sentence: one visible line that ends with a stop. The first word may be a name: kept."""
    line = plain(text).rstrip(" ")
    if not line:
        return line
    return line + ("" if line.endswith((".", "!", "?", "…", ":")) else ".")


def found(  # noqa: PLR0913 - a finding has this many facts; all but three have defaults
    rule: Rule,
    place: Place,
    message: str,
    *,
    suggestion: str | None = None,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding of an own rule; severity and confidence are the rule's unless told otherwise."""
    return Finding(
        file_path=place.path,
        line_number=max(1, place.line),
        end_line_number=max(place.line, place.end, 1),
        severity=severity or rule.severity,
        category=rule.category,
        message=plain(message),
        suggestion=suggestion,
        rule_id=rule.id,
        analyser=rule.id.split("/", 1)[0],
        confidence=confidence or rule.confidence,
        cwe=rule.cwe,
        url=rule.url,
        fix=fix,
        whole_file=place.whole_file,
    )
