import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from workflows.engine import WorkflowEngine
from workflows.errors import ArgumentError, GraphError, UnknownWorkflowError
from workflows.models import (
    ErrorCode,
    ExecutionStatus,
    Outcome,
    RetryPolicy,
    StepResult,
    ToolResult,
    WorkflowDefinition,
    WorkflowStep,
)
from workflows.store import MemoryExecutionStore

OK, FAILED, SKIPPED, CANCELLED = (
    ExecutionStatus.SUCCEEDED,
    ExecutionStatus.FAILED,
    ExecutionStatus.SKIPPED,
    ExecutionStatus.CANCELLED,
)


def step(name: str, *needs: str, **more: Any) -> WorkflowStep:
    return WorkflowStep(**{"name": name, "mcp_server": "s", "tool_name": name, "depends_on": list(needs), **more})


def workflow(*steps: WorkflowStep, **more: Any) -> WorkflowDefinition:
    return WorkflowDefinition(name="test", steps=list(steps), **more)


def statuses(result: Any) -> dict[str, ExecutionStatus]:
    return {name: one.status for name, one in result.steps.items()}


async def test_steps_run_after_what_they_depend_on_and_get_its_output(caller: Any) -> None:
    caller.tools = {
        "a": lambda _: {"head": "abc"},
        "b": lambda arguments: {"got": arguments["head"]},
    }
    definition = workflow(
        step("b", "a", arguments={"head": "${{ steps.a.output.head }}", "repo": "${{ inputs.repo }}"}), step("a")
    )
    result = await WorkflowEngine(caller).run(definition, {"repo": "/r"})
    assert result.status is OK
    assert [tool for tool, _ in caller.calls] == ["a", "b"]
    assert caller.calls[1][1] == {"head": "abc", "repo": "/r"}
    assert result.outputs == {"b": {"got": "abc"}}
    assert list(result.steps) == ["a", "b"]


async def test_without_inputs_arguments_are_data_and_expressions_in_them_are_text(caller: Any) -> None:
    hostile = "run: echo ${{ github.event.issue.title }} ${{ steps.a.output.x }}"
    result = await WorkflowEngine(caller).run(workflow(step("a", arguments={"diff": hostile})))
    assert result.status is OK
    assert caller.calls == [("a", {"diff": hostile})]


async def test_independent_steps_run_side_by_side_up_to_the_limit(caller: Any) -> None:
    async def work() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {}

    caller.tools = {f"n{number}": lambda _: work() for number in range(12)}
    result = await WorkflowEngine(caller).run(workflow(*(step(f"n{number}") for number in range(12)), max_parallel=4))
    assert result.status is OK
    assert caller.most_running == 4


async def test_a_failed_step_skips_what_hangs_on_it_and_nothing_else(
    caller: Any, failure: Callable[..., ToolResult]
) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.DENIED, retryable=False)}
    definition = workflow(step("a"), step("b", "a"), step("c", "b"), step("other"), step("both", "other", "c"))
    result = await WorkflowEngine(caller).run(definition)
    assert statuses(result) == {"a": FAILED, "b": SKIPPED, "c": SKIPPED, "other": OK, "both": SKIPPED}
    assert result.status is FAILED
    assert result.error_message == "step 'a' failed: it is denied"
    assert result.steps["b"].reason == "it depends on 'a', which failed: it is denied"
    assert result.steps["c"].reason == "it depends on 'b', which was skipped because 'a' failed"
    assert {tool for tool, _ in caller.calls} == {"a", "other"}


async def test_a_step_that_may_fail_does_not_fail_the_rest(caller: Any, failure: Callable[..., ToolResult]) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.DENIED, retryable=False)}
    result = await WorkflowEngine(caller).run(workflow(step("a", continue_on_error=True), step("b", "a")))
    assert statuses(result) == {"a": FAILED, "b": OK}
    assert result.status is OK
    assert result.error_message is None


async def test_a_step_that_needs_the_output_of_a_failed_one_says_so(
    caller: Any, failure: Callable[..., ToolResult]
) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.DENIED, retryable=False)}
    definition = workflow(
        step("a", continue_on_error=True), step("b", "a", arguments={"x": "${{ steps.a.output.head }}"})
    )
    result = await WorkflowEngine(caller).run(definition, {})
    assert result.steps["b"].status is FAILED
    assert "there is no 'head'" in result.steps["b"].reason
    assert result.steps["b"].attempts == 0


async def test_a_passing_failure_is_tried_again_with_back_off(
    caller: Any, clock: Any, failure: Callable[..., ToolResult]
) -> None:
    answers = [failure(ErrorCode.RATE_LIMITED, after=4), failure(ErrorCode.UPSTREAM_ERROR), {"ok": True}]
    caller.tools = {"a": lambda _: answers.pop(0)}
    caller.safe = {"a"}
    definition = workflow(step("a"), retry_policy=RetryPolicy(base_s=1, jitter=0))
    result = await WorkflowEngine(caller, clock=clock).run(definition)
    assert result.steps["a"].status is OK
    assert result.steps["a"].attempts == 3
    assert result.steps["a"].duration_ms == 6000
    assert clock.slept == [4, 2]


async def test_attempts_end_with_the_policy_and_the_reason_counts_them(
    caller: Any, clock: Any, failure: Callable[..., ToolResult]
) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.UNAVAILABLE, Outcome.UNAVAILABLE)}
    definition = workflow(step("a", retry_policy=RetryPolicy(max_attempts=4)))
    result = await WorkflowEngine(caller, clock=clock).run(definition)
    assert len(caller.calls) == 4
    assert result.steps["a"].reason == "it is unavailable (4 attempts)"


async def test_a_call_lost_after_dispatch_is_not_repeated_unless_replay_safe(
    caller: Any, clock: Any, failure: Callable[..., ToolResult]
) -> None:
    caller.tools = dict.fromkeys(["safe", "unsafe"], lambda _: failure(ErrorCode.UNAVAILABLE, Outcome.CRASHED))
    caller.safe = {"safe"}
    result = await WorkflowEngine(caller, clock=clock).run(workflow(step("safe"), step("unsafe")))
    assert result.steps["safe"].attempts == 3
    assert result.steps["unsafe"].attempts == 1


async def test_no_attempt_is_waited_for_beyond_the_total_time(
    caller: Any, clock: Any, failure: Callable[..., ToolResult]
) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.RATE_LIMITED, Outcome.UNAVAILABLE, after=3600)}
    result = await WorkflowEngine(caller, clock=clock).run(workflow(step("a"), timeout=60))
    assert result.steps["a"].attempts == 1
    assert clock.slept == []


async def test_the_total_time_cuts_off_and_names_what_is_not_finished(caller: Any) -> None:
    caller.tools = {"slow": lambda _: asyncio.sleep(60), "quick": lambda _: {}}
    definition = workflow(step("quick"), step("slow", timeout=60), step("later", "slow"), timeout=1)
    result = await WorkflowEngine(caller).run(definition)
    assert statuses(result) == {"quick": OK, "slow": CANCELLED, "later": CANCELLED}
    assert result.status is FAILED
    assert result.error_message == "timed out after 1 s; not finished: slow, later"
    assert result.steps["slow"].reason == "cut off: timed out after 1 s"
    assert result.steps["later"].reason == "not started: timed out after 1 s"
    assert caller.running == 0


async def test_an_attempt_whose_caller_forgets_its_limit_is_cut_off(caller: Any) -> None:
    caller.tools = {"a": lambda _: asyncio.sleep(60)}
    result = await WorkflowEngine(caller).run(workflow(step("a", timeout=1)))
    call = result.steps["a"].result
    assert call is not None
    assert call.outcome is Outcome.TIMEOUT
    assert result.steps["a"].reason == "s.a did not answer within 1 s"


async def test_an_execution_can_be_watched_and_cancelled_by_its_id(caller: Any) -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.sleep(60)

    caller.tools = {"a": lambda _: wait()}
    engine = WorkflowEngine(caller)
    workflow_id = await engine.create_workflow(workflow(step("a"), step("b", "a")))
    run = asyncio.create_task(engine.execute_workflow(workflow_id, {}, execution_id="e1"))
    await asyncio.wait_for(begun.wait(), 5)
    assert await engine.get_workflow_status("e1") is ExecutionStatus.RUNNING
    assert await engine.cancel_workflow("e1") is True
    result = await asyncio.wait_for(run, 5)
    assert result.status is CANCELLED
    assert result.error_message == "cancelled on request; not finished: a, b"
    assert await engine.get_workflow_status("e1") is CANCELLED
    assert await engine.cancel_workflow("e1") is False
    assert caller.running == 0


