"""Runs our own security rules, for many languages, on ast-grep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import is_test, language
from review.analysers.security_rules import RULES
from review.errors import AnalyserError
from review.models import Category, Confidence, Finding, Rule, Severity

SILENCED = Rule(
    id="security/silenced",
    summary="Comment switches security rules off",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    confidence=Confidence.MEDIUM,
    help="An `ast-grep-ignore` comment hides what our rules would say here. Say in the review why it may.",
)
_LANGUAGES = frozenset(
    {"python", "javascript", "typescript", "go", "java", "kotlin", "ruby", "php", "csharp", "rust", "c", "cpp"}
)
_BY_NAME = {row.name: row for row in RULES}
_SILENCER = re.compile(r"(?:#|//|/\*|<!--)\s*ast-grep-ignore\b")
_MAX_LINES = 10
"""A finding that spans more is shown at its first line."""


class Security(Engine):
    """Rule ids are the names in ``security_rules``: ``security/js-sql-string``. In tests everything is low."""

    name: ClassVar[str] = "security"
    rules: ClassVar[tuple[Rule, ...]] = (*(row.rule for row in RULES), SILENCED)
    rule_prefix: ClassVar[str] = "security/"
    examples: ClassVar[tuple[Example, ...]] = (
        *(Example(row.bad, (f"security/{row.name}",), row.path) for row in RULES),
        *(Example(row.good, (), row.path) for row in RULES),
        Example("eval(x); // ast-grep-ignore\n", (SILENCED.id,), "src/a.js"),
    )

    def wants(self, path: str) -> bool:
        """Languages with a rule; what declares only has nothing to run."""
        return language(path) in _LANGUAGES and not path.endswith((".d.ts", ".pyi"))

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the JSON. Source of the shape: ``ast-grep scan --json``, ast-grep 0.51; lines from 0."""
        for item in items(self.name, json_of(self.name, content), "matches"):
            path = self.path_of(subject, field(self.name, item, "file", str))
            row = _BY_NAME.get(field(self.name, item, "ruleId", str))
            if path is None:
                continue
            if row is None:
                raise AnalyserError(f"{self.name}: a rule that is not ours: {str(item['ruleId'])[:60]!r}")
            span = field(self.name, item, "range", dict)
            start = field(self.name, field(self.name, span, "start", dict), "line", int) + 1
            end = field(self.name, field(self.name, span, "end", dict), "line", int) + 1
            yield found(
                row.rule,
                Place(path, start, end if end - start < _MAX_LINES else start),
                f"{row.weakness.summary}. {row.weakness.why}",
                suggestion=row.advice,
                severity=Severity.LOW if is_test(path) else None,
            )

    def interpret(self, subject: ReviewSubject, results: Any) -> Iterable[Finding]:
        """Findings of the rules, and comments that would hide some."""
        yield from super().interpret(subject, results)
        if not results:
            return
        for path in self.selected(subject):
            if "ast-grep-ignore" in subject.texts[path]:
                for number, line in enumerate(subject.texts[path].split("\n"), start=1):
                    if _SILENCER.search(line):
                        yield found(
                            SILENCED, Place(path, number), "This comment hides what the security rules say here."
                        )
