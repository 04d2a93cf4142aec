"""Made-up reviews for what people see: a clean one, one with everything in it, one full of hostile text."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from review.models import (
    Category,
    Confidence,
    CoverageStatus,
    FileCoverage,
    Finding,
    Fix,
    ReviewReport,
    ReviewResult,
    Severity,
    SkippedAnalyser,
    Verdict,
)

NOW = datetime(2026, 11, 22, 14, 40, tzinfo=UTC)
HEAD = "4f1c9d2e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
BASE = "b81e0aa1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7"

HOSTILE = (
    "@octocat look #1 GH-2 octo/repo#3 ![p](https://evil.example/p.png) [x](https://evil.example) "
    "https://evil.example www.evil.example me@evil.example <img src=x onerror=alert(1)> <!-- hidden --> --> "
    "</details> </summary> | a | b |\n\n# Heading\n\n> quote\n```\nfence\n``` `a``b` \u202egnp.exe\u202c \u200b "
    "$x$ :rocket: &lt;b&gt; \\ * _ ~~x~~ 4f1c9d2e"
)
"""Everything GitHub gives a meaning to, and what nobody sees."""


def finding(**changes: Any) -> Finding:
    """One finding; every field can be set."""
    values: dict[str, Any] = {
        "file_path": "shop/orders.py",
        "line_number": 88,
        "severity": Severity.HIGH,
        "category": Category.SECURITY,
        "message": "SQL built from `order_by`, which a caller chooses",
        "suggestion": "Pick the column from a fixed list.",
        "rule_id": "ast-grep/python-sql-string",
        "analyser": "ast-grep",
        "fingerprint": "9f2c4e1ab03d",
        "cwe": 89,
    }
    return Finding(**{**values, **changes})


def report(
    findings: list[Finding] | None = None,
    *,
    skipped: list[SkippedAnalyser] | None = None,
    coverage: list[FileCoverage] | None = None,
    fail_on: Any = Severity.HIGH,
    **changes: Any,
) -> ReviewReport:
    """A report of these findings with counts, verdict and title that fit them."""
    found = sorted(findings or [], key=lambda f: -f.severity.rank)
    files = coverage
    if files is None:
        files = [
            FileCoverage(file_path=p, status=CoverageStatus.REVIEWED, analysers=["ast-grep"], additions=14, deletions=2)
            for p in ("shop/orders.py", "deploy/app.yaml", "README.md")
        ]
    values: dict[str, Any] = {
        "repository_path": "shop",
        "timestamp": NOW,
        "files_analyzed": len(files),
        "issues_found": len(found),
        "security_score": max(0.0, 100.0 - 10 * len(found)),
        "quality_score": 96.0,
        "recommendations": [],
        "detailed_findings": found,
        "base_sha": BASE,
        "head_sha": HEAD,
        "coverage": files,
        "skipped_analysers": skipped or [],
        "timings_ms": {"total": 21_900, "ast-grep": 340},
    }
    result = ReviewResult(**{**values, **changes})
    blocking = [] if fail_on == "never" else [f for f in found if f.severity.rank >= Severity(fail_on).rank]
    verdict = Verdict.FAILED if blocking else Verdict.PASSED if result.complete else Verdict.INCOMPLETE
    counted = Counter(f.severity for f in found)
    return ReviewReport(
        result=result,
        verdict=verdict,
        fail_on=fail_on,
        title=f"{len(blocking)} findings at or above {fail_on}" if blocking else "No findings",
        findings=found,
        counts=counted,
    )


def full_report() -> ReviewReport:
    """One with everything in it: severities, fixes, parts not checked, findings kept back."""
    return report(
        [
            finding(
                fix=Fix(start_line=88, end_line=89, replacement='rows = db.fetch(LIST, column)\nreturn rows["`x`"]')
            ),
            finding(
                file_path="deploy/app.yaml",
                line_number=23,
                severity=Severity.CRITICAL,
                category=Category.SECRET,
                message="A private key is committed",
                suggestion="Revoke it, then read it from the secret store.",
                rule_id="secrets/private-key",
                analyser="secrets",
                cwe=798,
                url="https://patchwarden.example/rules/secrets/private-key",
            ),
            finding(
                line_number=131,
                end_line_number=140,
                severity=Severity.MEDIUM,
                category=Category.BUG,
                message="The lock is held while the payment API is called",
                suggestion=None,
                rule_id="ruff/ASYNC210",
                analyser="ruff",
                confidence=Confidence.MEDIUM,
                cwe=None,
            ),
            finding(
                file_path="assets/video.mp4",
                line_number=1,
                severity=Severity.LOW,
                category=Category.MAINTAINABILITY,
                message="A file of 12 MB is added",
                suggestion="Use Git LFS.",
                rule_id="large-change/file",
                analyser="large-change",
                cwe=None,
                whole_file=True,
            ),
            finding(
                file_path="README.md",
                line_number=3,
                severity=Severity.INFO,
                category=Category.DOCUMENTATION,
                message="A heading level is left out",
                suggestion=None,
                rule_id="docs/heading",
                analyser="docs",
                cwe=None,
                fix=Fix(start_line=3, end_line=3, replacement=""),
            ),
        ],
        skipped=[SkippedAnalyser(name="hadolint", reason="simple-warp did not answer within 60 s (time limit)")],
        coverage=[
            FileCoverage(file_path="shop/orders.py", status=CoverageStatus.REVIEWED, additions=40, deletions=6),
            FileCoverage(file_path="deploy/app.yaml", status=CoverageStatus.REVIEWED, additions=28, deletions=0),
            FileCoverage(file_path="README.md", status=CoverageStatus.REVIEWED, additions=3, deletions=3),
            FileCoverage(file_path="assets/video.mp4", status=CoverageStatus.SKIPPED, reason="binary"),
            FileCoverage(file_path="db/seed.sql", status=CoverageStatus.SKIPPED, reason="too large (1,900,000 bytes)"),
        ],
        suppressed={"outside-diff": 14, "ignored": 2},
        recommendations=["Mend the findings at or above high before merging."],
    )


def hostile_report() -> ReviewReport:
    """Every text that a stranger can choose is hostile."""
    return report(
        [
            finding(file_path=f"{HOSTILE}.py", message=HOSTILE, suggestion=HOSTILE, rule_id=f"x/{HOSTILE}"),
            finding(file_path="a\udcff|b\n::error::.py", message="`", suggestion="``` ``", line_number=2),
        ],
        skipped=[SkippedAnalyser(name=HOSTILE, reason=HOSTILE)],
        coverage=[FileCoverage(file_path=HOSTILE, status=CoverageStatus.PARTIAL, reason=HOSTILE)],
        suppressed={HOSTILE: 3},
    )
