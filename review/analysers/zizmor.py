"""Asks zizmor about the security of GitHub workflows, composite actions and Dependabot's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.engine_levels import (
    ZIZMOR_ADVICE,
    ZIZMOR_CONFIDENCES,
    ZIZMOR_CWE,
    ZIZMOR_SEVERITIES,
    ZIZMOR_SEVERITY_OF,
)
from review.analysers.facts.found import plain
from review.analysers.facts.kinds import is_workflow
from review.errors import AnalyserError
from review.models import Category, Confidence, Finding, Severity

_IDENT = re.compile(r"[a-z0-9-]{1,60}")
_NOTHING_TO_READ = 3
"""Exit code when no input is a workflow that parses. Source: zizmor's documentation, "Exit codes"."""

_INJECTION = """on: pull_request_target
permissions: {}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo start
          echo "${{ github.event.pull_request.title }}"
"""
_CLEAN = """on: push
permissions:
  contents: read
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - run: make test
"""


class Zizmor(Engine):
    """Rule ids are zizmor's audits: ``zizmor/template-injection``."""

    name: ClassVar[str] = "zizmor"
    rule_prefix: ClassVar[str] = "zizmor/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(_INJECTION, ("zizmor/dangerous-triggers", "zizmor/template-injection"), ".github/workflows/a.yml"),
        Example(
            _CLEAN.replace("actions/checkout@v4", "someone/action@main"),
            ("zizmor/unpinned-uses",),
            ".github/workflows/a.yml",
        ),
        Example(_CLEAN.replace("permissions:\n  contents: read\n", ""),
                ("zizmor/excessive-permissions",), ".github/workflows/a.yml"),
        Example(_CLEAN, (), ".github/workflows/a.yml"),
        Example("a: [1\n", (), ".github/workflows/broken.yml"),
    )  # fmt: skip

    def wants(self, path: str) -> bool:
        """What GitHub reads on its own."""
        name = path.rsplit("/", 1)[-1]
        return (
            is_workflow(path)
            or name in {"action.yml", "action.yaml"}
            or path in {".github/dependabot.yml", ".github/dependabot.yaml"}
        )

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the JSON. Source of the shape: ``zizmor --format=json`` (v1), zizmor 1.32."""
        if content.get("exit_code") == _NOTHING_TO_READ:
            if "no inputs collected" not in str(content.get("stderr")):
                raise AnalyserError(f"{self.name}: ended with exit code 3: {plain(str(content.get('stderr')), 160)}")
            return
        for item in items(self.name, json_of(self.name, content), "findings"):
            ident = field(self.name, item, "ident", str)
            if item.get("ignored") is True or not _IDENT.fullmatch(ident):
                continue
            primary = self._primary(item)
            path = self.path_of(subject, _path(primary)) if primary else None
            if primary is not None and path is not None:
                yield self._finding(path, ident, item, primary)

    def _primary(self, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
        locations = list(items(self.name, item.get("locations"), "locations"))
        return next((one for one in locations if one.get("symbolic", {}).get("kind") == "Primary"), None)

    def _finding(self, path: str, ident: str, item: Mapping[str, Any], primary: Mapping[str, Any]) -> Finding:
        concrete = field(self.name, field(self.name, primary, "concrete", dict), "location", dict)
        line = field(self.name, field(self.name, concrete, "start_point", dict), "row", int) + 1
        graded = field(self.name, item, "determinations", dict)
        note = plain(str(primary["symbolic"].get("annotation") or ""))
        described = plain(field(self.name, item, "desc", str))
        url = item.get("url")
        return Finding(
            file_path=path,
            line_number=line,
            severity=ZIZMOR_SEVERITY_OF.get(ident) or ZIZMOR_SEVERITIES.get(str(graded.get("severity")), Severity.LOW),
            category=Category.SECURITY,
            message=f"{described[:1].upper()}{described[1:]}{f': {note}' if note else ''}.",
            suggestion=ZIZMOR_ADVICE.get(ident),
            rule_id=f"zizmor/{ident}",
            analyser=self.name,
            confidence=ZIZMOR_CONFIDENCES.get(str(graded.get("confidence")), Confidence.LOW),
            cwe=ZIZMOR_CWE.get(ident),
            url=url if isinstance(url, str) else None,
        )


def _path(location: Mapping[str, Any]) -> str:
    key = location.get("symbolic", {}).get("key", {})
    local = key.get("Local", {}) if isinstance(key, Mapping) else {}
    return str(local.get("verbatim_path") or local.get("given_path") or "")
