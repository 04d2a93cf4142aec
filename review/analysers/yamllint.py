"""Asks yamllint whether YAML files can be read, and whether a key is given twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import stdout_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.found import plain
from review.analysers.facts.kinds import is_workflow
from review.errors import AnalyserError
from review.models import Category, Finding, Severity

_LINE = re.compile(
    r"(?P<path>.+):(?P<line>\d+):(?P<column>\d+): \[(?P<level>error|warning)\] (?P<message>.*) \((?P<rule>[a-z-]+)\)"
)
_TEMPLATE = re.compile(r"(?<!\$)\{\{|\{%|<%")
"""Helm, Jinja, ERB: YAML only after a template engine has filled it in."""
_SEVERITIES = {"syntax": Severity.HIGH, "key-duplicates": Severity.MEDIUM, "anchors": Severity.MEDIUM}
_DOCS = "https://yamllint.readthedocs.io/en/stable/rules.html#module-yamllint.rules."
_ADVICE = {
    "key-duplicates": "Remove one of the two; most readers silently keep the last.",
    "anchors": "Define the anchor before it is used.",
}


class Yamllint(Engine):
    """Reports what is broken, never style. Workflows are left to actionlint, templates to nobody."""

    name: ClassVar[str] = "yamllint"
    rule_prefix: ClassVar[str] = "yamllint/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("a: 1\nb: 2\na: 3\n", ("yamllint/key-duplicates",), "config.yaml"),
        Example("a: [1, 2\nb: 3\n", ("yamllint/syntax",), "config.yml"),
        Example("a: *gone\n", ("yamllint/anchors",), "config.yml"),
        Example("a:   1   \nb: yes\n\n\n\nc: !Ref X\n---\na: &x {b: 1}\nd:\n  <<: *x\n", (), "config.yml"),
        Example("a: {{ .Values.a }}\n{{- if .b }}\na: 2\n{{- end }}\n", (), "chart/templates/a.yaml"),
    )

    def wants(self, path: str) -> bool:
        """YAML files but workflows."""
        return path.endswith((".yml", ".yaml")) and not is_workflow(path)

    def selected(self, subject: ReviewSubject) -> list[str]:
        """Without templates, which are no YAML yet."""
        return [path for path in super().selected(subject) if not _TEMPLATE.search(subject.texts[path])]

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the ``parsable`` format, one a line. Source: yamllint 1.38, ``Format.parsable``."""
        if "Traceback (most recent call last)" in str(content.get("stderr") or ""):
            raise AnalyserError(f"{self.name}: it failed on one of the files, such as one that is not UTF-8")
        for text in stdout_of(self.name, content).splitlines():
            match = _LINE.fullmatch(text)
            if match is None:
                raise AnalyserError(f"{self.name}: expected path:line:column, got {plain(text, 120)!r}")
            path = self.path_of(subject, match["path"])
            if path is None:
                continue
            rule = match["rule"]
            message = plain(match["message"]).removeprefix("syntax error: ")
            yield Finding(
                file_path=path,
                line_number=max(1, int(match["line"])),
                severity=_SEVERITIES.get(rule, Severity.LOW),
                category=Category.BUG,
                message=f"{'Not valid YAML' if rule == 'syntax' else 'YAML'}: {message}.",
                suggestion=_ADVICE.get(rule),
                rule_id=f"yamllint/{rule}",
                analyser=self.name,
                url=None if rule == "syntax" else f"{_DOCS}{rule.replace('-', '_')}",
            )
