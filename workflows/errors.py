"""What can go wrong in workflows and in tool calls: two trees whose members carry facts as attributes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from workflows.models import RETRYABLE_CODES, ErrorCode, Outcome, ToolFailure

Operation = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""Something that can be done again; it gets the context of the first try."""


class WorkflowError(Exception):
    """A workflow is not valid, not known, or could not be carried out."""

    def is_retryable(self) -> bool:
        """Whether the same request may succeed later without a change by the caller."""
        return False


class GraphError(WorkflowError):
    """The steps are no acyclic graph, or refer to a step that is not there.

    Attributes:
        steps: names of the steps at fault; for a cycle in order, first and last the same.
    """

    def __init__(self, message: str, *, steps: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.steps = steps


class ArgumentError(WorkflowError):
    """An argument refers to something that does not exist.

    Attributes:
        reference: the expression as written, without ``${{ }}``.
    """

    def __init__(self, message: str, *, reference: str) -> None:
        super().__init__(message)
        self.reference = reference


class UnknownWorkflowError(WorkflowError):
    """No workflow or execution of that id or name is known."""

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class UnknownServerError(WorkflowError):
    """No server of that name is in the catalogue."""

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class CatalogueError(WorkflowError):
    """A server manifest is not readable or not valid.

    Attributes:
        source: the file at fault.
    """

    def __init__(self, message: str, *, source: str) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source


class MCPError(Exception):
    """A tool call, or the server behind it, failed.

    Attributes:
        server: name as in the catalogue.
        tool: name of the tool, empty when no call was made.
        failure: code, message and whether another try makes sense.
        operation: does the same again, where the raiser knew how.
    """

    outcome: ClassVar[Outcome] = Outcome.TOOL_ERROR
    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL

    def __init__(
        self,
        message: str,
        *,
        server: str = "",
        tool: str = "",
        failure: ToolFailure | None = None,
        operation: Operation | None = None,
    ) -> None:
        super().__init__(message)
        self.server = server
        self.tool = tool
        self.operation = operation
        self.failure = failure or ToolFailure(code=self.code, message=message, retryable=self.code in RETRYABLE_CODES)

    def is_retryable(self) -> bool:
        """Whether another try makes sense: the code allows it and the server did not say otherwise.

        Source: servers' common contract, result and error shape: ``rate_limited``, ``timeout``,
        ``unavailable`` and ``upstream_error``. It says nothing of whether the call may safely run twice.
        """
        return self.failure.retryable and self.failure.code in RETRYABLE_CODES


class ServerUnavailableError(MCPError):
    """The server could not be reached; nothing was sent."""

    outcome = Outcome.UNAVAILABLE
    code = ErrorCode.UNAVAILABLE


class ServerLostError(MCPError):
    """The server went away after the call was sent: whether the tool ran is unknown."""

    outcome = Outcome.CRASHED
    code = ErrorCode.UNAVAILABLE


class CallTimeoutError(MCPError):
    """The call was sent and not answered in time: whether the tool ran is unknown."""

    outcome = Outcome.TIMEOUT
    code = ErrorCode.TIMEOUT


class ToolError(MCPError):
    """The tool ran, or the server looked at the call, and said no."""

    outcome = Outcome.TOOL_ERROR


class CallRefusedError(MCPError):
    """Our own policy said no; nothing was sent."""

    outcome = Outcome.REFUSED
    code = ErrorCode.DENIED


class InvalidCallError(MCPError):
    """The arguments, or the answer, do not fit the tool's schema."""

    outcome = Outcome.INVALID
    code = ErrorCode.INVALID_ARGUMENT


class AnswerTooLargeError(MCPError):
    """The answer was larger than one message may be; it was dropped."""

    outcome = Outcome.TOO_LARGE
    code = ErrorCode.TOO_LARGE
