"""The whole review of real changes with a real engine; only the tools at its end are played."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from review.analyser import Analyser, Example, ReviewSubject, StepResults
from review.config import ReviewConfig, validate_config
from review.diff import FileDiff, FileStatus
from review.errors import AnalyserError
from review.local import diff_workspace, local_workspace
from review.models import (
    CoverageStatus,
    Finding,
    Fix,
    ReviewResult,
    Rule,
    Severity,
    Verdict,
)
from review.reviewer import SmartGitReviewer
from support.changes import finding
from support.git_repo import GitRepo
from workflows.engine import WorkflowEngine
from workflows.models import ErrorCode, Outcome, ToolFailure, ToolResult, WorkflowStep

NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Words:
    """Finds the word BAD by itself; offers to write GOOD."""

    name: ClassVar[str] = "words"
    rules: ClassVar[tuple[Rule, ...]] = ()
    rule_prefix: ClassVar[str] = "words/"
    examples: ClassVar[tuple[Example, ...]] = ()

    def covers(self, file: FileDiff) -> bool:
        return file.status is not FileStatus.DELETED

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:
        return ()

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
        for path, text in subject.texts.items():
            for number, line in enumerate(text.splitlines(), 1):
                if "BAD" in line:
                    fix = Fix(start_line=number, end_line=number, replacement=line.replace("BAD", "GOOD"))
                    yield finding(number, path=path, rule="words/bad", severity=Severity.HIGH, fix=fix)


class Asking(Words):
    """Asks a tool about Python files."""

    name: ClassVar[str] = "asking"
    rule_prefix: ClassVar[str] = "asking/"

    def covers(self, file: FileDiff) -> bool:
        return file.path.endswith(".py")

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:
        paths = [f.path for f in subject.files_named(".py")]
        arguments = {"paths": paths, "workspace": subject.workspace}
        return [WorkflowStep(name="asking:1", mcp_server="tools", tool_name="lint", arguments=arguments)]

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
        content = results["asking:1"].result
        assert content is not None
        if "lines" not in content.content:
            raise AnalyserError("the answer has no lines")
        for path, line in content.content["lines"]:
            yield finding(line, path=path, rule="asking/said", severity=Severity.MEDIUM)


def broken(method: str) -> type[Analyser]:
    """An analyser with a bug in one method."""

    def fail(*_: object) -> Any:
        raise KeyError("bug")

    return type("Broken", (Words,), {"name": "broken", "rule_prefix": "broken/", method: fail})


@dataclass
class Tools:
    """Plays the tools: an answer or a failure for each call."""

    answer: Mapping[str, Any] | None = None
    failure: ErrorCode | None = None
    seen: list[Mapping[str, Any]] = field(default_factory=list)
    there: list[str] = field(default_factory=list)

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> ToolResult:
        self.seen.append(arguments)
        workspace = Path(arguments["workspace"])
        self.there = sorted(str(p.relative_to(workspace)) for p in workspace.rglob("*") if p.is_file())
        await asyncio.sleep(0)
        if self.failure is not None:
            failed = ToolFailure(code=self.failure, message="the linter is not installed")
            return ToolResult(server=server, tool=tool, outcome=Outcome.TOOL_ERROR, failure=failed)
        return ToolResult(server=server, tool=tool, outcome=Outcome.OK, content=self.answer or {"lines": []})

    def replay_safe(self, server: str, tool: str) -> bool:
        return False


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"old.py": "x = 'BAD'\ny = 1\n", "gone.py": "x = 1\n"}, "base")
    repo.branch("topic")
    repo.commit(
        {
            "old.py": "x = 'BAD'\ny = 2\n",
            "new.py": "x = 'BAD'\n",
            "notes.txt": "BAD\n",
            "logo.png": b"\0\1",
            "evil.js": b"\0BAD",
            "package-lock.json": "{}\n",
            "gone.py": None,
        }
    )
    (repo.root / "link").symlink_to("/etc/passwd")
    repo.commit()
    return repo


def reviewer(tools: Tools | None = None, *more: type[Analyser], **options: Any) -> SmartGitReviewer:
    engine = WorkflowEngine(tools or Tools())
    return SmartGitReviewer(engine, (Words, Asking, *more), now=lambda: NOW, **options)


async def review(repo: GitRepo, tools: Tools | None = None, *more: type[Analyser], config: str = "") -> ReviewResult:
    return await reviewer(tools, *more).analyze_repository(str(repo.root), config=validate_config(config))


async def test_findings_of_all_analysers_on_changed_lines(repo: GitRepo) -> None:
    tools = Tools({"lines": [["old.py", 1], ["old.py", 2], ["new.py", 1]]})
    result = await review(repo, tools)
    assert [(f.file_path, f.line_number, f.rule_id) for f in result.detailed_findings] == [
        ("new.py", 1, "asking/said"),
        ("new.py", 1, "words/bad"),
        ("notes.txt", 1, "words/bad"),
        ("old.py", 2, "asking/said"),
    ]
    assert result.suppressed == {"outside-diff": 2}
    assert [f.suppressed_by for f in result.suppressed_findings] == ["outside-diff"] * 2
    assert result.issues_found == 4
    assert result.timestamp == NOW
    assert (result.base_sha, result.head_sha) == (repo.git("rev-parse", "main"), repo.head)
    assert all(f.fingerprint and f.in_diff for f in result.detailed_findings)
    assert result.complete is False  # evil.js
    assert (
        {"fetch", "total", "asking", "words", "plan", "analysers", "findings", "diff", "files"}
        >= set(result.timings_ms)
        >= {"total", "asking", "plan"}
    )
    assert tools.seen[0]["paths"] == ["new.py", "old.py"]
    assert set(tools.there) == {"new.py", "notes.txt", "old.py", "package-lock.json"}


async def test_every_changed_file_is_accounted_for(repo: GitRepo) -> None:
    result = await review(repo, config="ignore_paths: [notes.txt]")
    assert {c.file_path: (c.status.value, c.reason) for c in result.coverage} == {
        "evil.js": ("partial", "binary, although its name says text"),
        "gone.py": ("skipped", "deleted"),
        "link": ("skipped", "symlink"),
        "logo.png": ("skipped", "binary"),
        "new.py": ("reviewed", ""),
        "notes.txt": ("skipped", "ignored by the configuration"),
        "old.py": ("reviewed", ""),
        "package-lock.json": ("skipped", "generated (lock file)"),
    }
    by_path = {c.file_path: c for c in result.coverage}
    assert by_path["new.py"].analysers == ["words", "asking"]
    assert (by_path["old.py"].additions, by_path["old.py"].deletions) == (1, 1)
    assert result.files_analyzed == 3


async def test_a_failed_tool_call_is_named_and_its_files_are_partial(repo: GitRepo) -> None:
    result = await review(repo, Tools(failure=ErrorCode.UNAVAILABLE))
    (skipped,) = result.skipped_analysers
    assert skipped.name == "asking"
    assert "the linter is not installed" in skipped.reason
    coverage = {c.file_path: c for c in result.coverage}
    assert coverage["new.py"].status is CoverageStatus.PARTIAL
    assert coverage["new.py"].reason == "asking did not run"
    assert coverage["new.py"].analysers == ["words"]
    assert coverage["notes.txt"].status is CoverageStatus.REVIEWED
    assert [f.rule_id for f in result.detailed_findings] == ["words/bad", "words/bad"]
    assert any("`asking`" in sentence for sentence in result.recommendations)


async def test_an_answer_that_cannot_be_read_is_named(repo: GitRepo) -> None:
    result = await review(repo, Tools({"something": 1}))
    assert [(s.name, s.reason) for s in result.skipped_analysers] == [("asking", "the answer has no lines")]


@pytest.mark.parametrize("method", ["covers", "plan", "interpret"])
async def test_a_bug_in_one_analyser_costs_nothing_else(repo: GitRepo, method: str) -> None:
    result = await review(repo, Tools({"lines": [["new.py", 1]]}), broken(method))
    assert [s.name for s in result.skipped_analysers] == ["broken"]
    assert "internal error" in result.skipped_analysers[0].reason
    assert len(result.detailed_findings) == 3


@pytest.mark.parametrize(
    "steps",
    [
        [("other:1", [])],
        [("broken:1", []), ("broken:1", [])],
        [("broken:1", ["asking:1"])],
        [("broken:1", ["broken:2"]), ("broken:2", [])],
    ],
)
async def test_a_plan_that_would_break_the_workflow_is_left_out(
    repo: GitRepo, steps: list[tuple[str, list[str]]]
) -> None:
    made = [WorkflowStep(name=n, mcp_server="tools", tool_name="t", depends_on=d) for n, d in steps]
    odd = type("Odd", (Words,), {"name": "broken", "plan": lambda *_: made})
    result = await review(repo, Tools({"lines": [["new.py", 1]]}), odd)
    assert [s.name for s in result.skipped_analysers] == ["broken"]
    assert len(result.detailed_findings) == 3


async def test_an_engine_with_a_bug_leaves_what_needs_no_tool(repo: GitRepo) -> None:
    engine = WorkflowEngine(Tools())
    engine.run = None  # type: ignore[assignment,method-assign]
    result = await SmartGitReviewer(engine, (Words, Asking)).analyze_repository(str(repo.root))
    assert [s.name for s in result.skipped_analysers] == ["asking"]
    assert len(result.detailed_findings) == 2


async def test_analysers_are_chosen_by_the_configuration(repo: GitRepo) -> None:
    tools = Tools()
    only = await review(repo, tools, config="only: [words, wrods]")
    assert tools.seen == []
    assert [s.name for s in only.skipped_analysers] == ["wrods"]
    skip = await review(repo, tools, config="skip: [asking, askign]")
    assert tools.seen == []
    assert skip.skipped_analysers == []
    assert any("askign" in sentence for sentence in skip.recommendations)


async def test_a_proven_fix_is_kept_and_any_other_dropped(repo: GitRepo) -> None:
    class Careless(Words):
        name: ClassVar[str] = "careless"

        def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
            fix = Fix(start_line=1, end_line=1, replacement="x = (")
            yield finding(1, path="new.py", rule="careless/x", fix=fix)

    result = await review(repo, None, Careless)
    fixes = {f.rule_id: f.fix for f in result.detailed_findings if f.file_path == "new.py"}
    assert fixes["careless/x"] is None
    assert fixes["words/bad"] == Fix(start_line=1, end_line=1, replacement="x = 'GOOD'")


async def test_hostile_names_reach_no_tool_and_stop_nothing(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    base = repo.commit({"a.py": "x = 1\n"})
    head = repo.commit_tree(
        {
            b"a.py": ("100644", b"x = 'BAD'\n"),
            b"lat\xe9n.py": ("100644", b"x = 'BAD'\n"),
            b"new\nline.py": ("100644", b"x = 'BAD'\n"),
        },
        parent=base,
    )
    tools = Tools()
    async with local_workspace(repo.root, base, head) as workspace:
        result = await reviewer(tools).analyze_repository("r", workspace=workspace)
    assert tools.seen[0]["paths"] == ["a.py"]
    assert {c.file_path: c.reason for c in result.coverage if c.status is CoverageStatus.PARTIAL} == {
        "lat\\xe9n.py": "its name is not UTF-8",
        "new\nline.py": "its name holds control or direction characters",
    }
    report = await reviewer().generate_report(result)
    assert report.model_dump_json()
    assert report.verdict is Verdict.FAILED


async def test_text_of_the_change_is_passed_to_tools_as_it_is(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    repo.commit({"a": "1\n"})
    repo.branch("topic")
    repo.commit({"${{ inputs.x }}.py": "x\n", "${{ steps.asking:1.output.y }}.py": "${{\n"})
    tools = Tools()
    result = await review(repo, tools)
    assert tools.seen[0]["paths"] == ["${{ inputs.x }}.py", "${{ steps.asking:1.output.y }}.py"]
    assert result.skipped_analysers == []


async def test_files_over_the_limits_are_named(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    repo.commit({"a": "1\n"})
    repo.branch("topic")
    repo.commit({f"f{n}.txt": "BAD\n" for n in range(4)} | {"big.txt": "BAD\n" * 400})
    result = await review(repo, config="limits: {files: 3, file_bytes: 1000}")
    coverage = {c.file_path: c.reason for c in result.coverage if c.status is CoverageStatus.PARTIAL}
    assert set(coverage) == {"big.txt", "f2.txt", "f3.txt"}
    assert "too large (1,600 bytes)" in coverage["big.txt"]
    assert coverage["f3.txt"] == "over the limit of 3 files"


async def test_the_largest_files_are_left_out_of_a_change_over_the_limit(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    repo.commit({"a": "1\n"})
    repo.branch("topic")
    repo.commit({"big.txt": "BAD\n" * 4_000, "small.txt": "BAD\n"})
    result = await review(repo, config="limits: {diff_bytes: 10000}")
    assert {c.file_path: c.reason for c in result.coverage} == {
        "big.txt": "over the limit of 10,000 bytes of changes",
        "small.txt": "",
    }
    assert result.complete is False


async def test_a_diff_alone_is_analysed(repo: GitRepo) -> None:
    analysis = await reviewer().analyze_diff(repo.git("diff", "main", "topic") + "\n")
    assert {f.file_path for f in analysis.findings} == {"new.py", "notes.txt"}
    assert analysis.additions == 5
    by_path = {c.file_path: c for c in analysis.files}
    assert by_path["old.py"].reason == "only the lines in the diff are at hand"


async def test_a_change_without_files_is_clean_and_complete() -> None:
    async with diff_workspace(b"") as workspace:
        result = await reviewer().analyze_repository("x", workspace=workspace)
    report = await reviewer().generate_report(result)
    assert (report.verdict, report.title, result.security_score) == (Verdict.PASSED, "No problems found", 100)


async def test_progress_is_told_by_phase(repo: GitRepo) -> None:
    told: list[tuple[str, str]] = []
    await reviewer().analyze_repository(str(repo.root), progress=lambda phase, text: told.append((phase, text)))
    assert list(dict.fromkeys(phase for phase, _ in told)) == ["plan", "analysers", "findings"]
    assert ("analysers", "asking done (1 of 1)") in told


async def test_the_same_change_gives_the_same_result(repo: GitRepo) -> None:
    tools = Tools({"lines": [["old.py", 2], ["new.py", 1]]})
    one, two = await review(repo, tools), await review(repo, tools)
    assert one.model_copy(update={"timings_ms": {}}) == two.model_copy(update={"timings_ms": {}})


@pytest.mark.parametrize(
    ("severities", "failed", "config", "verdict", "title"),
    [
        ([], False, "", Verdict.PASSED, "No problems found"),
        ([Severity.LOW, Severity.MEDIUM], False, "", Verdict.PASSED, "1 medium, 1 low"),
        ([Severity.HIGH, Severity.CRITICAL], False, "", Verdict.FAILED, "Blocked: 1 critical, 1 high"),
        ([Severity.HIGH], True, "", Verdict.FAILED, "Blocked: 1 high"),
        ([Severity.HIGH], False, "fail_on: never", Verdict.PASSED, "1 high"),
        ([Severity.LOW], False, "fail_on: low", Verdict.FAILED, "Blocked: 1 low"),
        ([Severity.LOW], True, "", Verdict.INCOMPLETE, "Partly reviewed: 1 low"),
        ([], True, "", Verdict.INCOMPLETE, "Partly reviewed: no problems found"),
    ],
)
async def test_the_report_answers_whether_to_merge(
    severities: list[Severity], failed: bool, config: str, verdict: Verdict, title: str
) -> None:
    class Given(Words):
        def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
            for number, severity in enumerate(severities, 1):
                yield finding(number, path="a.txt", rule=f"words/{severity}", severity=severity)

    more = (broken("interpret"),) if failed else ()
    made = SmartGitReviewer(WorkflowEngine(Tools()), (Given, *more), now=lambda: NOW)
    settings: ReviewConfig = validate_config(config)
    added = "".join(f"+{n}\n" for n in range(9))
    data = f"diff --git a/a.txt b/a.txt\nnew file mode 100644\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,9 @@\n{added}"
    async with diff_workspace(data.encode()) as workspace:
        result = await made.analyze_repository("x", workspace=workspace, config=settings)
    report = await made.generate_report(result, config=settings)
    assert (report.verdict, report.title) == (verdict, title)
    ranks = [f.severity.rank for f in report.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert sum(report.counts.values()) == len(severities)
