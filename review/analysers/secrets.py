"""Asks the api-key-sniffer about credentials in the lines a change adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject, StepResults
from review.analysers.bases.answer import field, items
from review.analysers.facts.diff_text import diff_batches
from review.analysers.facts.found import plain
from review.analysers.facts.kinds import exists, is_sendable
from review.diff import FileDiff
from review.errors import AnalyserError
from review.models import Category, Confidence, Finding, Rule, Severity
from workflows.models import WorkflowStep

SERVER = "api-key-sniffer"
TOOL = "scan_diff"
BATCH_BYTES = 3_500_000
"""Below the 4 MB that the server takes in one call, with room for JSON's escapes."""
_TIMEOUT_S = 90
_RULE = re.compile(r"[^a-z0-9._-]+")
_SURE, _LIKELY = 0.8, 0.5
"""Lowest confidence, 0 to 1, that we call high and medium."""
_CWE_HARD_CODED_CREDENTIALS = 798
_TOKEN = "gh" + "p_" + "q8Zr3LxT0vKw5YbN7cJd1HsG4fMe9PuA2iXo"
"""Made up; put together here so that no scanner takes this file for a leak."""


class Secrets:
    """Rule ids are the engine's: ``secrets/aws-access-token``. Values arrive masked and stay so."""

    name: ClassVar[str] = "secrets"
    rules: ClassVar[tuple[Rule, ...]] = ()
    rule_prefix: ClassVar[str] = "secrets/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(f"KEY = '{_TOKEN}'\n", ("secrets/github-pat",)),
        Example("KEY = read_environment('KEY')\n", ()),
        Example("token = 'changeme'\nurl = 'https://example.com/?key=YOUR_KEY'\n", ()),
    )

    def covers(self, file: FileDiff) -> bool:
        """Every text file with added lines, generated and vendored ones too: a secret is one anywhere."""
        return exists(file) and not file.binary and bool(file.hunks) and is_sendable(file.path)

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:
        """One scan a batch of diff text."""
        files = [file for file in subject.diff.files if self.covers(file)]
        return [
            WorkflowStep(
                name=f"{self.name}:{number}",
                mcp_server=SERVER,
                tool_name=TOOL,
                arguments={"diff": text, "added_only": True},
                timeout=_TIMEOUT_S,
                continue_on_error=True,
            )
            for number, text in enumerate(diff_batches(files, BATCH_BYTES), start=1)
        ]

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
        """Findings of all scans, each once: parts of a split hunk overlap."""
        seen: set[tuple[str, int, str]] = set()
        known = {file.path for file in subject.diff.files}
        for name in sorted(results):
            if name.split(":", 1)[0] != self.name:
                continue
            result = results[name].result
            if result is None or not result.ok:
                raise AnalyserError(f"{self.name}: step {name} has no answer")
            for item in items(self.name, result.content.get("findings"), "findings"):
                finding = self._finding(item)
                key = (finding.file_path, finding.line_number, finding.rule_id)
                if finding.file_path in known and item.get("side", "new") == "new" and key not in seen:
                    seen.add(key)
                    yield finding

    def _finding(self, item: Mapping[str, Any]) -> Finding:
        line = field(self.name, item, "line_number", int)
        rule = _RULE.sub("-", str(item.get("rule_id") or item.get("source") or "generic").lower()).strip("-")
        score = item.get("confidence")
        suggestion, url, cwe, end = (item.get(key) for key in ("suggestion", "url", "cwe", "end_line"))
        return Finding(
            file_path=field(self.name, item, "file_path", str),
            line_number=max(1, line),
            end_line_number=end if isinstance(end, int) and end >= line > 0 else max(1, line),
            severity=_severity(item.get("severity")),
            category=Category.SECRET,
            message=f"{plain(field(self.name, item, 'message', str)).rstrip('.')}.",
            suggestion=plain(suggestion)
            if isinstance(suggestion, str) and suggestion
            else "Revoke it, issue a new one, and read it from the environment or a secret store.",
            rule_id=f"secrets/{rule or 'generic'}",
            analyser=self.name,
            confidence=_confidence(score if isinstance(score, int | float) else 1.0),
            cwe=cwe if isinstance(cwe, int) else _CWE_HARD_CODED_CREDENTIALS,
            url=url if isinstance(url, str) else None,
        )


def _severity(value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        raise AnalyserError(f"secrets: expected a severity, got {plain(str(value), 40)!r}") from None


def _confidence(score: float) -> Confidence:
    if score >= _SURE:
        return Confidence.HIGH
    return Confidence.MEDIUM if score >= _LIKELY else Confidence.LOW
