"""The parts of a SARIF run: rules, results, places, fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from review.models import Category, Finding, Severity
from templates.filters import visible

_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "2.5",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""``security-severity``: over 9.0 critical, from 7.0 high, from 4.0 medium, from 0.1 low.

Source: GitHub Docs, "SARIF support for code scanning", reportingDescriptor object.
"""
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}
_SECURITY = {Category.SECURITY, Category.SECRET}
_JUSTIFIED = {
    "outside-diff": "The change did not touch this line.",
    "below-severity": "Below the severity the repository asked for.",
    "below-confidence": "Below the confidence the repository asked for.",
    "duplicate": "Another analyser said the same.",
    "config": "Switched off by the repository's settings.",
    "ignored": "Dismissed by a person.",
}


def say(text: str) -> str:
    """Text for a SARIF message: nothing hidden, and no link of a stranger's.

    Source: SARIF 2.1.0, section 3.11.6: ``[text](target)`` in a message is a link.
    """
    return visible(text).replace("](", "] (")


def location(path: str) -> dict[str, Any]:
    """A file as a whole."""
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return {"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}}}


def rules_of(findings: Sequence[Finding]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rules that found something, in order of first use.

    Returns:
        The descriptors, and the place of each rule id among them.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule_id, []).append(finding)
    rules = [_rule(rule_id, members) for rule_id, members in by_rule.items()]
    return rules, {rule_id: i for i, rule_id in enumerate(by_rule)}


def _rule(rule_id: str, members: Sequence[Finding]) -> dict[str, Any]:
    worst = max(members, key=lambda f: f.severity.rank)
    surest = max(members, key=lambda f: f.confidence.rank)
    security = any(f.category in _SECURITY for f in members)
    cwes = sorted({f.cwe for f in members if f.cwe})
    tags = [*(["security"] if security else []), *sorted({f.category.value for f in members} - {"security"})]
    properties: dict[str, Any] = {
        # GitHub keeps ten tags of a rule.
        "tags": [*tags, *(f"external/cwe/cwe-{cwe:03d}" for cwe in cwes)][:10],
        "precision": _PRECISION[surest.confidence.value],
    }
    if security:
        properties["security-severity"] = _SCORES[worst.severity]
    family, _, name = rule_id.partition("/")
    rule: dict[str, Any] = {
        "id": rule_id,
        "name": name or family,
        "shortDescription": {"text": say(_first_sentence(worst.message))},
        "help": _help(rule_id, worst, cwes),
        "defaultConfiguration": {"level": _LEVELS[worst.severity]},
        "properties": properties,
    }
    if worst.url and worst.url.startswith(("https://", "http://")):
        rule["helpUri"] = quote(worst.url, safe=":/?#[]@!$&'()*+,;=%~-._")
    return rule


def _help(rule_id: str, finding: Finding, cwes: Sequence[int]) -> dict[str, str]:
    pieces = [f"Rule {rule_id}, reported by {finding.analyser}."]
    if finding.suggestion:
        pieces.append(finding.suggestion)
    pieces += [f"CWE-{cwe}: https://cwe.mitre.org/data/definitions/{cwe}.html" for cwe in cwes]
    return {"text": say("\n\n".join(pieces))}


def _first_sentence(text: str) -> str:
    head, dot, _ = " ".join(text.split()).partition(". ")
    return head + (dot.strip() if dot else "")


def result_of(finding: Finding, rule_index: int) -> dict[str, Any]:
    """One result."""
    text = finding.message if not finding.suggestion else f"{finding.message}\n\n{finding.suggestion}"
    place = location(finding.file_path)
    if not finding.whole_file:
        place["physicalLocation"]["region"] = {
            "startLine": finding.line_number,
            "endLine": finding.end_line_number,
        }
    result: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": say(text)},
        "locations": [place],
        "properties": {
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "category": finding.category.value,
            "analyser": finding.analyser,
            "inDiff": finding.in_diff,
        },
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"patchwarden/v1": finding.fingerprint}
    if finding.fix is not None:
        result["fixes"] = [_fix(finding)]
    if finding.suppressed_by:
        why = _JUSTIFIED.get(finding.suppressed_by, finding.suppressed_by)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _fix(finding: Finding) -> dict[str, Any]:
    fix = finding.fix
    if fix is None:
        raise ValueError("a finding without a fix")
    replacement: dict[str, Any] = {"deletedRegion": {"startLine": fix.start_line, "endLine": fix.end_line}}
    if fix.replacement:
        # A region without columns ends before the last line end, as our replacement does.
        replacement["insertedContent"] = {"text": fix.replacement}
    else:
        replacement["deletedRegion"] = {
            "startLine": fix.start_line,
            "startColumn": 1,
            "endLine": fix.end_line + 1,
            "endColumn": 1,
        }
    artifact = location(finding.file_path)["physicalLocation"]["artifactLocation"]
    return {
        "description": {"text": say(finding.suggestion or "Replace these lines")},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
    }
