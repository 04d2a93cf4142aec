"""Workflow commands for GitHub Actions."""

# Posted text stands here as it is posted, long lines and all.
# ruff: noqa: E501

from __future__ import annotations

import re

from hypothesis import given, settings
from inline_snapshot import snapshot

from review.formats.github import GitHub
from review.models import Severity
from support.hostile import HOSTILE
from support.reviews import finding, full_report, hostile_report, report

COMMAND = re.compile(r"::(error|warning|notice) (?:[a-zA-Z]+=[^:,\r\n]*)(?:,[a-zA-Z]+=[^:,\r\n]*)*::[^\r\n]*")
"""Source: GitHub Docs, "Workflow commands for GitHub Actions", setting an error message."""


def test_each_finding_is_a_command_of_its_level() -> None:
    assert GitHub().render(full_report()) == snapshot("""\
::error file=deploy/app.yaml,line=23,endLine=23,title=secrets/private-key (critical)::A private key is committed%0ARevoke it, then read it from the secret store.
::error file=shop/orders.py,line=88,endLine=88,title=ast-grep/python-sql-string (high)::SQL built from `order_by`, which a caller chooses%0APick the column from a fixed list.
::warning title=Patchwarden%3A partly reviewed::Not checked: hadolint. The first reason: simple-warp did not answer within 60 s (time limit)
::warning file=shop/orders.py,line=131,endLine=140,title=ruff/ASYNC210 (medium)::The lock is held while the payment API is called
::notice file=assets/video.mp4,title=large-change/file (low)::A file of 12 MB is added%0AUse Git LFS.
::notice file=README.md,line=3,endLine=3,title=docs/heading (info)::A heading level is left out
""")


def test_a_clean_review_prints_nothing() -> None:
    assert GitHub().render(report()) == ""


def test_ten_of_a_level_and_the_rest_is_said() -> None:
    found = [finding(line_number=n) for n in range(1, 26)]
    found += [finding(line_number=n, severity=Severity.LOW) for n in range(1, 15)]
    lines = GitHub().render(report(found)).splitlines()
    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::notice ") for line in lines) == 10
    assert lines[-1].endswith("15 more at level error, 5 more at level notice not shown here. See the report.")


def test_exactly_ten_need_no_notice() -> None:
    lines = GitHub().render(report([finding(line_number=n) for n in range(1, 11)])).splitlines()
    assert len(lines) == 10


def test_no_text_starts_a_command_of_its_own() -> None:
    for line in GitHub().render(hostile_report()).splitlines():
        assert COMMAND.fullmatch(line), line


@given(HOSTILE)
@settings(max_examples=80, deadline=None)
def test_any_text_stays_inside_its_command(text: str) -> None:
    shown = GitHub().render(report([finding(message=text or "x", file_path=text or "x", rule_id=text or "x")]))
    assert COMMAND.fullmatch(shown.removesuffix("\n"))
