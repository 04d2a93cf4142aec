"""Comments in the code that silence a rule on their line or the next: ``# patchwarden: ignore RULE reason``.

A marker counts once it is in the base: a change cannot silence what is said about itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from review.models import Category, Finding, Rule, Severity
from review.source_lines import SourceLines

ADDED_IGNORE = Rule(
    id="patchwarden/added-ignore",
    summary="The change silences a finding about itself",
    severity=Severity.LOW,
    category=Category.CONFIGURATION,
    help="A `patchwarden: ignore` marker counts from the next change on, once somebody has agreed to merge it.",
)
IGNORE_WITHOUT_REASON = Rule(
    id="patchwarden/ignore-without-reason",
    summary="Ignore marker without a reason",
    severity=Severity.LOW,
    category=Category.CONFIGURATION,
    help="Write why: `# patchwarden: ignore RULE reason`. Without a reason the marker does not count.",
)
OWN_RULES = (ADDED_IGNORE, IGNORE_WITHOUT_REASON)
_MARKER = re.compile(
    r"(?:#|//|/\*|<!--|--|;|%|\*)\s*patchwarden:\s*ignore\s+"
    r"(?P<rules>[A-Za-z0-9_.*-]+/[A-Za-z0-9_.*/-]+(?:,[A-Za-z0-9_.*/-]+)*)(?P<reason>[^\n]*)"
)
_CLOSING = re.compile(r"(?:\*/|-->)\s*$")


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker, and the line it stands on."""

    line: int
    rules: tuple[str, ...]
    reason: str

    def speaks_of(self, rule_id: str) -> bool:
        """Whether it names the rule, or its family as ``family/*``."""
        return any(rule == rule_id or (rule.endswith("*") and rule_id.startswith(rule[:-1])) for rule in self.rules)


def marker_for(finding: Finding, lines: SourceLines) -> Marker | None:
    """The marker on the finding's first line or the one above that names its rule."""
    for number in (finding.line_number, finding.line_number - 1):
        text = lines.line(finding.file_path, number)
        if text is None or "patchwarden" not in text:
            continue
        match = _MARKER.search(text)
        if match is None:
            continue
        reason = _CLOSING.sub("", match["reason"]).strip(" \t:-")
        marker = Marker(number, tuple(match["rules"].split(",")), reason)
        if marker.speaks_of(finding.rule_id):
            return marker
    return None


def about(marker: Marker, finding: Finding, rule: Rule) -> Finding:
    """What is to be said of a marker that does not count."""
    message = (
        f"This marker would silence `{finding.rule_id}`, but the change itself adds it: it counts once merged."
        if rule is ADDED_IGNORE
        else f"This marker for `{finding.rule_id}` gives no reason, so it does not count."
    )
    return Finding(
        file_path=finding.file_path,
        line_number=marker.line,
        severity=rule.severity,
        category=rule.category,
        message=message,
        suggestion="Have the marker reviewed like any other line." if rule is ADDED_IGNORE else "Add a reason.",
        rule_id=rule.id,
        analyser="patchwarden",
    )
