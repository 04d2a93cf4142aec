"""Asks ruff about Python files: syntax errors, likely bugs, security, with ruff's own safe fixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.answer import field, items, json_of
from review.analysers.bases.edits import Edit, fix_from_edits
from review.analysers.bases.engine import Engine
from review.analysers.facts.found import plain, sentence
from review.analysers.facts.noqa import Waivers
from review.analysers.facts.ruff_families import family
from review.models import Finding, Fix, Severity

_CODE = re.compile(r"[A-Z]{1,6}[0-9]{1,4}|invalid-syntax|[a-z-]{3,60}")
_ADVICE = {
    "S608": "Pass the values as parameters of the query instead of building it as text.",
    "S602": "Pass the command as a list and leave `shell` off.",
    "S605": "Use `subprocess.run` with a list of arguments.",
    "S113": "Pass `timeout=` so that a silent server cannot hold the program for ever.",
    "S501": "Leave certificate verification on; trust a private authority with `verify='ca.pem'`.",
    "S506": "Use `yaml.safe_load`.",
    "S301": "Use a format that cannot run code, such as JSON.",
    "S324": "Use SHA-256, or pass `usedforsecurity=False` when nothing depends on it.",
    "S307": "Use `ast.literal_eval` for literals, or a table of what is allowed.",
    "S701": "Pass `autoescape=select_autoescape()`.",
    "S110": "Catch the exception you expect, or log it.",
    "B006": "Use `None` as default and make the object inside the function.",
    "RUF006": "Keep a reference to the task until it is done, or use a task group.",
    "F821": "Import or define the name, or mend its spelling.",
    "E722": "Name the exceptions you expect.",
    "DTZ003": "Use `datetime.now(tz=timezone.utc)`.",
    "DTZ004": "Pass `tz=` to `datetime.fromtimestamp`.",
}


class Ruff(Engine):
    """Rule ids are ruff's codes: ``ruff/S608``."""

    name: ClassVar[str] = "ruff"
    rule_prefix: ClassVar[str] = "ruff/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("import os\n", ("ruff/F401",)),
        Example("def f(cur, x):\n    cur.execute(f\"SELECT a FROM t WHERE b = '{x}'\")\n", ("ruff/S608",)),
        Example("def f(x=[]):\n    return x\n", ("ruff/B006",)),
        Example("def f():\n    return undefined_name\n", ("ruff/F821",)),
        Example("def f(:\n    pass\n", ("ruff/invalid-syntax",)),
        Example("import requests\n\nrequests.get('https://x.example', timeout=3, verify=False)\n", ("ruff/S501",)),
        Example("import os\n", (), "pkg/__init__.py"),
        Example("import os  # noqa: F401 - used by others\n", ()),
        Example("# ruff: noqa\nimport os\n", ()),
        Example("import os  # noqa: E501\n", ("ruff/F401",)),
        Example("def f(cur, x):\n    cur.execute(f\"SELECT a FROM t WHERE b = '{x}'\")  # noqa\n", ("ruff/S608",)),
        Example("def f(a, b):\n    assert a\n    return a if b else None\n", ()),
        Example("import subprocess\n\nsubprocess.run(['ls'], check=True)\n", ()),
        Example("type A = list[int]\n\n\ndef f[T](x: T) -> T:\n    return x\n", ()),
    )

    def wants(self, path: str) -> bool:
        """Python modules and stubs."""
        return path.endswith((".py", ".pyi", ".pyw"))

    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings of ruff's JSON. Source of the shape: ``ruff check --output-format=json``, ruff 0.17."""
        broken: set[str] = set()
        waivers: dict[str, Waivers] = {}
        for item in items(self.name, json_of(self.name, content), "diagnostics"):
            path = self.path_of(subject, field(self.name, item, "filename", str))
            if path is None:
                continue
            code = item.get("code") or item.get("name") or "invalid-syntax"
            if not isinstance(code, str) or not _CODE.fullmatch(code):
                continue
            if code == "invalid-syntax":
                # one broken line makes the parser stumble over the next ones, too: the first says it all
                if path in broken:
                    continue
                broken.add(path)
            if path not in waivers:
                waivers[path] = Waivers(subject.texts[path])
            yield _heard(self._finding(subject, path, code, item), code, waivers[path])

    def _finding(self, subject: ReviewSubject, path: str, code: str, item: Mapping[str, Any]) -> Finding:
        start = field(self.name, field(self.name, item, "location", dict), "row", int)
        end = field(self.name, field(self.name, item, "end_location", dict), "row", int)
        row = family(code)
        url = item.get("url")
        return Finding(
            file_path=path,
            line_number=max(1, start),
            end_line_number=max(1, start, end if end - start < 10 else start),  # noqa: PLR2004 - a screenful
            severity=row.severity,
            category=row.category,
            message=sentence(field(self.name, item, "message", str)),
            suggestion=_ADVICE.get(code) or _told(item),
            rule_id=f"ruff/{code}",
            analyser=self.name,
            confidence=row.confidence,
            cwe=row.cwe,
            url=url if isinstance(url, str) else None,
            fix=_fix(subject.texts[path], item),
        )


def _heard(finding: Finding, code: str, waivers: Waivers) -> Finding:
    """Keep back what a `noqa` waives. A change cannot wave its own serious finding through: that one is still told."""
    if not waivers.names(finding.line_number, finding.end_line_number, code):
        return finding
    if finding.severity.rank < Severity.HIGH.rank:
        return finding.model_copy(update={"suppressed_by": "ignored"})
    told = f"{finding.message} A `noqa` comment asks not to hear of it."
    return finding.model_copy(update={"severity": Severity.MEDIUM, "message": told})


def _told(item: Mapping[str, Any]) -> str | None:
    fix = item.get("fix")
    message = fix.get("message") if isinstance(fix, Mapping) else None
    return f"{plain(message)}." if isinstance(message, str) and message else None


def _fix(text: str, item: Mapping[str, Any]) -> Fix | None:
    fix = item.get("fix")
    if not isinstance(fix, Mapping) or fix.get("applicability") != "safe":
        return None
    edits = []
    for edit in items("ruff", fix.get("edits"), "edits"):
        start, end = field("ruff", edit, "location", dict), field("ruff", edit, "end_location", dict)
        edits.append(
            Edit(
                field("ruff", start, "row", int),
                field("ruff", start, "column", int),
                field("ruff", end, "row", int),
                field("ruff", end, "column", int),
                field("ruff", edit, "content", str),
            )
        )
    return fix_from_edits(text, edits)
