"""Prove a fix before it is offered: it applies, changes what it says and nothing else, and the result still parses.

A fix that fails is dropped, and the finding stays.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

import yaml

from review.diff import FileDiff
from review.models import Finding, Fix
from review.source_lines import SourceLines

_REPLACEMENT_CHARACTER = "\ufffd"
_MAX_CHARS = 200_000
_MOST_CHARS = 3_000_000
"""Text parsed to prove the fixes of one review, a few seconds at most: many fixes in a large file take long."""
_MAX_DEPTH = 90
"""Brackets inside each other: parsers of foreign text recurse."""
_BRACKET = re.compile(r"[()\[\]{}]")


def with_proven_fixes(
    findings: Iterable[Finding], texts: Mapping[str, str], lines: SourceLines
) -> tuple[list[Finding], int]:
    """Drop the fixes that cannot be proven.

    Returns:
        The findings, and how many fixes were dropped.
    """
    kept: list[Finding] = []
    dropped = 0
    chars_left = _MOST_CHARS
    for finding in findings:
        if finding.fix is None:
            kept.append(finding)
            continue
        chars_left -= len(texts.get(finding.file_path, ""))
        if chars_left >= 0 and why_unproven(finding, texts, lines.file(finding.file_path)) is None:
            kept.append(finding)
            continue
        dropped += 1
        kept.append(finding.model_copy(update={"fix": None}))
    return kept, dropped


def why_unproven(finding: Finding, texts: Mapping[str, str], file: FileDiff | None) -> str | None:
    """Why the finding's fix must not be offered, or None when it holds."""
    fix, text = finding.fix, texts.get(finding.file_path)
    if fix is None or text is None:
        return "the text of the file is not at hand"
    if file is None or file.problem is not None or file.hunk_of(fix.start_line, fix.end_line) is None:
        return "its lines are not in one hunk of the diff"
    if len(text) > _MAX_CHARS or _REPLACEMENT_CHARACTER in text or "\0" in fix.replacement:
        return "the file is too large, or not UTF-8"
    fixed = applied(text, fix)
    if fixed is None or fixed == text:
        return "it does not apply, or changes nothing"
    return _why_broken(finding.file_path, text, fixed)


def applied(text: str, fix: Fix) -> str | None:
    """The text with the fix in it: line ends as in the replaced lines, a missing last line end stays missing.

    Returns:
        None when the lines are not there.
    """
    lines = text.split("\n")
    last = len(lines) - (not lines[-1])
    if fix.end_line > last:
        return None
    replaced = lines[fix.start_line - 1 : fix.end_line]
    with_cr = sum(line.endswith("\r") for line in replaced) * 2 > len(replaced)
    new = fix.replacement.replace("\r\n", "\n").split("\n") if fix.replacement else []
    if any("\r" in line for line in new):
        return None
    if with_cr:
        new = [f"{line}\r" for line in new]
        if fix.end_line == len(lines) and new:  # the last line of the file has no line end at all
            new[-1] = new[-1].removesuffix("\r")
    return "\n".join([*lines[: fix.start_line - 1], *new, *lines[fix.end_line :]])


def _why_broken(path: str, before: str, after: str) -> str | None:
    if _depth(after) > _MAX_DEPTH:
        return "it is nested too deep to be checked"
    parse = _PARSERS.get(PurePosixPath(path).suffix.lower())
    if parse is None:
        same = _brackets(before) == _brackets(after)
        return None if same else "it changes how brackets pair up"
    try:
        parse(after.removeprefix("\ufeff"))
    except (ValueError, SyntaxError, yaml.YAMLError, RecursionError, MemoryError):
        return "the result does not parse"
    return None


def _parse_python(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)


def _parse_yaml(text: str) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there
    for _ in yaml.parse(text, Loader=loader):
        pass


_PARSERS: Mapping[str, Callable[[str], object]] = {
    ".py": _parse_python,
    ".pyi": _parse_python,
    ".pyw": _parse_python,
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yml": _parse_yaml,
    ".yaml": _parse_yaml,
}


def _brackets(text: str) -> tuple[int, ...]:
    """How many more of each bracket open than close."""
    counts = Counter(_BRACKET.findall(text))
    return tuple(counts[o] - counts[c] for o, c in ("()", "[]", "{}"))


def _depth(text: str) -> int:
    """Most brackets open at once: an upper bound, strings counted in."""
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        if match[0] in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest
