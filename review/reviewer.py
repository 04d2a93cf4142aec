"""The reviewer: plans all analysers as one workflow, runs it, and turns the answers into one honest result.

CPU-heavy pure work goes to a thread here and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from review.analyser import Analyser, ReviewSubject
from review.config import ReviewConfig
from review.errors import AnalyserError
from review.filters import Filters, suppressed_counts
from review.fingerprint import with_fingerprints
from review.fixes import with_proven_fixes
from review.local import diff_workspace, local_workspace
from review.models import (
    CoverageStatus,
    DiffAnalysis,
    Finding,
    ReviewReport,
    ReviewResult,
    SkippedAnalyser,
)
from review.report import make_report, recommendations
from review.scope import Scope, coverage_of, scope_of, selected, unknown_skips
from review.scoring import quality_score, security_score
from review.source_lines import SourceLines
from workflows.models import ExecutionStatus, StepResult, WorkflowDefinition, WorkflowResult, WorkflowStep

if TYPE_CHECKING:
    from review.workspace import Workspace
    from workflows.engine import WorkflowEngine

Progress = Callable[[str, str], None]
"""Told of a phase (a stable word) and a sentence for a person."""
_REASON_CHARS = 300
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Part:
    """One analyser's share of one review."""

    analyser: Analyser
    covered: frozenset[str] = frozenset()
    steps: tuple[WorkflowStep, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: str | None = None
    spent_ms: float = 0.0


@dataclass(slots=True)
class _Stopwatch:
    """Milliseconds by phase."""

    started: float = field(default_factory=monotonic)
    last: float = field(default_factory=monotonic)
    laps: dict[str, int] = field(default_factory=dict)

    def lap(self, phase: str) -> None:
        now = monotonic()
        self.laps[phase] = round((now - self.last) * 1000)
        self.last = now

    def total_ms(self) -> int:
        return round((monotonic() - self.started) * 1000)


class SmartGitReviewer:
    """Reviews changes with analysers whose tool calls a workflow engine makes.

    Args:
        engine: runs the tool calls.
        analysers: kinds of checks; all registered ones when not given.
        now: the time of a result.
        max_parallel: tool calls at the same time.
        timeout_s: for all tool calls of one review; what is not done by then is named as skipped.
        scratch: folder for workspaces of reviews that bring none; a private one when not given.
    """

    def __init__(
        self,
        engine: WorkflowEngine,
        analysers: Sequence[type[Analyser]] | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        max_parallel: int = 8,
        timeout_s: int = 600,
        scratch: Path | None = None,
    ) -> None:
        self._engine = engine
        self._analysers = tuple(_registered() if analysers is None else analysers)
        self._now = now
        self._max_parallel = max_parallel
        self._timeout_s = timeout_s
        self._scratch = scratch

    async def analyze_repository(
        self,
        repo_path: str,
        *,
        workspace: Workspace | None = None,
        config: ReviewConfig | None = None,
        progress: Progress | None = None,
    ) -> ReviewResult:
        """Review a change.

        Args:
            repo_path: shown in the result; without a workspace, the local repository whose branch is reviewed.
            workspace: the change, already checked out.
            config: the repository's settings, read from the base; the defaults when not given.
            progress: told what happens.

        Raises:
            CheckoutError: without a workspace: the repository or its base could not be read.
        """
        if workspace is None:
            async with local_workspace(Path(repo_path), scratch=self._scratch) as found:
                return await self._review(repo_path, found, config or ReviewConfig(), progress or _silent)
        return await self._review(repo_path, workspace, config or ReviewConfig(), progress or _silent)

    async def analyze_diff(self, diff_content: str) -> DiffAnalysis:
        """Say what a diff alone shows, without a checkout. Files it adds are looked at in full.

        Raises:
            DiffError: it is not a diff that can be read.
        """
        data = diff_content.encode("utf-8", "surrogateescape")
        async with diff_workspace(data, scratch=self._scratch) as workspace:
            result = await self._review("", workspace, ReviewConfig(), _silent)
        return DiffAnalysis(
            files=result.coverage,
            findings=result.detailed_findings,
            additions=workspace.diff.additions,
            deletions=workspace.diff.deletions,
            skipped_analysers=result.skipped_analysers,
        )

    async def generate_report(self, analysis: ReviewResult, *, config: ReviewConfig | None = None) -> ReviewReport:
        """Judge a result by the repository's threshold."""
        return make_report(analysis, config or ReviewConfig())

    async def _review(
        self, repo_path: str, workspace: Workspace, config: ReviewConfig, progress: Progress
    ) -> ReviewResult:
        watch = _Stopwatch()
        progress("plan", f"planning the checks of {len(workspace.diff.files)} changed files")
        wanted, unknown = selected(self._analysers, config)
        scope = await asyncio.to_thread(scope_of, workspace, config)
        parts = await asyncio.to_thread(lambda: [_planned(analyser(), scope.subject) for analyser in wanted])
        watch.lap("plan")
        await self._run(parts, scope.subject, progress)
        watch.lap("analysers")
        progress("findings", "judging the findings")
        lines = SourceLines(workspace.diff, workspace.texts)
        filters = Filters(config, lines, trust_markers=workspace.whole)
        found, dropped = await asyncio.to_thread(_judged, parts, filters, scope.subject.texts)
        watch.lap("findings")
        if dropped:
            _log.info("fixes dropped", number=dropped)
        skipped = [
            SkippedAnalyser(name=part.analyser.name, reason=part.failure) for part in parts if part.failure is not None
        ]
        result = self._result(workspace, scope, parts, found, [*unknown, *skipped])
        timings = {**workspace.timings_ms, **_by_analyser(parts), **watch.laps}
        total = watch.total_ms() + sum(workspace.timings_ms.values())
        return result.model_copy(
            update={
                "repository_path": repo_path,
                "timings_ms": {**timings, "total": total},
                "recommendations": recommendations(
                    result.detailed_findings,
                    result.skipped_analysers,
                    result.coverage,
                    unknown_skips=unknown_skips(self._analysers, config),
                ),
            }
        )

    def _result(
        self,
        workspace: Workspace,
        scope: Scope,
        parts: Sequence[_Part],
        found: Sequence[Finding],
        skipped: list[SkippedAnalyser],
    ) -> ReviewResult:
        shown = [finding for finding in found if finding.suppressed_by is None]
        failed = {part.analyser.name for part in parts if part.failure is not None}
        coverage = coverage_of(scope, {part.analyser.name: part.covered for part in parts}, failed)
        changed = workspace.diff.additions + workspace.diff.deletions
        return ReviewResult(
            repository_path="",
            timestamp=self._now(),
            files_analyzed=sum(c.status is not CoverageStatus.SKIPPED for c in coverage),
            issues_found=len(shown),
            security_score=security_score(shown),
            quality_score=quality_score(shown, changed),
            recommendations=[],
            detailed_findings=shown,
            base_sha=workspace.base_sha,
            head_sha=workspace.head_sha,
            coverage=coverage,
            skipped_analysers=skipped,
            suppressed=suppressed_counts(found),
            suppressed_findings=[finding for finding in found if finding.suppressed_by is not None],
        )

    async def _run(self, parts: Sequence[_Part], subject: ReviewSubject, progress: Progress) -> None:
        """Analysers that ask nobody are read while the tool calls of the others run."""
        asking = [part for part in parts if part.steps and part.failure is None]
        quiet = [part for part in parts if not part.steps and part.failure is None]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self._call_tools(asking, progress))
            group.create_task(asyncio.to_thread(_interpret_all, quiet, subject, {}))
        results = running.result()
        _fail_unanswered(asking, results)
        await asyncio.to_thread(_interpret_all, asking, subject, results)

    async def _call_tools(self, parts: Sequence[_Part], progress: Progress) -> Mapping[str, StepResult]:
        steps = [step.model_copy(update={"continue_on_error": True}) for part in parts for step in part.steps]
        if not steps:
            return {}
        owners = {step.name: part.analyser.name for part in parts for step in part.steps}
        ended: list[str] = []
        progress("analysers", f"running {', '.join(dict.fromkeys(owners.values()))}")

        def on_step(result: StepResult) -> None:
            ended.append(result.name)
            state = "done" if result.status is ExecutionStatus.SUCCEEDED else result.status.value
            name = owners.get(result.name, result.name)
            progress("analysers", f"{name} {state} ({len(ended)} of {len(steps)})")

        definition = WorkflowDefinition(
            name="review", steps=steps, timeout=self._timeout_s, max_parallel=self._max_parallel
        )
        try:
            # Without inputs the engine passes arguments on as they stand: they carry a stranger's text.
            outcome: WorkflowResult = await self._engine.run(definition, on_step=on_step)
        except Exception:  # noqa: BLE001 - a bug in the engine must not cost what the other analysers found
            _log.exception("review workflow failed", steps=len(steps))
            return {}
        return outcome.steps


