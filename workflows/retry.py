"""When to try again and how long to wait: back-off under a retry policy, with clock and chance handed in."""

from __future__ import annotations

import random as chance
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from workflows.clock import SystemClock
from workflows.errors import MCPError
from workflows.models import Frozen, Outcome, RetryPolicy, ToolFailure, ToolResult
from workflows.ports import Clock

T = TypeVar("T")


class ErrorResponse(Frozen):
    """What is told of an error that was not retried, or not any more."""

    server: str
    tool: str
    failure: ToolFailure
    context: Mapping[str, Any]


def delay_s(policy: RetryPolicy, attempt: int, factor: float, hint_s: float | None = None) -> float:
    """Seconds to wait after a failed attempt.

    Args:
        policy: base, growth, cap and jitter.
        attempt: the attempt that failed, from 1.
        factor: chance in ``[0, 1)``; 0 gives the longest wait.
        hint_s: the server's own wish, which wins.
    """
    if hint_s is not None:
        return max(0.0, hint_s)
    # the exponent is bounded so that a large attempt number cannot overflow before the cap is applied
    longest = min(policy.cap_s, policy.base_s * policy.factor ** min(attempt - 1, 64))
    return longest * (1.0 - policy.jitter * factor)


class ErrorHandler:
    """Tries again what may be tried again, and says what is wrong with the rest."""

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._policy = policy or RetryPolicy()
        self._clock = clock or SystemClock()
        self._random = random

    async def handle_mcp_error(self, error: MCPError, context: Mapping[str, Any]) -> Any:
        """Repeat the failed operation when that makes sense, else describe the error.

        Returns:
            What the operation returned, or an `ErrorResponse`.

        Raises:
            MCPError: the repeated operation failed for the last time.
        """
        if error.is_retryable() and error.operation is not None:
            return await self.retry_with_backoff(error.operation, context)
        return self.create_error_response(error, context)

    async def retry_with_backoff(
        self,
        operation: Callable[[Mapping[str, Any]], Awaitable[T]],
        context: Mapping[str, Any],
        max_retries: int | None = None,
    ) -> T:
        """Run an operation until it succeeds, fails for good, or the attempts are used up.

        Args:
            operation: what to do; it gets the context.
            context: facts for the operation.
            max_retries: number of attempts in all; the policy's when not given.

        Raises:
            MCPError: of the last attempt.
        """
        attempts = self._policy.max_attempts if max_retries is None else max(1, max_retries)
        for attempt in range(1, attempts):
            try:
                return await operation(context)
            except MCPError as error:
                if not error.is_retryable() or error.failure.code not in self._policy.retry_on:
                    raise
                await self._clock.sleep(self.delay_s(attempt, error.failure.retry_after_s))
        return await operation(context)

    def create_error_response(self, error: MCPError, context: Mapping[str, Any]) -> ErrorResponse:
        """The error as a value, for a person or a log."""
        return ErrorResponse(server=error.server, tool=error.tool, failure=error.failure, context=dict(context))

    def delay_s(self, attempt: int, hint_s: float | None = None) -> float:
        """Seconds to wait after a failed attempt, counted from 1."""
        return delay_s(self._policy, attempt, self._random(), hint_s)

    async def wait(self, attempt: int, hint_s: float | None = None) -> None:
        """Wait after a failed attempt, counted from 1."""
        await self._clock.sleep(self.delay_s(attempt, hint_s))

    def may_repeat(self, result: ToolResult, attempt: int, *, replay_safe: bool) -> bool:
        """Whether a failed call is worth another attempt and harmless to repeat.

        A call that never left may always be repeated; one that may have run only when our manifest says so.
        """
        failure = result.failure
        return (
            failure is not None
            and attempt < self._policy.max_attempts
            and failure.retryable
            and failure.code in self._policy.retry_on
            and (replay_safe or result.outcome is Outcome.UNAVAILABLE)
        )
