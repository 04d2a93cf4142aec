"""One execution in progress: which steps may start, which are done, and what came of the whole."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from workflows.graph import Graph
from workflows.models import ExecutionStatus, StepResult, WorkflowDefinition, WorkflowResult

OnStep = Callable[[StepResult], None]


class Execution:
    """Book-keeping of one run; it starts nothing and waits for nothing.

    Args:
        execution_id: chosen by the caller.
        definition: what is run.
        inputs: values for ``${{ inputs.X }}``, or None when the arguments are data, passed on as they stand.
        started: monotonic seconds.
        on_step: told of each step the moment its outcome is known.
    """

    def __init__(
        self,
        execution_id: str,
        definition: WorkflowDefinition,
        inputs: Mapping[str, Any] | None,
        *,
        started: float,
        on_step: OnStep | None = None,
    ) -> None:
        self.id = execution_id
        self.definition = definition
        self.graph = Graph(definition.steps)
        self.inputs = inputs
        self.deadline = started + definition.timeout
        self.limit: asyncio.Timeout | None = None
        self.cancelled = False
        self.results: dict[str, StepResult] = {}
        self.attempts: dict[str, int] = {}
        self._finished = 0
        self._causes: dict[str, str] = {}
        self._started = started
        self._started_at = datetime.now(UTC)
        self._on_step = on_step
        self._missing = {name: len(self.graph.needs(name)) for name in self.graph.order}
        self._ready = deque(name for name in self.graph.order if not self._missing[name])

    def start_next(self) -> str | None:
        """Name of a step to start now, or None when none is ready or no slot is free."""
        active = len(self.attempts) - self._finished
        if not self._ready or active >= self.definition.max_parallel:
            return None
        name = self._ready.popleft()
        self.attempts[name] = 0
        return name

    def settle(self, result: StepResult) -> None:
        """Record how a step ended; what hangs on it becomes ready, or is skipped with it."""
        self._finished += 1
        settled = deque([result])
        while settled:
            result = settled.popleft()
            self.results[result.name] = result
            if self._on_step is not None:
                self._on_step(result)
            for dependant in self.graph.dependants(result.name):
                self._missing[dependant] -= 1
                if self._missing[dependant]:
                    continue
                reason = self._why_skipped(dependant)
                if reason is None:
                    self._ready.append(dependant)
                else:
                    settled.append(StepResult(name=dependant, status=ExecutionStatus.SKIPPED, reason=reason))

    def outputs(self, name: str) -> dict[str, Mapping[str, Any]]:
        """Content of every step that was finished before this one; empty where a step failed."""
        found: dict[str, Mapping[str, Any]] = {}
        for ancestor in self.graph.ancestors(name):
            result = self.results[ancestor].result
            found[ancestor] = {} if result is None else result.content
        return found

    def running(self) -> WorkflowResult:
        """The state to remember while it runs."""
        return WorkflowResult(
            execution_id=self.id,
            workflow=self.definition.name,
            status=ExecutionStatus.RUNNING,
            steps=dict(self.results),
            started_at=self._started_at,
        )

    def finish(self, now: float, *, stopped: str = "") -> WorkflowResult:
        """The final result.

        Args:
            now: monotonic seconds.
            stopped: why steps without a result have none; empty when all have one.
        """
        unfinished = [name for name in self.graph.order if name not in self.results]
        for name in unfinished:
            begun = name in self.attempts
            self.results[name] = StepResult(
                name=name,
                status=ExecutionStatus.CANCELLED,
                attempts=self.attempts.get(name, 0),
                reason=f"cut off: {stopped}" if begun else f"not started: {stopped}",
            )
            if self._on_step is not None:
                self._on_step(self.results[name])
        status, error = self._verdict(stopped, unfinished)
        return WorkflowResult(
            execution_id=self.id,
            workflow=self.definition.name,
            status=status,
            steps={name: self.results[name] for name in self.graph.order},
            outputs=self._final_outputs(),
            error_message=error,
            started_at=self._started_at,
            completed_at=datetime.now(UTC),
            duration_ms=round((now - self._started) * 1000),
        )

    def _verdict(self, stopped: str, unfinished: list[str]) -> tuple[ExecutionStatus, str | None]:
        if stopped:
            named = f"; not finished: {', '.join(unfinished)}" if unfinished else ""
            status = ExecutionStatus.CANCELLED if self.cancelled else ExecutionStatus.FAILED
            return status, f"{stopped}{named}"
        failed = [name for name, result in self.results.items() if self._fails(result)]
        if failed:
            first = self.results[failed[0]]
            more = f" (also failed: {', '.join(failed[1:])})" if failed[1:] else ""
            return ExecutionStatus.FAILED, f"step {first.name!r} failed: {first.reason}{more}"
        return ExecutionStatus.SUCCEEDED, None

    def _final_outputs(self) -> dict[str, Any]:
        # the outputs of a workflow are those nobody inside it consumed
        return {
            name: result.result.content
            for name, result in self.results.items()
            if result.result is not None and result.result.ok and not self.graph.dependants(name)
        }

    def _fails(self, result: StepResult) -> bool:
        return result.status is ExecutionStatus.FAILED and not self.graph[result.name].continue_on_error

    def _why_skipped(self, name: str) -> str | None:
        for need in self.graph.needs(name):
            result = self.results[need]
            if self._fails(result):
                self._causes[name] = need
                return f"it depends on {need!r}, which failed: {result.reason}"
            if result.status is ExecutionStatus.SKIPPED:
                # the first cause, not the chain of reasons: a long one would grow with each link
                cause = self._causes[name] = self._causes[need]
                return f"it depends on {need!r}, which was skipped because {cause!r} failed"
        return None
