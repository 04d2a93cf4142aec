"""Every example of every analyser, with the real engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.analyser import Analyser, Example
from review.analysers import ALL
from support.change import subject_of
from support.engines import review_with

CASES = [
    pytest.param(kind, example, id=f"{kind.name}-{number}-{'-'.join(example.rules) or 'silent'}")
    for kind in ALL
    for number, example in enumerate(kind.examples)
]


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_an_example_raises_the_rules_it_names_and_no_others(
    kind: type[Analyser], example: Example, tmp_path: Path
) -> None:
    subject = subject_of({example.path: example.text}, workspace=tmp_path)
    findings = [f for f in review_with(kind(), subject) if f.suppressed_by is None]
    assert [f.rule_id for f in findings] == list(example.rules), findings
    assert all(f.analyser == kind.name and f.rule_id.startswith(kind.rule_prefix) for f in findings)
    lines = max(1, example.text.count("\n") + 1)
    assert all(1 <= f.line_number <= f.end_line_number <= lines for f in findings)
