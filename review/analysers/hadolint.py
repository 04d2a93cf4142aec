"""Asks hadolint about Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.engine import Engine
from review.analysers.facts.engine_levels import HADOLINT_CODES, HADOLINT_LEVELS
from review.analysers.facts.found import sentence
from review.analysers.facts.kinds import language
from review.models import Finding

_CODE = re.compile(r"(?:DL|SC)[0-9]{4}")
_ADVICE = {
    "DL3002": "End with a `USER` that is not root.",
    "DL3004": "Run the command as root before the `USER` line instead.",
    "DL3006": "Name a version, best with a digest: `FROM python:3.13-slim@sha256:…`.",
    "DL3007": "Name a version, best with a digest: `FROM python:3.13-slim@sha256:…`.",
    "DL3020": "Use `COPY`; `ADD` unpacks archives and downloads addresses.",
    "DL3025": 'Write it as a list, such as `CMD ["python", "app.py"]`, so that signals reach the program.',
    "DL4006": 'Add `SHELL ["/bin/bash", "-o", "pipefail", "-c"]` before it.',
}


class Hadolint(Engine):
    """Rule ids are hadolint's codes: ``hadolint/DL3007``; ``SC`` codes are ShellCheck's, found in ``RUN``."""

    name: ClassVar[str] = "hadolint"
    rule_prefix: ClassVar[str] = "hadolint/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:latest\nRUN sudo true\n", ("hadolint/DL3007", "hadolint/DL3004"), "Dockerfile"),
        Example("FROM python\n", ("hadolint/DL3006",), "docker/api.Dockerfile"),
        Example("FROM a:1\nRNU x\n", ("hadolint/DL1000",), "Dockerfile"),
        Example(
            'FROM python:3.13-slim AS build\nWORKDIR /app\nCOPY a.py ./\nUSER 10001\nCMD ["python", "a.py"]\n',
            (),
            "Dockerfile",
        ),
    )

    def wants(self, path: str) -> bool:
        """``Dockerfile``, ``Dockerfile.dev``, ``api.Dockerfile``, ``Containerfile``."""
        return language(path) == "docker" and not path.endswith((".md", ".txt", ".j2", ".tpl"))

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of the JSON. Source of the shape: ``hadolint --format json``, hadolint 2.15."""
        for item in items(self.name, json_of(self.name, content), "findings"):
            path = self.path_of(subject, field(self.name, item, "file", str))
            code = field(self.name, item, "code", str)
            if path is None or not _CODE.fullmatch(code):
                continue
            level = HADOLINT_LEVELS.get(field(self.name, item, "level", str), HADOLINT_LEVELS["warning"])
            grade = HADOLINT_CODES.get(code, level)
            home = (
                "https://www.shellcheck.net/wiki/"
                if code.startswith("SC")
                else "https://github.com/hadolint/hadolint/wiki/"
            )
            yield Finding(
                file_path=path,
                line_number=max(1, field(self.name, item, "line", int)),
                severity=grade.severity,
                category=grade.category,
                message=sentence(field(self.name, item, "message", str)),
                suggestion=_ADVICE.get(code),
                rule_id=f"hadolint/{code}",
                analyser=self.name,
                confidence=grade.confidence,
                cwe=grade.cwe,
                url=f"{home}{code}",
            )
