"""Executions remembered in this process only: the default ``ExecutionStore``."""

from __future__ import annotations

from workflows.models import WorkflowResult


class MemoryExecutionStore:
    """Keeps the newest executions; older ones are forgotten.

    Args:
        capacity: number of executions kept.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._results: dict[str, WorkflowResult] = {}

    async def save(self, result: WorkflowResult) -> None:
        """Store or replace the state of one execution."""
        self._results.pop(result.execution_id, None)
        self._results[result.execution_id] = result
        while len(self._results) > self._capacity:
            del self._results[next(iter(self._results))]

    async def load(self, execution_id: str) -> WorkflowResult | None:
        """Read one execution, or None."""
        return self._results.get(execution_id)
