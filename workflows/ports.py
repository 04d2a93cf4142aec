"""What the engine needs of the outside: one protocol each, implemented elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from workflows.models import HealthSample, ToolResult, WorkflowResult


class ToolCaller(Protocol):
    """Calls a tool of a named server. The engine knows nothing else of MCP."""

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> ToolResult:
        """Call one tool once.

        Args:
            server: name as in the catalogue, such as ``enhanced-git``.
            tool: name as in the server's contract.
            arguments: JSON values.
            timeout_s: seconds, queueing included.

        Returns:
            The result; failures are values. Only cancellation raises.
        """
        ...

    def replay_safe(self, server: str, tool: str) -> bool:
        """Whether our manifest says the call may be sent again when its outcome is unknown."""
        ...


class ExecutionStore(Protocol):
    """Where executions are remembered."""

    async def save(self, result: WorkflowResult) -> None:
        """Store or replace the state of one execution."""
        ...

    async def load(self, execution_id: str) -> WorkflowResult | None:
        """Read one execution, or None."""
        ...


class Clock(Protocol):
    """Time and waiting, so that tests can wind it by hand."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class HealthLog(Protocol):
    """Where the health of servers is remembered."""

    async def record(self, sample: HealthSample) -> None:
        """Store one sample."""
        ...
