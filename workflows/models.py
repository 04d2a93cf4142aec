"""What the engine reads and gives: definitions, steps, results. Frozen values; JSON in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value that travels: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorCode(StrEnum):
    """Why a tool call failed. Source: the servers' common contract, result and error shape."""

    INVALID_ARGUMENT = "invalid_argument"
    NOT_FOUND = "not_found"
    DENIED = "denied"
    AUTH_MISSING = "auth_missing"
    RATE_LIMITED = "rate_limited"
    BUDGET_EXCEEDED = "budget_exceeded"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    UPSTREAM_ERROR = "upstream_error"
    INTERNAL = "internal"


RETRYABLE_CODES = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE, ErrorCode.UPSTREAM_ERROR}
)
"""Codes worth another try, for tools that may safely run twice."""


class Outcome(StrEnum):
    """How one tool call ended, told apart because each asks for something else of the caller."""

    OK = "ok"
    TOOL_ERROR = "tool_error"
    """The tool ran and said no."""
    TIMEOUT = "timeout"
    """Sent, no answer in time: the outcome is unknown."""
    CRASHED = "crashed"
    """The server was lost after the call was sent: the outcome is unknown."""
    REFUSED = "refused"
    """Our own policy said no; nothing was sent."""
    INVALID = "invalid"
    """Arguments or result do not fit the tool's schema."""
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    """The server could not be reached; nothing was sent."""


class ToolFailure(Frozen):
    """Facts of a failed call: what, why, and whether another try makes sense."""

    code: ErrorCode
    message: str
    retryable: bool = False
    retry_after_s: float | None = None
    details: Mapping[str, Any] = Field(default_factory=dict)


class ToolResult(Frozen):
    """The answer of one tool call. A failure is a value, never an exception."""

    server: str
    tool: str
    outcome: Outcome
    content: Mapping[str, Any] = Field(default_factory=dict)
    """The tool's structured result; empty unless the outcome is ``ok``."""
    failure: ToolFailure | None = None
    duration_ms: int = 0

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.outcome is Outcome.OK


class RetryPolicy(Frozen):
    """When and how often a failed step is tried again.

    The wait before attempt ``n + 1`` is ``min(cap_s, base_s * factor ** (n - 1))`` times a random factor in
    ``[1 - jitter, 1]``, or the server's own hint where it gave one.
    """

    max_attempts: int = Field(default=3, ge=1, le=10)
    base_s: float = Field(default=0.5, ge=0)
    factor: float = Field(default=2.0, ge=1)
    cap_s: float = Field(default=30.0, ge=0)
    jitter: float = Field(default=0.5, ge=0, le=1)
    retry_on: frozenset[ErrorCode] = RETRYABLE_CODES


class WorkflowStep(Frozen):
    """One tool call of a workflow."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.:-]{0,99}$")
    mcp_server: str
    tool_name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    depends_on: list[str] = Field(default_factory=list)
    timeout: int = Field(default=60, ge=1, le=3600, description="Seconds for one attempt.")
    continue_on_error: bool = False
    """When true a failure does not fail the execution, and dependants still run."""
    retry_policy: RetryPolicy | None = None
    """Overrides the workflow's policy for this step."""


class WorkflowDefinition(Frozen):
    """A directed acyclic graph of tool calls."""

    name: str
    description: str = ""
    steps: list[WorkflowStep]
    timeout: int = Field(default=300, ge=1, le=86_400, description="Seconds for the whole execution.")
    retry_policy: RetryPolicy = Field(default_factory=RetryPolicy)
    max_parallel: int = Field(default=8, ge=1, le=64)


class ExecutionStatus(StrEnum):
    """State of an execution or of one step."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StepResult(Frozen):
    """How one step ended."""

    name: str
    status: ExecutionStatus
    result: ToolResult | None = None
    attempts: int = 0
    reason: str = ""
    """Why it failed or was skipped, for a person; empty on success."""
    duration_ms: int = 0


class WorkflowResult(Frozen):
    """How an execution ended, step by step."""

    execution_id: str
    workflow: str
    status: ExecutionStatus
    steps: Mapping[str, StepResult]
    outputs: Mapping[str, Any] = Field(default_factory=dict)
    error_message: str | None = None
    started_at: datetime
    completed_at: datetime | None = None
    duration_ms: int = 0


class HealthSample(Frozen):
    """How an MCP server was at one moment, as the health log keeps it."""

    server_name: str
    status: str
    """``healthy``, ``degraded``, ``unhealthy`` or ``offline``."""
    response_time_ms: float = 0.0
    error_message: str | None = None
    checked_at: datetime
