"""Turns a program's report into findings and counts. Pure; what cannot be read is a warning, never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from servers.guard.finding import Finding, Severity
from servers.simple_warp.answers import Report

MAX_FINDINGS = 5000
_SARIF_SEVERITY: Mapping[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "info"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a report says."""

    findings: list[Finding] = field(default_factory=list)
    report: Report | None = None
    warnings: list[str] = field(default_factory=list)


def parse(parser: str, text: str, workspace: str) -> Parsed:
    """Read a report.

    Args:
        parser: ``ruff``, ``sarif``, ``junit``, or empty for none.
        text: standard output.
        workspace: absolute folder; paths below it become relative to it.
    """
    if not parser:
        return Parsed()
    try:
        return _PARSERS[parser](text, workspace)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        return Parsed(warnings=[f"the {parser} report cannot be read: {type(error).__name__}"])


def _relative(path: str, workspace: str) -> str:
    path = unquote(path.removeprefix("file://"))
    return path.removeprefix(workspace.rstrip("/") + "/").removeprefix("./")


def _ruff(text: str, workspace: str) -> Parsed:
    return Parsed(findings=[_ruff_finding(entry, workspace) for entry in json.loads(text)[:MAX_FINDINGS]])


def _ruff_finding(entry: Mapping[str, Any], workspace: str) -> Finding:
    code = entry.get("code") or "syntax-error"
    return Finding(
        file_path=_relative(entry["filename"], workspace),
        line_number=max(1, entry["location"]["row"]),
        end_line=max(1, entry["end_location"]["row"]),
        column=max(1, entry["location"]["column"]),
        severity="high" if code == "syntax-error" else "medium",
        category="security" if str(code).startswith("S") and code != "syntax-error" else "maintainability",
        message=str(entry["message"]),
        rule_id=str(code),
        source="ruff",
        url=entry.get("url"),
    )


def _sarif(text: str, workspace: str) -> Parsed:
    findings: list[Finding] = []
    for run in json.loads(text)["runs"]:
        tool = str(run["tool"]["driver"]["name"])
        for result in run.get("results") or []:
            if len(findings) >= MAX_FINDINGS:
                return Parsed(findings, warnings=[f"only the first {MAX_FINDINGS} results are given"])
            findings += _sarif_findings(result, tool, workspace)
    return Parsed(findings)


def _sarif_findings(result: Mapping[str, Any], tool: str, workspace: str) -> Iterator[Finding]:
    for location in (result.get("locations") or [])[:1]:
        physical = location["physicalLocation"]
        region = physical.get("region") or {}
        first = max(1, int(region.get("startLine", 1)))
        yield Finding(
            file_path=_relative(physical["artifactLocation"]["uri"], workspace),
            line_number=first,
            end_line=max(first, int(region.get("endLine", first))),
            column=region.get("startColumn"),
            severity=_SARIF_SEVERITY.get(str(result.get("level", "warning")), "medium"),
            category="maintainability",
            message=str(result["message"].get("text", "")),
            rule_id=str(result.get("ruleId", tool)),
            source=tool,
        )


def _junit(text: str, workspace: str) -> Parsed:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return Parsed(warnings=["the junit report declares entities and was not read"])
    try:
        root = ET.fromstring(text)  # noqa: S314 - entities, the danger of XML, are refused above
    except ET.ParseError:
        return Parsed(warnings=["the junit report is no XML"])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    findings: list[Finding] = []
    for case in root.iter("testcase"):
        problem = next((child for child in case if child.tag in {"failure", "error"}), None)
        skipped = any(child.tag == "skipped" for child in case)
        counts["failed" if problem is not None else "skipped" if skipped else "passed"] += 1
        if problem is not None and case.get("file") and len(findings) < MAX_FINDINGS:
            findings.append(_junit_finding(case, problem, workspace))
    return Parsed(findings, Report(tool=root.get("name") or "junit", **counts))


def _junit_finding(case: ET.Element, problem: ET.Element, workspace: str) -> Finding:
    return Finding(
        file_path=_relative(case.get("file", ""), workspace),
        line_number=max(1, int(case.get("line") or 1)),
        severity="high",
        category="bug",
        message=f"{case.get('name', 'test')} failed: {problem.get('message', '')}"[:500],
        rule_id="test-failed",
        source="junit",
    )


_PARSERS: Mapping[str, Callable[[str, str], Parsed]] = {"ruff": _ruff, "sarif": _sarif, "junit": _junit}
