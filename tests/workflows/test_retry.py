from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.errors import CallRefusedError, MCPError, ServerUnavailableError, ToolError
from workflows.models import ErrorCode, Outcome, RetryPolicy, ToolFailure, ToolResult
from workflows.retry import ErrorHandler, ErrorResponse, delay_s


def test_waits_double_up_to_the_cap_when_there_is_no_jitter() -> None:
    policy = RetryPolicy(base_s=0.5, factor=2, cap_s=3, jitter=0)
    assert [delay_s(policy, attempt, 0.7) for attempt in (1, 2, 3, 4, 5)] == [0.5, 1, 2, 3, 3]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.floats(0, 1))
def test_jitter_only_shortens_and_never_more_than_it_may(attempt: int, factor: float, jitter: float) -> None:
    policy = RetryPolicy(base_s=0.5, cap_s=30, jitter=jitter)
    longest = delay_s(policy, attempt, 0.0)
    assert longest * (1 - jitter) - 1e-9 <= delay_s(policy, attempt, factor) <= longest <= 30


def test_the_servers_own_hint_wins() -> None:
    assert delay_s(RetryPolicy(), 1, 0.3, hint_s=7) == 7


async def test_an_operation_is_repeated_with_back_off_until_it_succeeds(clock: Any) -> None:
    tried: list[Mapping[str, Any]] = []

    async def operation(context: Mapping[str, Any]) -> str:
        tried.append(context)
        if len(tried) < 3:
            raise ServerUnavailableError("not yet")
        return "done"

    handler = ErrorHandler(RetryPolicy(base_s=1, jitter=0), clock=clock)
    assert await handler.retry_with_backoff(operation, {"a": 1}) == "done"
    assert tried == [{"a": 1}] * 3
    assert clock.slept == [1, 2]


async def test_the_last_error_is_raised_when_attempts_are_used_up(clock: Any) -> None:
    async def operation(context: Mapping[str, Any]) -> None:
        raise ServerUnavailableError("down")

    with pytest.raises(ServerUnavailableError):
        await ErrorHandler(clock=clock).retry_with_backoff(operation, {}, max_retries=2)
    assert len(clock.slept) == 1


async def test_what_makes_no_sense_to_repeat_is_raised_at_once(clock: Any) -> None:
    async def operation(context: Mapping[str, Any]) -> None:
        raise CallRefusedError("no")

    with pytest.raises(CallRefusedError):
        await ErrorHandler(clock=clock).retry_with_backoff(operation, {})
    assert clock.slept == []


async def test_a_retryable_error_is_handled_by_repeating_its_operation(clock: Any) -> None:
    async def operation(context: Mapping[str, Any]) -> str:
        return f"repeated for {context['who']}"

    error = ServerUnavailableError("down", server="git", operation=operation)
    assert await ErrorHandler(clock=clock).handle_mcp_error(error, {"who": "me"}) == "repeated for me"


async def test_another_error_is_handled_by_describing_it(clock: Any) -> None:
    error = ToolError("bad ref", server="git", tool="git_show")
    answer = await ErrorHandler(clock=clock).handle_mcp_error(error, {"step": "show"})
    assert isinstance(answer, ErrorResponse)
    assert (answer.server, answer.tool, answer.failure.message) == ("git", "git_show", "bad ref")
    assert answer.context == {"step": "show"}


def test_a_server_may_say_that_a_retryable_code_is_final() -> None:
    final = ToolFailure(code=ErrorCode.TIMEOUT, message="too much work", retryable=False)
    assert not MCPError("x", failure=final).is_retryable()
    assert ServerUnavailableError("x").is_retryable()


@pytest.mark.parametrize(
    ("outcome", "safe", "expected"),
    [
        (Outcome.UNAVAILABLE, False, True),
        (Outcome.CRASHED, False, False),
        (Outcome.CRASHED, True, True),
        (Outcome.TIMEOUT, False, False),
        (Outcome.TOOL_ERROR, True, True),
    ],
)
def test_a_call_that_may_have_run_is_repeated_only_when_that_is_harmless(
    outcome: Outcome, safe: bool, expected: bool, failure: Callable[..., ToolResult]
) -> None:
    result = failure(ErrorCode.UNAVAILABLE, outcome)
    assert ErrorHandler().may_repeat(result, 1, replay_safe=safe) is expected


def test_nothing_is_repeated_beyond_the_policy(failure: Callable[..., ToolResult]) -> None:
    handler = ErrorHandler(RetryPolicy(max_attempts=2, retry_on=frozenset({ErrorCode.TIMEOUT})))
    assert handler.may_repeat(failure(ErrorCode.TIMEOUT), 1, replay_safe=True)
    assert not handler.may_repeat(failure(ErrorCode.TIMEOUT), 2, replay_safe=True)
    assert not handler.may_repeat(failure(ErrorCode.UNAVAILABLE), 1, replay_safe=True)