def _registered() -> Sequence[type[Analyser]]:
    from review.analysers import ALL

    return ALL


def _silent(_phase: str, _text: str) -> None:
    """Progress that nobody watches."""


def _planned(analyser: Analyser, subject: ReviewSubject) -> _Part:
    part = _Part(analyser)
    started = monotonic()
    try:
        part.covered = frozenset(file.path for file in subject.diff.files if analyser.covers(file))
        steps = tuple(analyser.plan(subject))
        part.failure = _why_unusable(analyser.name, steps)
        part.steps = () if part.failure else steps
    except AnalyserError as error:
        part.failure = str(error)[:_REASON_CHARS]
    except Exception as error:  # noqa: BLE001 - one analyser's bug must not cost the others
        part.failure = _internal(analyser.name, "plan", error)
    part.spent_ms += (monotonic() - started) * 1000
    return part


def _why_unusable(name: str, steps: Sequence[WorkflowStep]) -> str | None:
    """Checks each plan by itself, so that the joined workflow is one the engine takes."""
    names = [step.name for step in steps]
    if len(set(names)) != len(names) or not all(n == name or n.startswith((f"{name}:", f"{name}.")) for n in names):
        return "internal error: its plan has unusable step names"
    known: set[str] = set()
    for step in steps:
        if not known.issuperset(step.depends_on):
            return "internal error: its plan depends on a step that does not come before"
        known.add(step.name)
    return None


