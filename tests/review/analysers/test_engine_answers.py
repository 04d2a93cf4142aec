"""Odd answers of an engine: read, or refused by name; never believed blindly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review.analyser import Analyser
from review.analysers import ALL
from review.analysers.bases.engine import BATCH_FILES
from review.analysers.ruff import Ruff
from review.analysers.secrets import Secrets
from review.analysers.yamllint import Yamllint
from review.analysers.zizmor import Zizmor
from review.errors import AnalyserError
from review.models import Confidence, Severity
from support.change import subject_of
from support.engines import review_with, step_result

ENGINES = [kind for kind in ALL if getattr(kind, "needs_workspace", False)]
GOOD = {"exit_code": 0, "ok": True, "stdout": "[]", "stderr": "", "timed_out": False, "truncated": False}
SAMPLES = {
    "a.py": "import os\n", "a.js": "a\n", "a.sh": "ls\n", "Dockerfile": "FROM a:1\n", "a.yaml": "a: 1\n",
    ".github/workflows/a.yml": "on: push\n",
}  # fmt: skip


def answered(kind: type[Analyser], content: dict[str, Any], workspace: Path) -> list[Any]:
    subject = subject_of(SAMPLES, workspace=workspace)
    steps = kind().plan(subject)
    assert len(steps) == 1
    return review_with(kind(), subject, {step.name: step_result(step, content) for step in steps})


@pytest.mark.parametrize("kind", ENGINES, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timed_out": True, "ok": False}, "time limit"),
        ({"truncated": True}, "cut off"),
        ({"ok": False, "exit_code": 2, "stderr": "boom\x1b[2J\nsecond"}, "exit code 2: boom"),
        ({"stdout": 5}, "text"),
        ({"stdout": "not what it says"}, "expected"),
        ({"stdout": '{"a": '}, "expected"),
        ({"stdout": "[" * 100_000}, "expected"),
        ({"stdout": '["text"]'}, "expected"),
        ({"stdout": '[{"filename": 1, "file": 2, "ident": 3, "filepath": 4}]'}, "expected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_an_unusable_answer_is_an_error_that_names_the_engine(
    kind: type[Analyser], change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(AnalyserError, match=said) as caught:
        answered(kind, {**GOOD, **change}, tmp_path)
    assert kind.name in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_findings_about_files_that_were_not_given_are_dropped(tmp_path: Path) -> None:
    def at(filename: str) -> dict[str, Any]:
        place = {"row": 1, "column": 1}
        return {
            "filename": filename,
            "code": "F401",
            "message": "m",
            "location": place,
            "end_location": place,
            "fix": None,
        }

    names = ["/etc/passwd", "../a.py", "b.py", f"{tmp_path}/../a.py", f"{tmp_path}/a.py", "./a.py"]
    content = {**GOOD, "stdout": json.dumps([at(name) for name in names])}
    assert [f.file_path for f in answered(Ruff, content, tmp_path)] == ["a.py"]


def test_text_of_an_engine_is_one_short_visible_line(tmp_path: Path) -> None:
    place = {"row": 1, "column": 1}
    item = {
        "filename": "a.py", "code": "F401", "location": place, "end_location": place, "fix": None,
        "message": "a\x1b[31m\n\u202ebad\u200b " + "x" * 5_000,
    }  # fmt: skip
    (finding,) = answered(Ruff, {**GOOD, "stdout": json.dumps([item])}, tmp_path)
    assert len(finding.message) <= 400
    assert finding.message.isprintable()
    assert "\u202e" not in finding.message


@pytest.mark.parametrize("code", ["F401/../../x", "<script>", "", 5])
def test_an_odd_rule_code_is_not_passed_on(code: Any, tmp_path: Path) -> None:
    place = {"row": 1, "column": 1}
    item = {"filename": "a.py", "code": code, "location": place, "end_location": place, "message": "m", "fix": None}
    found = answered(Ruff, {**GOOD, "stdout": json.dumps([item])}, tmp_path)
    assert all(f.rule_id == "ruff/invalid-syntax" for f in found)


def test_a_crash_of_yamllint_behind_a_usual_exit_code_is_noticed(tmp_path: Path) -> None:
    crash = "Traceback (most recent call last):\nUnicodeDecodeError: 'utf-8'"
    with pytest.raises(AnalyserError, match="yamllint"):
        answered(Yamllint, {**GOOD, "exit_code": 1, "stdout": "", "stderr": crash}, tmp_path)


def test_zizmor_without_a_readable_workflow_finds_nothing_and_with_another_failure_fails(tmp_path: Path) -> None:
    nothing = {**GOOD, "exit_code": 3, "stdout": "", "stderr": "error: no inputs collected"}
    assert answered(Zizmor, nothing, tmp_path) == []
    with pytest.raises(AnalyserError, match="zizmor"):
        answered(Zizmor, {**nothing, "stderr": "something else"}, tmp_path)


@pytest.mark.parametrize("kind", ENGINES, ids=lambda kind: kind.name)
def test_a_plan_is_split_and_leaves_out_what_is_not_ours(kind: type[Analyser], tmp_path: Path) -> None:
    (path, text) = next((p, t) for p, t in SAMPLES.items() if kind().wants(p))  # type: ignore[attr-defined]
    folder, _, name = path.rpartition("/")
    names = [f"{folder}/{i:04}{name}" if folder else f"m{i:04}/{name}" for i in range(BATCH_FILES + 1)]
    skipped = {f"node_modules/x/{name}": text, f"dist/{name}": text, f"src/gen/{name}": f"# @generated\n{text}"}
    subject = subject_of({**dict.fromkeys(names, text), **skipped}, workspace=None)
    assert kind().plan(subject) == ()
    with_files = subject_of({**dict.fromkeys(names, text), **skipped}, workspace=tmp_path)
    steps = kind().plan(with_files)
    assert [len(step.arguments["paths"]) for step in steps] == [BATCH_FILES, 1]
    assert [p for step in steps for p in step.arguments["paths"]] == names
    assert {step.name for step in steps} == {f"{kind.name}:1", f"{kind.name}:2"}
    assert all(step.arguments["workspace"] == str(tmp_path) for step in steps)


def _secret(**change: Any) -> dict[str, Any]:
    item = {
        "file_path": "a.py",
        "line_number": 1,
        "severity": "high",
        "message": "m",
        "rule_id": "Some Rule",
        "confidence": 0.6,
    }
    return {"findings": [{**item, **change}]}


def test_findings_of_the_secret_scanner_are_mapped(tmp_path: Path) -> None:
    (finding,) = answered(Secrets, _secret(), tmp_path)
    assert (finding.rule_id, finding.severity, finding.confidence) == (
        "secrets/some-rule",
        Severity.HIGH,
        Confidence.MEDIUM,
    )
    assert finding.suggestion
    assert finding.cwe == 798
    assert answered(Secrets, _secret(file_path="other.py"), tmp_path) == []
    assert answered(Secrets, _secret(side="old"), tmp_path) == []


@pytest.mark.parametrize(
    "content", [{}, {"findings": "x"}, {"findings": ["x"]}, _secret(severity="grave"), _secret(line_number="1")]
)
def test_an_unusable_answer_of_the_secret_scanner_is_an_error(content: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(AnalyserError, match="secrets"):
        answered(Secrets, content, tmp_path)
