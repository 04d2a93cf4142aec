"""What is marked as not shown, and why; nothing is ever dropped."""

from __future__ import annotations

import fnmatch

import pytest

from review.config import ReviewConfig, validate_config
from review.equivalent import RULES
from review.filters import Filters, suppressed_counts
from review.models import Category, Confidence, Finding, Fix, Severity
from support.changes import finding, lines_of

BEFORE = {"a.py": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"}
AFTER = {"a.py": "one\ntwo\nTHREE\nfour\nfive\nsix\nseven\neight\nnine\n", "new.py": "x\ny\n"}


def marked(*findings: Finding, config: str = "", after: dict[str, str] | None = None) -> list[str | None]:
    filters = Filters(validate_config(config), lines_of(after or AFTER, BEFORE))
    return [f.suppressed_by for f in filters.mark(findings)]


def test_only_lines_the_change_added_count() -> None:
    assert marked(finding(3), finding(2, end=4), finding(2), finding(4, end=9), finding(1, path="new.py")) == [
        None,
        None,
        "outside-diff",
        "outside-diff",
        None,
    ]
    assert marked(finding(2), config="all_lines: true") == [None]


def test_a_file_the_change_does_not_touch_is_outside() -> None:
    assert marked(finding(1, path="other.py")) == ["outside-diff"]


def test_a_finding_about_the_whole_file_is_inside() -> None:
    assert marked(finding(1, whole_file=True)) == [None]


def test_lines_past_the_end_are_taken_back_to_it() -> None:
    (found,) = Filters(ReviewConfig(), lines_of(AFTER, BEFORE)).mark([finding(3, end=99, path="new.py")])
    assert (found.line_number, found.end_line_number, found.in_diff) == (2, 2, True)


def test_severity_and_confidence_have_floors() -> None:
    low = finding(3, severity=Severity.INFO)
    unsure = finding(3, confidence=Confidence.LOW)
    assert marked(low, unsure) == ["below-severity", None]
    assert marked(low, unsure, config="min_severity: info\nmin_confidence: medium") == [None, "below-confidence"]


@pytest.mark.parametrize(
    ("rules", "expected", "severity"),
    [
        ("toy/rule: off", "config", Severity.MEDIUM),
        ("toy/*: off", "config", Severity.MEDIUM),
        ("toy/*: off\n  toy/ru*: high", None, Severity.HIGH),
        ("toy/*: off\n  toy/rule: critical", None, Severity.CRITICAL),
        ("other/*: off", None, Severity.MEDIUM),
        ("toy/rule: info", "below-severity", Severity.INFO),
    ],
)
def test_a_repository_sets_the_severity_of_rules(rules: str, expected: str | None, severity: Severity) -> None:
    filters = Filters(validate_config(f"rules:\n  {rules}\n"), lines_of(AFTER, BEFORE))
    (found,) = filters.mark([finding(3)])
    assert (found.suppressed_by, found.severity) == (expected, severity)


def test_ignored_paths_are_marked() -> None:
    assert marked(finding(3), finding(1, path="new.py"), config="ignore_paths: ['new.*']") == [None, "config"]


@pytest.mark.parametrize(
    "marker",
    [
        "# patchwarden: ignore toy/rule tested by hand",
        "// patchwarden:ignore toy/other,toy/rule because",
        "/* patchwarden: ignore toy/* because */",
        "<!-- patchwarden: ignore toy/rule because -->",
        "-- patchwarden: ignore toy/rule - because",
    ],
)
def test_a_marker_of_the_base_silences_its_line_and_the_next(marker: str) -> None:
    before = {"a.py": f"{marker}\nold\nx  {marker}\n"}
    after = {"a.py": f"{marker}\nnew\nx  {marker}\n"}
    filters = Filters(validate_config("all_lines: true"), lines_of(after, before))
    assert [f.suppressed_by for f in filters.mark([finding(2), finding(3), finding(2, rule="else/rule")])] == [
        "ignored",
        "ignored",
        None,
    ]


def test_a_marker_the_change_adds_does_not_count_and_is_reported() -> None:
    after = {"a.py": "bad()  # patchwarden: ignore toy/rule trust me\n"}
    found = Filters(ReviewConfig(), lines_of(after)).mark([finding(1), finding(1, message="Another.")])
    assert [(f.rule_id, f.suppressed_by) for f in found] == [
        ("toy/rule", None),
        ("toy/rule", None),
        ("patchwarden/added-ignore", None),
    ]
    trusted = Filters(ReviewConfig(), lines_of(after), trust_markers=True).mark([finding(1)])
    assert [f.suppressed_by for f in trusted] == ["ignored"]


def test_a_marker_without_a_reason_does_not_count() -> None:
    text = "# patchwarden: ignore toy/rule\nx\n"
    filters = Filters(validate_config("all_lines: true"), lines_of({"a.py": text + "y\n"}, {"a.py": text}))
    assert [f.rule_id for f in filters.mark([finding(2)]) if f.suppressed_by is None] == [
        "toy/rule",
        "patchwarden/ignore-without-reason",
    ]


def test_a_marker_in_a_text_says_nothing() -> None:
    text = 'x = "patchwarden: ignore toy/rule because"\n'
    filters = Filters(validate_config("all_lines: true"), lines_of({"a.py": text + "y\n"}, {"a.py": text}))
    assert [f.suppressed_by for f in filters.mark([finding(1)])] == [None]


def test_of_two_engines_that_say_the_same_the_stronger_is_kept() -> None:
    weak = finding(3, rule="ruff/S105", severity=Severity.LOW, category=Category.SECURITY)
    strong = finding(3, rule="secrets/aws-key", severity=Severity.CRITICAL, category=Category.SECRET)
    assert marked(weak, strong) == ["duplicate", None]
    assert marked(strong, weak) == [None, "duplicate"]


def test_the_same_weakness_by_number_is_the_same() -> None:
    one = finding(3, rule="ruff/S608", cwe=89)
    two = finding(2, end=4, rule="security/anything", cwe=89)
    other = finding(3, rule="security/other", cwe=79)
    assert marked(one, two, other) == [None, "duplicate", None]


def test_a_fix_makes_the_stronger_of_two_equals() -> None:
    plain = finding(3, rule="aaa/x", cwe=1)
    fixed = finding(3, rule="zzz/x", cwe=1, fix=Fix(start_line=3, end_line=3, replacement="x"))
    assert marked(plain, fixed) == ["duplicate", None]


def test_one_engine_may_say_two_things_of_a_line_but_not_one_thing_twice() -> None:
    assert marked(finding(3, cwe=1), finding(3, rule="toy/two", cwe=1)) == [None, None]
    assert marked(finding(3), finding(3)) == [None, "duplicate"]


def test_what_is_kept_back_is_counted() -> None:
    filters = Filters(ReviewConfig(), lines_of(AFTER, BEFORE))
    found = filters.mark([finding(1), finding(2), finding(3), finding(3, severity=Severity.INFO)])
    assert len(found) == 4
    assert suppressed_counts(found) == {"outside-diff": 2, "below-severity": 1}


def test_every_equivalent_of_a_rule_of_ours_names_one_that_exists() -> None:
    from review.analysers import ALL

    known = {rule.id for analyser in ALL for rule in analyser.rules}
    families = {rule_id.split("/", 1)[0] for rule_id in known}
    patterns = [pattern for patterns in RULES.values() for pattern in patterns]
    assert [p for p in patterns if p.split("/", 1)[0] in families and not fnmatch.filter(known, p)] == []