def _fail_unanswered(parts: Collection[_Part], results: Mapping[str, StepResult]) -> None:
    for part in parts:
        for step in part.steps:
            result = results.get(step.name)
            if result is None or result.status is not ExecutionStatus.SUCCEEDED:
                part.failure = (result.reason if result else "") or "its tool call did not end"
                break
        part.spent_ms += sum(results[step.name].duration_ms for step in part.steps if step.name in results)


def _interpret_all(parts: Collection[_Part], subject: ReviewSubject, results: Mapping[str, StepResult]) -> None:
    for part in parts:
        if part.failure is None:
            own = {step.name: results[step.name] for step in part.steps}
            _interpret(part, subject, own)


def _interpret(part: _Part, subject: ReviewSubject, results: Mapping[str, StepResult]) -> None:
    started = monotonic()
    try:
        part.findings = tuple(part.analyser.interpret(subject, results))
    except AnalyserError as error:
        part.failure = str(error)[:_REASON_CHARS]
    except Exception as error:  # noqa: BLE001 - one analyser's bug must not cost the others
        part.failure = _internal(part.analyser.name, "interpret", error)
    part.spent_ms += (monotonic() - started) * 1000


def _internal(name: str, phase: str, error: Exception) -> str:
    _log.error("analyser failed", analyser=name, phase=phase, exc_info=error)
    return f"internal error in {phase} ({type(error).__name__}); the log has the details"


def _judged(parts: Sequence[_Part], filters: Filters, texts: Mapping[str, str]) -> tuple[list[Finding], int]:
    findings = [finding for part in parts if part.failure is None for finding in part.findings]
    proven, dropped = with_proven_fixes(findings, texts, filters.lines)
    return with_fingerprints(filters.mark(proven), filters.lines), dropped


def _by_analyser(parts: Sequence[_Part]) -> dict[str, int]:
    return {part.analyser.name: round(part.spent_ms) for part in parts if part.covered}
