"""Asks actionlint whether GitHub workflows are well formed: keys, expressions, inputs, needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.engine_levels import ACTIONLINT_KINDS, Grade
from review.analysers.facts.found import plain
from review.analysers.facts.kinds import is_workflow
from review.models import Category, Confidence, Finding, Severity

_KIND = re.compile(r"[a-z0-9-]{1,40}")
_OLD_RUNTIME = re.compile(r"\bruntime\b.*\bdeprecated\b|is too old to run on GitHub Actions")
_UNKNOWN_KIND = Grade(Severity.LOW, Category.CONFIGURATION, Confidence.MEDIUM)
_OLD = Grade(Severity.INFO, Category.DEPENDENCY)
_HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"


class Actionlint(Engine):
    """Rule ids are actionlint's kinds: ``actionlint/expression``."""

    name: ClassVar[str] = "actionlint"
    rule_prefix: ClassVar[str] = "actionlint/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("a: [1\n", ("actionlint/syntax-check",), ".github/workflows/a.yml"),
        Example(
            _HEAD + "    stepz:\n      - run: a\n",
            ("actionlint/syntax-check", "actionlint/syntax-check"),
            ".github/workflows/a.yml",
        ),
        Example(
            _HEAD + "    needs: gone\n    steps:\n      - run: a\n",
            ("actionlint/job-needs",),
            ".github/workflows/a.yml",
        ),
        Example(
            _HEAD + "    steps:\n      - run: echo ${{ matrix.os }}\n",
            ("actionlint/expression",),
            ".github/workflows/a.yml",
        ),
        Example(_HEAD + "    steps:\n      - run: make test\n      - uses: ./local\n", (), ".github/workflows/a.yml"),
    )

    def wants(self, path: str) -> bool:
        """Workflows only."""
        return is_workflow(path)

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the JSON. Source of the shape: ``actionlint -format '{{json .}}'``, actionlint 1.17."""
        for item in items(self.name, json_of(self.name, content) or [], "errors"):
            path = self.path_of(subject, field(self.name, item, "filepath", str))
            kind = field(self.name, item, "kind", str)
            if path is None or not _KIND.fullmatch(kind):
                continue
            message = plain(field(self.name, item, "message", str).split(" see https://", 1)[0])
            grade = _OLD if _OLD_RUNTIME.search(message) else ACTIONLINT_KINDS.get(kind, _UNKNOWN_KIND)
            yield Finding(
                file_path=path,
                line_number=max(1, field(self.name, item, "line", int)),
                severity=grade.severity,
                category=grade.category,
                message=f"{message[:1].upper()}{message[1:].rstrip('.')}.",
                rule_id=f"actionlint/{kind}",
                analyser=self.name,
                confidence=grade.confidence,
                cwe=grade.cwe,
                url="https://github.com/kjanat/actionlint/blob/main/docs/checks.md",
            )
