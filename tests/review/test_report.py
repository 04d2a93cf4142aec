"""Sentences that say what to do next."""

from __future__ import annotations

from review.models import Category, Confidence, CoverageStatus, FileCoverage, Severity, SkippedAnalyser
from review.report import recommendations
from support.changes import finding


def test_recommendations_name_what_to_do_first() -> None:
    findings = [
        finding(n, rule="toy/many", severity=Severity.HIGH, path="b.py", confidence=Confidence.LOW) for n in range(1, 7)
    ] + [finding(category=Category.SECRET, severity=Severity.CRITICAL)]
    said = recommendations(findings, [], [])
    assert said[0].startswith("Revoke 1 secret")
    assert said[1] == "Mend 6 serious findings in `b.py` before merging."
    assert any("`toy/many` was found 6 times" in sentence for sentence in said)
    assert recommendations([], [], []) == []


def test_what_could_not_be_checked_is_part_of_the_advice() -> None:
    lost = [SkippedAnalyser(name=f"part{n}", reason="gone") for n in range(6)]
    (said,) = recommendations([], lost, [])
    assert said == "Review again once `part0`, `part1`, `part2`, `part3` and 2 more can run: its part was not checked."
    partial = [FileCoverage(file_path="a.py", status=CoverageStatus.PARTIAL, reason="too large")]
    assert recommendations([], [], partial) == ["Look at 1 file yourself: only a part could be checked."]
