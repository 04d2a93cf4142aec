"""The terminal's report."""

from __future__ import annotations

import re

from hypothesis import given, settings
from inline_snapshot import snapshot

from review.formats.text import Text
from review.models import CoverageStatus, FileCoverage, SkippedAnalyser
from support.hostile import HOSTILE
from support.reviews import finding, full_report, hostile_report, report


def test_a_clean_review_says_what_was_looked_at() -> None:
    assert Text().render(report()) == snapshot("""\
Passed. No findings; 3 files (+42 -6) in 22 s.
Security 100/100, quality 96/100.
""")


def test_findings_come_by_file_with_place_first_and_verdict_last() -> None:
    assert Text().render(full_report()) == snapshot("""\
deploy/app.yaml:23 critical secrets/private-key
  A private key is committed
  help: Revoke it, then read it from the secret store.

shop/orders.py:88 high ast-grep/python-sql-string [fix]
  SQL built from `order_by`, which a caller chooses
  help: Pick the column from a fixed list.
  fix:
  88 + | rows = db.fetch(LIST, column)
  89 + | return rows["`x`"]
shop/orders.py:131-140 medium ruff/ASYNC210
  The lock is held while the payment API is called

assets/video.mp4 low large-change/file
  A file of 12 MB is added
  help: Use Git LFS.

README.md:3 info docs/heading [fix]
  A heading level is left out
  fix:  delete the line

Not checked:
  hadolint: simple-warp did not answer within 60 s (time limit) (run the review again, or split the
    change)
  db/seed.sql: too large (1,900,000 bytes) (raise `limits.file_bytes`, or split the file)
  assets/video.mp4: binary

Next:
  - Mend the findings at or above high before merging.

Failed: 2 findings at or above high. Found 1 critical, 1 high, 1 medium, 1 low and 1 info; 5 files (+71 -9) in 22 s.
Not shown: 14 on lines this change did not touch and 2 dismissed.
Security 50/100, quality 96/100.
""")


def test_a_partial_review_never_says_passed() -> None:
    text = Text().render(report(skipped=[SkippedAnalyser(name="hadolint", reason="did not start")]))
    assert "Incomplete. No findings in what was checked" in text
    assert "  hadolint: did not start" in text
    assert "Passed" not in text


def test_colour_only_when_told() -> None:
    assert "\x1b[" not in Text().render(full_report())
    coloured = Text(colour=True).render(full_report())
    assert "\x1b[1;31mhigh\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == Text().render(full_report())


def test_many_files_left_out_for_one_reason_are_one_line() -> None:
    files = [FileCoverage(file_path=f"{n}.png", status=CoverageStatus.SKIPPED, reason="binary") for n in range(50)]
    assert "and 30 more: binary" in Text().render(report(coverage=files)).replace("\n    ", " ")


def test_hostile_text_sends_no_command_to_the_terminal_and_starts_no_line_of_its_own() -> None:
    text = Text().render(hostile_report())
    text.encode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<U+202E>gnp.exe" in text
    assert "\\xff" in text


def test_no_line_is_a_command_to_the_runner_of_a_workflow() -> None:
    text = Text().render(report([finding(file_path="::error::x.py", message="::add-mask::a ##[error]b")]))
    assert not any(line.lstrip().startswith(("::", "##[")) for line in text.splitlines())
    assert ": :error::x.py:88" in text


@given(HOSTILE)
@settings(max_examples=80, deadline=None)
def test_any_text_is_printable(text: str) -> None:
    shown = Text().render(report([finding(message=text or "x", file_path=text or "x", rule_id=text or "x")]))
    assert all(c.isprintable() or c == "\n" for c in shown.replace("\u2028", ""))
