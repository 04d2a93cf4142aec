"""Workflow commands: annotations that a GitHub Actions run shows beside the changed lines."""

from __future__ import annotations

from typing import ClassVar, Literal

from review.models import Finding, ReviewReport, Severity
from templates.filters import visible

Level = Literal["error", "warning", "notice"]

_LIMIT = 10
"""Annotations of one level that a step may make; further ones are dropped without a word.

Source: GitHub Docs, "Usage limits", annotations per step.
"""


class GitHub:
    """``::error file=…,line=…,endLine=…,title=…::message``, worst first, at most ten of a level."""

    name: ClassVar[str] = "github"
    media_type: ClassVar[str] = "text/plain"

    def render(self, report: ReviewReport) -> str:
        """The commands; what did not fit is said in a last notice."""
        commands: dict[Level, list[str]] = {"error": [], "warning": [], "notice": []}
        skipped = report.result.skipped_analysers
        if skipped:
            names = ", ".join(s.name for s in skipped)
            text = f"Not checked: {names}. The first reason: {skipped[0].reason}"
            commands["warning"].append(_command("warning", {"title": "Patchwarden: partly reviewed"}, text))
        for finding in report.findings:
            level = _level(finding.severity)
            commands[level].append(_of(finding, level))
        left = {level: len(lines) - _LIMIT for level, lines in commands.items() if len(lines) > _LIMIT}
        if left:
            room = _LIMIT - 1
            over = max(0, len(commands["notice"]) - room)
            commands["notice"] = [*commands["notice"][:room], _cut({**left, "notice": over})]
        return "".join(line + "\n" for lines in commands.values() for line in lines[:_LIMIT])


def _level(severity: Severity) -> Level:
    if severity.rank >= Severity.HIGH.rank:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "notice"


def _of(finding: Finding, level: Level) -> str:
    properties = {"file": finding.file_path}
    if not finding.whole_file:
        properties["line"] = str(finding.line_number)
        properties["endLine"] = str(finding.end_line_number)
    properties["title"] = f"{finding.rule_id} ({finding.severity.value})"
    text = finding.message if not finding.suggestion else f"{finding.message}\n{finding.suggestion}"
    return _command(level, properties, text)


def _cut(left: dict[Level, int]) -> str:
    parts = [f"{n} more at level {level}" for level, n in left.items() if n]
    text = f"GitHub shows {_LIMIT} annotations of a level: {', '.join(parts)} not shown here. See the report."
    return _command("notice", {"title": "Patchwarden: more findings"}, text)


def _command(level: Level, properties: dict[str, str], text: str) -> str:
    pairs = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {pairs}::{_data(text)}"


def _data(text: str) -> str:
    # Source: actions/toolkit, packages/core, "escapeData" and "escapeProperty".
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
