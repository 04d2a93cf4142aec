"""What the Action writes: workflow commands, job summary, step outputs, report files."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from review.models import CoverageStatus, ReviewReport, Verdict

MAX_SUMMARY_BYTES = 1_048_576
"""One step's summary. Source: GitHub Docs, "Workflow commands", step isolation and limits: over it nothing is shown."""

CONCLUSIONS: Mapping[Verdict, str] = {
    Verdict.PASSED: "success",
    Verdict.FAILED: "failure",
    Verdict.INCOMPLETE: "neutral",
}


def escape_data(text: str) -> str:
    """A workflow command's message. Source: actions/toolkit, command encoding."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def say_error(text: str) -> None:
    """An error annotation without a place."""
    sys.stdout.write(f"::error title=Patchwarden::{escape_data(text)}\n")


def print_report(text: str) -> None:
    """Print text that quotes the pull request: the runner reads no workflow command in it."""
    token = secrets.token_hex(16)
    sys.stdout.write(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n")


def write_summary(path: Path, markdown: str) -> bool:
    """Append the report to the job summary, whole or not at all.

    Returns:
        False when it is over GitHub's limit; the caller falls back to a shorter text.
    """
    data = markdown.encode("utf-8", errors="replace")
    used = path.stat().st_size if path.exists() else 0
    if used + len(data) > MAX_SUMMARY_BYTES:
        return False
    with path.open("ab") as file:
        file.write(data)
    return True


def outputs_of(report: ReviewReport, *, report_file: Path, sarif_file: Path, version: str) -> dict[str, str]:
    """Step outputs by name, as documented in action.yml."""
    worst = report.result.worst()
    skipped = sum(c.status is CoverageStatus.SKIPPED for c in report.result.coverage)
    return {
        "conclusion": CONCLUSIONS[report.verdict],
        "findings": str(len(report.findings)),
        "highest-severity": worst.value if worst else "",
        "counts": json.dumps({severity.value: number for severity, number in report.counts.items()}),
        "files-checked": str(len(report.result.coverage) - skipped),
        "files-skipped": str(skipped),
        "report-file": str(report_file),
        "sarif-file": str(sarif_file),
        "version": version,
    }


def write_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Append step outputs, each behind a delimiter nobody can guess."""
    with path.open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            mark = f"end-{secrets.token_hex(16)}"
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def write_file(path: Path, text: str) -> None:
    """Write a report file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace")
