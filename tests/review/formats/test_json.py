"""JSON and JSON Lines as other programs rely on them."""

from __future__ import annotations

import json

from review.formats import by_name
from support.reviews import HOSTILE, full_report, hostile_report, report

FINDING_KEYS = [
    "file_path", "line_number", "end_line_number", "severity", "category", "message", "suggestion", "rule_id",
    "analyser", "confidence", "fingerprint", "in_diff", "cwe", "url",
]  # fmt: skip


def test_the_seed_s_keys_come_first_in_their_order() -> None:
    document = json.loads(by_name("json").render(full_report()))
    assert list(document)[:13] == [
        "repository_path", "timestamp", "files_analyzed", "issues_found", "security_score", "quality_score",
        "recommendations", "detailed_findings", "base_sha", "head_sha", "coverage", "skipped_analysers", "timings_ms",
    ]  # fmt: skip
    assert list(document["detailed_findings"][0]) == FINDING_KEYS
    assert document["issues_found"] == 5
    assert document["skipped_analysers"] == [
        {"name": "hadolint", "reason": "simple-warp did not answer within 60 s (time limit)"}
    ]
    assert document["timestamp"] == "2026-11-22T14:40:00+00:00"
    assert document["suppressed"] == {"outside-diff": 14, "ignored": 2}


def test_every_changed_file_has_its_coverage() -> None:
    document = json.loads(by_name("json").render(full_report()))
    assert [(c["file_path"], c["status"], c["reason"]) for c in document["coverage"]][-2:] == [
        ("assets/video.mp4", "skipped", "binary"),
        ("db/seed.sql", "skipped", "too large (1,900,000 bytes)"),
    ]


def test_jsonl_is_one_finding_a_line_and_nothing_for_a_clean_review() -> None:
    lines = by_name("jsonl").render(full_report()).splitlines()
    assert [json.loads(line)["severity"] for line in lines] == ["critical", "high", "medium", "low", "info"]
    assert list(json.loads(lines[0])) == FINDING_KEYS
    assert by_name("jsonl").render(report()) == ""


def test_text_is_kept_as_it_was_and_is_always_valid_utf_8() -> None:
    text = by_name("json").render(hostile_report())
    found = json.loads(text.encode())["detailed_findings"]
    assert found[0]["message"] == HOSTILE
    assert found[1]["file_path"] == "a\\xff|b\n::error::.py"
    assert len(by_name("jsonl").render(hostile_report()).split("\n")) == 3
