"""A finding as plain JSON data, in the key order of the outside contract."""

from __future__ import annotations

from typing import Any

from review.models import Finding


def finding_record(finding: Finding) -> dict[str, Any]:
    """The keys programs rely on, seed's fields first. Text is as it was found; readers escape it."""
    return {
        "file_path": finding.file_path,
        "line_number": finding.line_number,
        "end_line_number": finding.end_line_number,
        "severity": finding.severity.value,
        "category": finding.category.value,
        "message": finding.message,
        "suggestion": finding.suggestion,
        "rule_id": finding.rule_id,
        "analyser": finding.analyser,
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        "in_diff": finding.in_diff,
        "cwe": finding.cwe,
        "url": finding.url,
    }


def plain(value: Any) -> Any:
    r"""The value with bytes that are no UTF-8 shown as ``\xff``: a lone surrogate is in no valid JSON text."""
    if isinstance(value, str):
        return (
            value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        )
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value
