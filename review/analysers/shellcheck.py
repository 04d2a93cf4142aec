"""Asks ShellCheck about shell scripts, with its own quoting fixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.edits import Edit, fix_from_edits
from review.analysers.bases.engine import Engine
from review.analysers.facts.engine_levels import SHELLCHECK_CODES, SHELLCHECK_LEVELS, Grade
from review.analysers.facts.found import sentence
from review.analysers.facts.kinds import exists, is_sendable, is_vendored
from review.diff import FileDiff
from review.models import Confidence, Finding, Fix, Severity

_SHEBANG = re.compile(r"#![^\r\n]*\b(?:ba|da|k)?sh\b")
_SUFFIXES = (".sh", ".bash", ".ksh", ".dash", ".bats")
_SYNTAX_TALK = frozenset({1009, 1073})
"""ShellCheck tells a syntax error in three parts; 1072 is the one that says what was expected."""


class Shellcheck(Engine):
    """Rule ids are ShellCheck's codes: ``shellcheck/SC2086``."""

    name: ClassVar[str] = "shellcheck"
    rule_prefix: ClassVar[str] = "shellcheck/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("#!/bin/bash\nrm -rf $1\n", ("shellcheck/SC2086",), "run.sh"),
        Example('#!/bin/bash\nd=$1\nrm -rf "$d/"*\n', ("shellcheck/SC2115",), "run.sh"),
        Example("#!/bin/sh\nif true; then\n", ("shellcheck/SC1072",), "run.sh"),
        Example("#!/bin/sh\nrm -rf $1\n", ("shellcheck/SC2086",), "bin/deploy"),
        Example('#!/usr/bin/env bash\nset -eu\nfor f in "$@"; do\n  echo "$f"\ndone\n', (), "run.sh"),
        Example("#!/usr/bin/env zsh\necho ${(f)x}\n", (), "run.sh"),
        Example("#!/usr/bin/env python3\nprint(1)\n", (), "bin/tool"),
    )

    def wants(self, path: str) -> bool:
        """Scripts by suffix; those without one are known by their first line."""
        return path.endswith(_SUFFIXES)

    def covers(self, file: FileDiff) -> bool:
        """Scripts by suffix, and files without a suffix whose visible first line names a shell."""
        if super().covers(file):
            return True
        if file.binary or not exists(file) or not is_sendable(file.path) or is_vendored(file.path):
            return False
        first = next((line.text for hunk in file.hunks for line in hunk.lines if line.new_line == 1), "")
        return "." not in file.path.rsplit("/", 1)[-1] and bool(_SHEBANG.match(first))

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the JSON. Source of the shape: ``shellcheck --format=json1``, ShellCheck 0.11."""
        document = json_of(self.name, content)
        comments = document.get("comments") if isinstance(document, dict) else document
        for item in items(self.name, comments, "comments"):
            path = self.path_of(subject, field(self.name, item, "file", str))
            code = field(self.name, item, "code", int)
            if path is None or code in _SYNTAX_TALK:
                continue
            level = SHELLCHECK_LEVELS.get(field(self.name, item, "level", str))
            grade = SHELLCHECK_CODES.get(code) or level or Grade(Severity.LOW, SHELLCHECK_LEVELS["info"].category)
            line, end = field(self.name, item, "line", int), field(self.name, item, "endLine", int)
            yield Finding(
                file_path=path,
                line_number=max(1, line),
                end_line_number=max(1, line, end if end - line < 10 else line),  # noqa: PLR2004 - a screenful
                severity=grade.severity,
                category=grade.category,
                message=sentence(field(self.name, item, "message", str)),
                rule_id=f"shellcheck/SC{code}",
                analyser=self.name,
                confidence=grade.confidence if level else Confidence.LOW,
                cwe=grade.cwe,
                url=f"https://www.shellcheck.net/wiki/SC{code}",
                fix=_fix(subject.texts[path], item),
            )


def _fix(text: str, item: Mapping[str, Any]) -> Fix | None:
    fix = item.get("fix")
    if not isinstance(fix, Mapping):
        return None
    return fix_from_edits(
        text,
        [
            Edit(
                field("shellcheck", edit, "line", int),
                field("shellcheck", edit, "column", int),
                field("shellcheck", edit, "endLine", int),
                field("shellcheck", edit, "endColumn", int),
                field("shellcheck", edit, "replacement", str),
            )
            for edit in items("shellcheck", fix.get("replacements"), "replacements")
        ],
    )
