"""The report for a terminal: path and line first, the answer last."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import ClassVar

from review.models import Finding, ReviewReport, Severity, Verdict
from review.presentation import not_checked, worst_first
from templates.figures import count, duration, sentence
from templates.filters import visible
from templates.phrases import suppressed

_COLOURS = {
    Severity.CRITICAL: "1;35",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "34",
}
_VERDICT_COLOURS = {Verdict.PASSED: "1;32", Verdict.FAILED: "1;31", Verdict.INCOMPLETE: "1;33"}
_WIDTH = 100
_LISTED = 20
"""So many files of one kind are named among those not checked."""


class Text:
    """Plain text, with colours only when told."""

    name: ClassVar[str] = "text"
    media_type: ClassVar[str] = "text/plain"

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour

    def render(self, report: ReviewReport) -> str:
        """The whole report: findings by file, what was not checked, the verdict."""
        blocks = [
            "\n".join(line for finding in group for line in self._finding(finding))
            for _, group in groupby(_by_file(report.findings), key=lambda f: f.file_path)
        ]
        blocks += [block for block in (self._left_out(report), self._recommendations(report)) if block]
        blocks.append(self._verdict(report))
        return "\n".join(_no_command(line) for line in "\n\n".join(blocks).split("\n")) + "\n"

    def _finding(self, finding: Finding) -> list[str]:
        fixable = " " + self._paint("[fix]", "32") if finding.fix else ""
        head = (
            f"{self._paint(_place(finding), '1')} {self._paint(finding.severity.value, _COLOURS[finding.severity])}"
            f" {self._paint(_line(finding.rule_id), '2')}{fixable}"
        )
        lines = [head, *_wrapped(finding.message, "  ")]
        if finding.suggestion:
            lines += _wrapped(finding.suggestion, "  ", first="  help: ")
        if finding.fix:
            lines += self._fix(finding)
        return lines

    def _fix(self, finding: Finding) -> list[str]:
        fix = finding.fix
        if fix is None or not fix.replacement:
            return ["  fix:  delete " + ("the line" if fix and fix.start_line == fix.end_line else "the lines")]
        number = fix.start_line
        gutter = len(str(number + fix.replacement.count("\n")))
        return ["  fix:"] + [
            f"  {self._paint(f'{number + i:>{gutter}} + |', '32')} {visible(line)}".rstrip()
            for i, line in enumerate(fix.replacement.split("\n"))
        ]

    def _left_out(self, report: ReviewReport) -> str:
        items = not_checked(report.result)
        if not items:
            return ""
        groups: dict[str, list[str]] = {}
        for item in items:
            groups.setdefault(item.why + (f" ({item.mend})" if item.mend else ""), []).append(_line(item.what))
        lines = [self._paint("Not checked:", "1")]
        for why, names in groups.items():
            more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
            lines += _wrapped(f"{sentence(names[:_LISTED] + more)}: {why}", "    ", first="  ")
        return "\n".join(lines)

    def _recommendations(self, report: ReviewReport) -> str:
        if not report.result.recommendations or not report.findings:
            return ""
        lines = [self._paint("Next:", "1")]
        for text in report.result.recommendations:
            lines += _wrapped(text, "    ", first="  - ")
        return "\n".join(lines)

    def _verdict(self, report: ReviewReport) -> str:
        result = report.result
        files = result.coverage
        size = count(len(files) or result.files_analyzed, "file")
        if files:
            size += f" (+{sum(f.additions for f in files)} -{sum(f.deletions for f in files)})"
        took = result.timings_ms.get("total")
        size += f" in {duration(took / 1000)}" if took is not None else ""
        lines = [self._paint(_answer(report), _VERDICT_COLOURS[report.verdict]) + f" {_found(report)}; {size}."]
        hidden = suppressed(result.suppressed, _line)
        if hidden:
            lines.append(f"Not shown: {hidden}.")
        lines.append(f"Security {result.security_score:.0f}/100, quality {result.quality_score:.0f}/100.")
        return "\n".join(lines)

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text


def _no_command(line: str) -> str:
    """The line as no GitHub Actions runner takes for a command of ours.

    Source: actions/runner, ``ActionCommand``: ``::`` after leading blanks, and the older ``##[``.
    """
    bare = line.lstrip()
    if bare.startswith("::"):
        line = line.replace("::", ": :", 1)
    return line.replace("##[", "## [")


def _by_file(findings: list[Finding]) -> list[Finding]:
    """Files in the order of their worst finding, lines in order within a file."""
    order: dict[str, int] = {}
    for finding in findings:
        order.setdefault(finding.file_path, len(order))
    return sorted(findings, key=lambda f: (order[f.file_path], f.line_number))


def _place(finding: Finding) -> str:
    path = _line(finding.file_path)
    if finding.whole_file:
        return path
    end = f"-{finding.end_line_number}" if finding.end_line_number > finding.line_number else ""
    return f"{path}:{finding.line_number}{end}"


def _answer(report: ReviewReport) -> str:
    if report.verdict is Verdict.FAILED:
        number = len(report.blocking)
        return (
            f"Failed: {count(number, 'finding')} at or above {report.fail_on}." if number else "Failed: not complete."
        )
    return "Passed." if report.verdict is Verdict.PASSED else "Incomplete."


def _found(report: ReviewReport) -> str:
    if not report.findings:
        return "No findings" if report.result.complete else "No findings in what was checked"
    numbers = [f"{report.counts[s]} {s.value}" for s in worst_first(report.counts) if report.counts[s]]
    return f"Found {sentence(numbers)}"


def _line(text: str) -> str:
    return visible(text).replace("\n", "<U+000A>").replace("\t", "<U+0009>")


def _wrapped(text: str, indent: str, *, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        visible(" ".join(text.split())),
        width=_WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
