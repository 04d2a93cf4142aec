"""The report as one JSON object: the seed's ``ReviewResult`` with coverage, skipped analysers and timings."""

from __future__ import annotations

import json
from typing import ClassVar

from review.models import FileCoverage, ReviewReport
from review.record import finding_record, plain


class Json:
    """One object, indented, keys in the order of the outside contract."""

    name: ClassVar[str] = "json"
    media_type: ClassVar[str] = "application/json"

    def render(self, report: ReviewReport) -> str:
        """The whole report."""
        result = report.result
        document = {
            "repository_path": result.repository_path,
            "timestamp": result.timestamp.isoformat(),
            "files_analyzed": result.files_analyzed,
            "issues_found": len(report.findings),
            "security_score": result.security_score,
            "quality_score": result.quality_score,
            "recommendations": result.recommendations,
            "detailed_findings": [finding_record(f) for f in report.findings],
            "base_sha": result.base_sha,
            "head_sha": result.head_sha,
            "coverage": [_coverage(c) for c in result.coverage],
            "skipped_analysers": [{"name": s.name, "reason": s.reason} for s in result.skipped_analysers],
            "timings_ms": dict(result.timings_ms),
            "suppressed": dict(result.suppressed),
            "verdict": report.verdict.value,
            "fail_on": str(report.fail_on),
        }
        return json.dumps(plain(document), indent=2, ensure_ascii=False) + "\n"


def _coverage(coverage: FileCoverage) -> dict[str, object]:
    return {
        "file_path": coverage.file_path,
        "status": coverage.status.value,
        "reason": coverage.reason,
        "analysers": coverage.analysers,
        "additions": coverage.additions,
        "deletions": coverage.deletions,
    }
