"""Asks oxlint about JavaScript and TypeScript: syntax errors and likely bugs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.engine_levels import OXLINT_DEFAULT, OXLINT_RULES
from review.analysers.facts.found import plain, sentence
from review.analysers.facts.kinds import is_test
from review.models import Finding

_CODE = re.compile(r"([a-z0-9_@-]{1,30})\(([a-z0-9_/-]{1,80})\)")
_NOT_IN_TESTS = frozenset({"no-unused-expressions", "no-constant-condition", "no-template-curly-in-string"})
"""Assertion libraries read like unused expressions, and tests probe odd values on purpose."""


class Oxlint(Engine):
    """Rule ids leave out ESLint's own name: ``oxlint/no-const-assign``, ``oxlint/react/jsx-key``."""

    name: ClassVar[str] = "oxlint"
    rule_prefix: ClassVar[str] = "oxlint/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("const a = 1;\na = 2;\nexport default a;\n", ("oxlint/no-const-assign",), "src/a.js"),
        Example("import x from 'y';\nexport const b: number = 1;\n", ("oxlint/no-unused-vars",), "src/a.ts"),
        Example("export const a = ;\n", ("oxlint/syntax",), "src/a.mjs"),
        Example("export const f = (x) => x === NaN;\n", ("oxlint/use-isnan",), "src/a.js"),
        Example("export const A = ({ l }) => l.map((x) => <b>{x}</b>);\n", ("oxlint/react/jsx-key",), "src/a.jsx"),
        Example("const enum E { A = 1 }\nexport const f = <T,>(x: T): T => x ?? E.A;\n", (), "src/a.ts"),
        Example("expect(f(1)).to.be.true;\n", (), "test/a.test.js"),
        Example("export function f(unused, used) {\n  return used && f(used);\n}\n", (), "src/a.js"),
        Example("export const a = 1;\ndebugger;\n", (), "src/a.js"),
    )

    def wants(self, path: str) -> bool:
        """Scripts and components; declarations say nothing that runs."""
        suffixes = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".astro")
        return path.endswith(suffixes) and not path.endswith((".d.ts", ".d.mts", ".d.cts"))

    def path_of(self, subject: ReviewSubject, raw: str) -> str | None:
        """As for any engine; oxlint prints a backslash in a name as a slash."""
        if (path := super().path_of(subject, raw)) is not None:
            return path
        return next((path for path in subject.texts if "\\" in path and path.replace("\\", "/") == raw), None)

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of oxlint's JSON. Source of the shape: ``oxlint --format=json``, oxlint 1.81."""
        document = json_of(self.name, content)
        diagnostics = document.get("diagnostics") if isinstance(document, dict) else document
        for item in items(self.name, diagnostics, "diagnostics"):
            if item.get("filename") is None:
                continue
            path = self.path_of(subject, field(self.name, item, "filename", str))
            if path is None:
                continue
            rule = _rule(item.get("code"))
            if rule in _NOT_IN_TESTS and is_test(path):
                continue
            grade = OXLINT_RULES.get(rule, OXLINT_DEFAULT)
            told, url = item.get("help"), item.get("url")
            yield Finding(
                file_path=path,
                line_number=_line(item),
                severity=grade.severity,
                category=grade.category,
                message=sentence(field(self.name, item, "message", str)),
                suggestion=plain(told) if isinstance(told, str) and told else None,
                rule_id=f"oxlint/{rule}",
                analyser=self.name,
                confidence=grade.confidence,
                cwe=grade.cwe,
                url=url if isinstance(url, str) else None,
            )


def _rule(code: Any) -> str:
    match = _CODE.fullmatch(code) if isinstance(code, str) else None
    if match is None:
        return "syntax"
    plugin, name = match.groups()
    return name if plugin == "eslint" else f"{plugin.strip('@')}/{name}"


def _line(item: Mapping[str, Any]) -> int:
    """First line the diagnostic points at; 1 when it points at the file as a whole."""
    labels = item.get("labels")
    marks = [label for label in labels if isinstance(label, Mapping)] if isinstance(labels, list) else []
    # a re-assignment is labelled after its declaration: the place to mend is the last one
    if marks and "re-assign" in str(marks[-1].get("label")):
        marks.reverse()
    for mark in marks:
        span = mark.get("span")
        line = span.get("line") if isinstance(span, Mapping) else None
        if isinstance(line, int) and line > 0:
            return line
    return 1
