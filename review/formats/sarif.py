"""SARIF 2.1.0: what code scanning dashboards read. Cut to GitHub's limits, and says so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

from review.models import CoverageStatus, Finding, ReviewReport, ReviewResult
from review.record import plain
from review.sarif import location, result_of, rules_of, say
from templates.figures import machine_time

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST_RESULTS = 25_000
_SHOWN_RESULTS = 5_000
_MOST_BYTES = 10_000_000
"""Results a run may have, results GitHub keeps (worst first), and bytes of the file when compressed.

Source: GitHub Docs, "SARIF results exceed one or more limits".
"""


class Sarif:
    """One run of one tool; a rule for every rule that found something."""

    name: ClassVar[str] = "sarif"
    media_type: ClassVar[str] = "application/sarif+json"

    def __init__(self, *, most_results: int = _MOST_RESULTS, most_bytes: int = _MOST_BYTES) -> None:
        self._most_results = most_results
        self._most_bytes = most_bytes

    def render(self, report: ReviewReport) -> str:
        """The log. Suppressed results go first and the mildest next when it would be too large."""
        suppressed = [f for f in report.result.detailed_findings if f.suppressed_by]
        everything = [*(f for f in report.findings if not f.suppressed_by), *suppressed]
        kept = everything[: self._most_results]
        text = self._text(report, kept, len(everything))
        while len(gzip.compress(text.encode(), mtime=0)) > self._most_bytes and kept:
            kept = kept[: len(kept) * 3 // 4]
            text = self._text(report, kept, len(everything))
        return text

    def _text(self, report: ReviewReport, findings: Sequence[Finding], total: int) -> str:
        notes = [*_notes(report.result), *_cut_notes(len(findings), total)]
        rules, index = rules_of(findings)
        run = {
            "tool": {"driver": _driver(rules)},
            "automationDetails": {"id": "patchwarden/"},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The top folder of the repository."}}},
            "invocations": [
                {
                    "executionSuccessful": report.result.complete,
                    "endTimeUtc": machine_time(report.result.timestamp),
                    "toolExecutionNotifications": notes,
                }
            ],
            "results": [result_of(f, index[f.rule_id]) for f in findings],
            "properties": _properties(report),
        }
        document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
        return json.dumps(plain(document), indent=2, ensure_ascii=False) + "\n"


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "Patchwarden", "rules": rules}
    # The Action runs from its own folder, not from an installed distribution: then there is no version.
    with suppress(PackageNotFoundError):
        driver["semanticVersion"] = version("patchwarden")
    return driver


def _properties(report: ReviewReport) -> dict[str, Any]:
    result = report.result
    return {
        "baseSha": result.base_sha,
        "headSha": result.head_sha,
        "verdict": report.verdict.value,
        "failOn": str(report.fail_on),
        "securityScore": result.security_score,
        "qualityScore": result.quality_score,
        "suppressed": dict(result.suppressed),
    }


def _notes(result: ReviewResult) -> list[dict[str, Any]]:
    """What did not run or was not looked at, each as a notification."""
    notes: list[dict[str, Any]] = [
        {
            "level": "error",
            "descriptor": {"id": "patchwarden/skipped-analyser"},
            "message": {"text": say(f"{skipped.name} did not run: {skipped.reason}")},
        }
        for skipped in result.skipped_analysers
    ]
    for coverage in result.coverage:
        if coverage.status is CoverageStatus.REVIEWED:
            continue
        partly = coverage.status is CoverageStatus.PARTIAL
        what = "checked only in part" if partly else "not checked"
        notes.append(
            {
                "level": "warning" if partly else "note",
                "descriptor": {"id": f"patchwarden/{'partial' if partly else 'skipped'}-file"},
                "message": {
                    "text": say(f"{coverage.file_path} was {what}: {coverage.reason or 'no analyser covers it'}")
                },
                "locations": [location(coverage.file_path)],
            }
        )
    return notes


def _cut_notes(kept: int, total: int) -> list[dict[str, Any]]:
    """What GitHub's limits took away, or will."""
    texts = []
    if kept < total:
        texts.append(f"{total - kept} of {total} results were left out, the mildest, to stay within GitHub's limits.")
    if kept > _SHOWN_RESULTS:
        texts.append(f"GitHub shows the worst {_SHOWN_RESULTS} of these {kept} results.")
    return [
        {"level": "warning", "descriptor": {"id": "patchwarden/limits"}, "message": {"text": text}} for text in texts
    ]
