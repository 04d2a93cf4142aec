"""Views to render: one with everything, one clean, and any text in every place a stranger can choose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from templates.views import (
    CheckView,
    FindingView,
    InlineView,
    NotChecked,
    SeverityRow,
    StepView,
    SummaryView,
)

MARKER = "<!-- patchwarden:summary v1 head=4f1c9d2 -->"
OURS = "https://github.com/acme/shop/pull/412"
NOW = datetime(2026, 11, 22, 14, 40, tzinfo=UTC)
COMMANDS = [("/review [full]", "review the newest commit again"), ("/help", "list the commands")]


def finding(**changes: Any) -> FindingView:
    values: dict[str, Any] = {
        "severity": "high",
        "category": "security",
        "message": "SQL built from `order_by`, which a caller chooses",
        "path": "shop/orders.py",
        "line": 88,
        "rule_id": "ast-grep/python-sql-string",
        "suggestion": "Pick the column from a fixed list.",
        "cwe": 89,
    }
    return FindingView(**{**values, **changes})


def full() -> SummaryView:
    return SummaryView(
        marker=MARKER,
        title="",
        verdict="failed",
        fail_on="high",
        head_sha="4f1c9d2e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d",
        files=14,
        files_reviewed=12,
        additions=412,
        deletions=96,
        duration_s=72.4,
        previous_sha="b81e0aa1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7",
        counts=[
            SeverityRow(severity="critical", open=0),
            SeverityRow(severity="high", open=2, new=1, still=1, fixed=2),
            SeverityRow(severity="medium", open=1, new=1),
            SeverityRow(severity="low", open=0, fixed=1),
        ],
        findings=[
            finding(url=f"{OURS}#discussion_r1", has_fix=True, commented=True),
            finding(path="deploy/app.yaml", line=23, message="The container runs as root", commented=True, cwe=None),
            finding(severity="medium", line=131, end_line=140, message="The lock is held during a call", is_new=False),
        ],
        not_checked=[
            NotChecked(what="hadolint", why="did not answer within 60 s", is_file=False),
            NotChecked(what="db/seed.sql", why="1.9 MB, over the limit", mend="raise `limits.file_bytes`"),
            NotChecked(what="assets/logo.psd", why="binary", expected=True),
        ],
        fixed=[finding(severity="low", path="settings.py", line=14, message="Debug mode", fixed_in="4f1c9d2e8b7a")],
        steps=[
            StepView(name="secrets", server="api-key-sniffer", result="no findings", ms=912),
            StepView(name="hadolint", server="simple-warp", result="did not run", ms=0, ok=False),
        ],
        commands=COMMANDS,
        version="1.4.0",
        updated=NOW,
        details_url="https://review.example.com/r/01JD8Q7ZK3",
        trend=[12, 9, 9, 3],
        suppressed={"outside-diff": 14, "ignored": 2},
        security_score=82.0,
        quality_score=91.4,
        inline_limit=10,
    )


def clean(**changes: Any) -> SummaryView:
    values: dict[str, Any] = {
        "marker": MARKER,
        "title": "",
        "verdict": "passed",
        "fail_on": "high",
        "head_sha": "4f1c9d2e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d",
        "files": 3,
        "files_reviewed": 3,
        "additions": 28,
        "deletions": 4,
        "duration_s": 22.0,
        "counts": [],
        "findings": [],
        "steps": [StepView(name="secrets", result="no findings", ms=912)],
        "commands": COMMANDS,
        "version": "1.4.0",
        "updated": NOW,
        "details_url": "https://review.example.com/r/01JD8Q7ZK3",
    }
    return SummaryView(**{**values, **changes})


def poisoned(text: str, number: int = 2) -> SummaryView:
    """Every stranger's text is this one."""
    bad = finding(
        message=text, path=text, rule_id=text, suggestion=text, category="bug", url=f"{OURS}#x", fixed_in="abc"
    )
    left_out = NotChecked(what=text, why=text, mend=text)
    return SummaryView(
        marker=MARKER,
        title=text,
        verdict="incomplete",
        fail_on="high",
        files=number,
        counts=[SeverityRow(severity="high", open=number, new=number)],
        findings=[bad] * number,
        not_checked=[left_out] * number,
        fixed=[bad] * number,
        previous_sha="b81e0aa",
        steps=[StepView(name=text, server=text, result=text, ms=1)],
        commands=COMMANDS,
        version=text,
        suppressed={text: 1},
        security_score=1,
        quality_score=2,
    )


def poisoned_inline(text: str) -> InlineView:
    return InlineView(finding=poisoned(text).findings[0], marker=MARKER, replacement=text, evidence=text)


def poisoned_check(text: str, number: int = 2) -> CheckView:
    summary = poisoned(text, number)
    return CheckView(
        verdict="failed",
        title=text,
        note=text,
        files=number,
        counts=summary.counts,
        findings=summary.findings,
        not_checked=summary.not_checked,
        steps=summary.steps,
        suppressed=summary.suppressed,
        compared=True,
    )
