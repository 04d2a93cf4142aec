"""Well-kept code stays quiet: findings at or above low, every line taken as added."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from review.analysers import ALL
from review.analysers.facts.kinds import is_test
from review.models import Severity
from support.change import subject_of
from support.engines import review_with

PER_1000_LINES = 3.0


@pytest.mark.parametrize("package", ["attr", "click", "starlette", "gidgethub"])
def test_a_well_kept_package_raises_few_findings_and_hardly_a_grave_one(package: str, tmp_path: Path) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    files = {f"{package}/{p.relative_to(root).as_posix()}": p.read_text("utf-8") for p in root.rglob("*.py")}
    files = {path: text for path, text in files.items() if not is_test(path)}
    subject = subject_of(files, workspace=tmp_path, tree=frozenset(files))
    found = [f for kind in ALL for f in review_with(kind(), subject) if f.severity.rank >= Severity.LOW.rank]
    lines = sum(text.count("\n") for text in files.values())
    assert len(found) / lines * 1000 < PER_1000_LINES, found
    assert [f for f in found if f.severity.rank >= Severity.CRITICAL.rank] == []
    assert sum(f.severity is Severity.HIGH for f in found) / lines * 1000 < 0.3, found
