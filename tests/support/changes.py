"""Changes for tests of pure code: a few files in, a diff and texts out, through the real reader."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from review.diff import Diff, parse_diff
from review.models import Category, Confidence, Finding, Fix, Severity
from review.source_lines import SourceLines


def change(after: Mapping[str, str], before: Mapping[str, str] | None = None) -> Diff:
    """The diff from some files to others."""
    before = before or {}
    parts = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        lines = difflib.unified_diff(
            [] if old is None else old.splitlines(keepends=True),
            [] if new is None else new.splitlines(keepends=True),
            "/dev/null" if old is None else f"a/{path}",
            "/dev/null" if new is None else f"b/{path}",
        )
        ended = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
        parts.append(f"diff --git a/{path} b/{path}\n" + "".join(ended))
    return parse_diff("".join(parts).encode())


def lines_of(after: Mapping[str, str], before: Mapping[str, str] | None = None) -> SourceLines:
    """Lines of such a change."""
    return SourceLines(change(after, before), after)


def finding(
    line: int = 1,
    *,
    end: int = 0,
    path: str = "a.py",
    rule: str = "toy/rule",
    severity: Severity = Severity.MEDIUM,
    confidence: Confidence = Confidence.HIGH,
    category: Category = Category.BUG,
    message: str = "Something is wrong.",
    fix: Fix | None = None,
    cwe: int | None = None,
    whole_file: bool = False,
) -> Finding:
    """A finding as an analyser makes it."""
    return Finding(
        file_path=path,
        line_number=line,
        end_line_number=end,
        severity=severity,
        category=category,
        message=message,
        rule_id=rule,
        analyser=rule.split("/", 1)[0],
        confidence=confidence,
        fix=fix,
        cwe=cwe,
        whole_file=whole_file,
    )
