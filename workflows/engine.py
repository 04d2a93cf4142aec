"""Runs workflows: each step starts when all it depends on is done, within limits of number, time and tries."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from workflows import arguments
from workflows.clock import SystemClock
from workflows.errors import ArgumentError, UnknownWorkflowError
from workflows.execution import Execution, OnStep
from workflows.models import (
    ErrorCode,
    ExecutionStatus,
    Outcome,
    StepResult,
    ToolFailure,
    ToolResult,
    WorkflowDefinition,
    WorkflowResult,
    WorkflowStep,
)
from workflows.ports import Clock, ExecutionStore, ToolCaller
from workflows.retry import ErrorHandler
from workflows.store import MemoryExecutionStore
from workflows.validation import check

CALL_GRACE_S = 0.5
"""Seconds a caller may be late with its own time limit before the engine cuts the attempt off."""


class WorkflowEngine:
    """Runs directed acyclic graphs of tool calls.

    Args:
        caller: makes the tool calls.
        store: remembers executions; in memory when not given.
        clock: time for back-off and durations.
    """

    def __init__(self, caller: ToolCaller, store: ExecutionStore | None = None, clock: Clock | None = None) -> None:
        self._caller = caller
        self._store = store or MemoryExecutionStore()
        self._clock = clock or SystemClock()
        self._definitions: dict[str, WorkflowDefinition] = {}
        self._live: dict[str, Execution] = {}

    async def create_workflow(self, definition: WorkflowDefinition) -> str:
        """Check a definition and keep it.

        Returns:
            The id to execute it by.

        Raises:
            GraphError: the steps cannot be put in an order.
            ArgumentError: an argument refers to something that cannot be there when its step starts.
        """
        check(definition)
        workflow_id = uuid.uuid4().hex
        self._definitions[workflow_id] = definition
        return workflow_id

    async def execute_workflow(
        self,
        workflow_id: str,
        inputs: Mapping[str, Any],
        *,
        execution_id: str | None = None,
        on_step: OnStep | None = None,
    ) -> WorkflowResult:
        """Run a created workflow to its end.

        Args:
            workflow_id: as `create_workflow` returned it.
            inputs: values for ``${{ inputs.X }}``.
            execution_id: name for this execution, so that others may ask for its state or cancel it.
            on_step: told of each step's outcome.

        Raises:
            UnknownWorkflowError: no workflow has that id.
        """
        definition = self._definitions.get(workflow_id)
        if definition is None:
            raise UnknownWorkflowError(f"there is no workflow {workflow_id!r}", name=workflow_id)
        return await self._execute(definition, dict(inputs), execution_id, on_step)

    async def get_workflow_status(self, execution_id: str) -> ExecutionStatus:
        """State of an execution.

        Raises:
            UnknownWorkflowError: no execution of that id is known, or it has been forgotten.
        """
        if execution_id in self._live:
            return ExecutionStatus.RUNNING
        result = await self._store.load(execution_id)
        if result is None:
            raise UnknownWorkflowError(f"there is no execution {execution_id!r}", name=execution_id)
        return result.status

    async def cancel_workflow(self, execution_id: str) -> bool:
        """Stop an execution: calls in flight are cancelled, no further step starts.

        Returns:
            Whether there was something to stop.
        """
        execution = self._live.get(execution_id)
        if execution is None or (execution.limit is not None and execution.limit.expired()):
            return False
        execution.cancelled = True
        if execution.limit is not None:
            execution.limit.reschedule(asyncio.get_running_loop().time())
        return True

    async def run(
        self,
        definition: WorkflowDefinition,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_step: OnStep | None = None,
    ) -> WorkflowResult:
        """Run a definition once, to its end.

        Args:
            definition: what to run.
            inputs: values for ``${{ inputs.X }}``. Without inputs no argument is looked at: each is data, passed
                on as it stands, ``${{`` included. Plans that carry text of a repository need this.
            on_step: told of each step's outcome.

        Returns:
            One result per step. A step that failed, was skipped or cut off is in it with its reason. Branches
            that do not depend on a failed step run on.

        Raises:
            GraphError: the steps cannot be put in an order.
            ArgumentError: with inputs: an argument refers to something that cannot be there.
        """
        if inputs is not None:
            check(definition)
        return await self._execute(definition, inputs, None, on_step)

    async def _execute(
        self,
        definition: WorkflowDefinition,
        inputs: Mapping[str, Any] | None,
        execution_id: str | None,
        on_step: OnStep | None,
    ) -> WorkflowResult:
        execution = Execution(
            execution_id or uuid.uuid4().hex,
            definition,
            inputs,
            started=self._clock.monotonic(),
            on_step=on_step,
        )
        self._live[execution.id] = execution
        stopped = "internal error"
        try:
            await self._store.save(execution.running())
            stopped = await self._drive(execution)
        except asyncio.CancelledError:
            execution.cancelled = True
            stopped = "the caller went away"
            raise
        finally:
            del self._live[execution.id]
            result = execution.finish(self._clock.monotonic(), stopped=stopped)
            await self._store.save(result)
        return result

    async def _drive(self, execution: Execution) -> str:
        """Run all steps; returns why it stopped early, or an empty text."""
        try:
            async with asyncio.timeout(0 if execution.cancelled else execution.definition.timeout) as limit:
                execution.limit = limit
                async with asyncio.TaskGroup() as group:
                    self._start_ready(execution, group)
        except TimeoutError:
            if execution.cancelled:
                return "cancelled on request"
            return f"timed out after {execution.definition.timeout} s"
        return ""

    def _start_ready(self, execution: Execution, group: asyncio.TaskGroup) -> None:
        while (name := execution.start_next()) is not None:
            group.create_task(self._carry_out(execution, execution.graph[name], group))

    async def _carry_out(self, execution: Execution, step: WorkflowStep, group: asyncio.TaskGroup) -> None:
        execution.settle(await self._step(execution, step))
        self._start_ready(execution, group)

    async def _step(self, execution: Execution, step: WorkflowStep) -> StepResult:
        started = self._clock.monotonic()
        try:
            filled = self._arguments(execution, step)
        except ArgumentError as error:
            return StepResult(name=step.name, status=ExecutionStatus.FAILED, reason=str(error))
        policy = step.retry_policy or execution.definition.retry_policy
        handler = ErrorHandler(policy, clock=self._clock)
        replay_safe = self._caller.replay_safe(step.mcp_server, step.tool_name)
        attempt = 0
        while True:
            attempt += 1
            execution.attempts[step.name] = attempt
            result = await self._attempt(step, filled)
            if result.ok or not handler.may_repeat(result, attempt, replay_safe=replay_safe):
                break
            wait_s = handler.delay_s(attempt, result.failure.retry_after_s if result.failure else None)
            if self._clock.monotonic() + wait_s >= execution.deadline:
                break
            await self._clock.sleep(wait_s)
        return StepResult(
            name=step.name,
            status=ExecutionStatus.SUCCEEDED if result.ok else ExecutionStatus.FAILED,
            result=result,
            attempts=attempt,
            reason="" if result.ok else _reason(result, attempt),
            duration_ms=round((self._clock.monotonic() - started) * 1000),
        )

    def _arguments(self, execution: Execution, step: WorkflowStep) -> Mapping[str, Any]:
        if execution.inputs is None:
            return step.arguments
        filled = arguments.fill(step.arguments, execution.inputs, execution.outputs(step.name))
        return dict(filled)

    async def _attempt(self, step: WorkflowStep, filled: Mapping[str, Any]) -> ToolResult:
        try:
            async with asyncio.timeout(step.timeout + CALL_GRACE_S):
                return await self._caller.call(step.mcp_server, step.tool_name, filled, timeout_s=float(step.timeout))
        except TimeoutError:
            message = f"{step.mcp_server}.{step.tool_name} did not answer within {step.timeout} s"
            return ToolResult(
                server=step.mcp_server,
                tool=step.tool_name,
                outcome=Outcome.TIMEOUT,
                failure=ToolFailure(code=ErrorCode.TIMEOUT, message=message, retryable=True),
                duration_ms=round((step.timeout + CALL_GRACE_S) * 1000),
            )


def _reason(result: ToolResult, attempts: int) -> str:
    message = result.failure.message if result.failure else f"the call ended as {result.outcome}"
    return message if attempts == 1 else f"{message} ({attempts} attempts)"