async def test_an_execution_whose_caller_goes_away_is_remembered_as_cancelled(caller: Any) -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.sleep(60)

    caller.tools = {"a": lambda _: wait()}
    engine = WorkflowEngine(caller)
    workflow_id = await engine.create_workflow(workflow(step("a")))
    run = asyncio.create_task(engine.execute_workflow(workflow_id, {}, execution_id="e1"))
    await asyncio.wait_for(begun.wait(), 5)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert await engine.get_workflow_status("e1") is CANCELLED
    assert caller.running == 0


async def test_each_step_is_told_once_the_moment_it_is_known(caller: Any, failure: Callable[..., ToolResult]) -> None:
    caller.tools = {"a": lambda _: failure(ErrorCode.DENIED, retryable=False)}
    told: list[StepResult] = []
    result = await WorkflowEngine(caller).run(workflow(step("a"), step("b", "a"), step("c")), on_step=told.append)
    assert sorted(one.name for one in told) == ["a", "b", "c"]
    assert {one.name: one for one in told} == dict(result.steps)


async def test_a_definition_that_cannot_work_is_refused_when_created(caller: Any) -> None:
    engine = WorkflowEngine(caller)
    with pytest.raises(GraphError, match="circle"):
        await engine.create_workflow(workflow(step("a", "b"), step("b", "a")))
    with pytest.raises(ArgumentError, match="depends on"):
        await engine.create_workflow(workflow(step("a"), step("b", arguments={"x": "${{ steps.a.output.y }}"})))


async def test_unknown_ids_are_errors_that_name_them(caller: Any) -> None:
    engine = WorkflowEngine(caller)
    with pytest.raises(UnknownWorkflowError, match="nope"):
        await engine.execute_workflow("nope", {})
    with pytest.raises(UnknownWorkflowError, match="nope"):
        await engine.get_workflow_status("nope")


async def test_a_bug_in_a_caller_is_loud(caller: Any) -> None:
    def broken(_: object) -> None:
        raise KeyError("bug")

    caller.tools = {"a": broken}
    with pytest.raises(ExceptionGroup) as caught:
        await WorkflowEngine(caller).run(workflow(step("a")))
    assert caught.group_contains(KeyError)


async def test_a_workflow_without_steps_succeeds(caller: Any) -> None:
    result = await WorkflowEngine(caller).run(workflow())
    assert result.status is OK
    assert dict(result.steps) == {}


async def test_a_chain_of_a_thousand_steps_is_no_deep_recursion(
    caller: Any, failure: Callable[..., ToolResult]
) -> None:
    chain = [step("n0"), *(step(f"n{number}", f"n{number - 1}") for number in range(1, 1000))]
    caller.tools = {"n0": lambda _: failure(ErrorCode.DENIED, retryable=False)}
    result = await WorkflowEngine(caller).run(workflow(*chain))
    assert len(result.steps) == 1000
    assert result.steps["n999"].status is SKIPPED
    assert result.steps["n999"].reason == "it depends on 'n998', which was skipped because 'n0' failed"


async def test_a_step_costs_well_below_a_millisecond(caller: Any) -> None:
    definition = workflow(*(step(f"n{number}") for number in range(500)), max_parallel=64)
    await WorkflowEngine(caller).run(definition)
    started = time.process_time()
    await WorkflowEngine(caller).run(definition)
    assert (time.process_time() - started) / 500 < 0.001


async def test_only_the_newest_executions_are_remembered(caller: Any) -> None:
    store = MemoryExecutionStore(capacity=2)
    engine = WorkflowEngine(caller, store)
    workflow_id = await engine.create_workflow(workflow(step("a")))
    for name in ("e1", "e2", "e3"):
        await engine.execute_workflow(workflow_id, {}, execution_id=name)
    assert await store.load("e1") is None
    assert await engine.get_workflow_status("e3") is OK
