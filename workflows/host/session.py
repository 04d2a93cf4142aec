"""The MCP SDK's side of one session: negotiation, tool lists, calls, probes, and its errors in our terms.

The only module besides ``transport`` that touches the SDK. Importing it takes a second, so ``client`` does that
while the server starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from jsonschema import SchemaError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from mcp import Client
from mcp import MCPError as SDKError
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REQUEST_TIMEOUT,
    CallToolResult,
    DiscoverResult,
    Implementation,
)
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from workflows.errors import (
    AnswerTooLargeError,
    CallTimeoutError,
    InvalidCallError,
    MCPError,
    ServerLostError,
    ServerUnavailableError,
    ToolError,
)
from workflows.host import answers
from workflows.host.answers import Answer
from workflows.host.models import ToolDefinition
from workflows.host.process import ServerProcess
from workflows.host.transport import TOO_LARGE_CODE, StdioTransport
from workflows.models import ErrorCode, ToolFailure

_CLIENT = Implementation(name="patchwarden", version="1")
_MAX_PAGES = 100
_MAX_TOOLS = 1000


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was negotiated with a server; remembered so that the next start need not ask again."""

    mode: str
    """``legacy``, or a protocol version of the stateless era."""
    discovered: DiscoverResult | None


class Session:
    """An open session. Its methods may be called from any task of the loop.

    Attributes:
        agreement: what was negotiated.
    """

    def __init__(self, name: str, client: Client, transport: StdioTransport) -> None:
        self._name = name
        self._client = client
        self._transport = transport
        self._process = transport.process
        self._tools: dict[str, ToolDefinition] = {}
        self._validators: dict[str, Validator] = {}
        discovered = client.session.discover_result
        self.agreement = Agreement("legacy" if discovered is None else client.protocol_version, discovered)

    @classmethod
    async def open(
        cls, name: str, process: ServerProcess, agreement: Agreement | None, stack: AsyncExitStack
    ) -> Session:
        """Negotiate with a started process.

        Args:
            name: of the server, for messages.
            process: started; leaving the stack ends it.
            agreement: of an earlier session with the same server.
            stack: entered by the task that will leave it.

        Raises:
            ServerUnavailableError: it ended or answered with an error.
        """
        transport = StdioTransport(process)
        client = Client(
            transport,
            mode="auto" if agreement is None else agreement.mode,
            prior_discover=None if agreement is None else agreement.discovered,
            client_info=_CLIENT,
            cache=None,
        )
        try:
            await stack.enter_async_context(client)
        except (SDKError, ValidationError) as error:
            raise _unavailable(name, process, error) from error
        except ExceptionGroup as group:
            # the SDK's task group wraps what went wrong inside it; anything unexpected stays a group
            _, unexpected = group.split((SDKError, ValidationError))
            if unexpected is not None:
                raise
            raise _unavailable(name, process, _first(group)) from group
        return cls(name, client, transport)

    @property
    def protocol_version(self) -> str:
        """As negotiated."""
        return self._client.protocol_version

    @property
    def garbage_lines(self) -> int:
        """Lines the server wrote to its output that were no messages."""
        return self._transport.garbage

    async def list_tools(self) -> dict[str, ToolDefinition]:
        """Ask for the tools, page by page; remembers them for checking calls.

        Raises:
            ServerUnavailableError: no usable answer.
        """
        found: dict[str, ToolDefinition] = {}
        cursor: str | None = None
        try:
            for _ in range(_MAX_PAGES):
                page = await self._client.list_tools(cursor=cursor)
                for tool in page.tools[: _MAX_TOOLS - len(found)]:
                    found[tool.name] = ToolDefinition(
                        name=tool.name,
                        title=tool.title,
                        description=tool.description or "",
                        input_schema=tool.input_schema,
                        output_schema=tool.output_schema,
                        annotations={} if tool.annotations is None else tool.annotations.model_dump(),
                    )
                cursor = page.next_cursor
                if cursor is None or len(found) >= _MAX_TOOLS:
                    break
        except (SDKError, ValidationError) as error:
            raise _unavailable(self._name, self._process, error) from error
        self._validators = {
            name: validator
            for name, validator in self._validators.items()
            if name in found and found[name].input_schema == self._tools[name].input_schema
        }
        self._tools = found
        return found

    def check(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """Find out whether a call can be sent; nothing is sent.

        Raises:
            ToolError: the server has no such tool.
            InvalidCallError: the arguments do not fit the tool's input schema.
        """
        if tool not in self._tools:
            failure = ToolFailure(code=ErrorCode.NOT_FOUND, message=f"the server offers no tool {tool!r}")
            raise ToolError(failure.message, server=self._name, tool=tool, failure=failure)
        validator = self._validators.get(tool) or self._validator(tool)
        try:
            problem = best_match(validator.iter_errors(dict(arguments)))
        except (Unresolvable, re.error, RecursionError) as error:
            raise self._misfit(f"the server's input schema cannot be used: {str(error)[:300]}", tool) from error
        if problem is not None:
            where = "".join(f"[{part!r}]" for part in problem.absolute_path)
            raise InvalidCallError(f"arguments{where}: {problem.message[:500]}", server=self._name, tool=tool)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        """Send a call and wait for its answer.

        Raises:
            MCPError: of the kind that tells what happened.
        """
        try:
            result = await self._client.call_tool(tool, dict(arguments))
        except SDKError as error:
            raise self._sorted(error, tool) from error
        except (PydanticSerializationError, UnicodeEncodeError) as error:
            raise InvalidCallError(
                f"the arguments cannot be sent as JSON: {str(error)[:300]}", server=self._name, tool=tool
            ) from error
        except (ValidationError, RuntimeError) as error:
            raise self._misfit(f"the answer does not fit: {str(error)[:500]}", tool) from error
        return self._unpacked(result, tool)

    async def probe(self) -> None:
        """Ask for a sign of life: ping is gone from the stateless era, discovery does not exist before it.

        Raises:
            ServerUnavailableError: it gave none.
        """
        session = self._client.session
        try:
            if self.agreement.discovered is None:
                await session.send_ping()
            else:
                await session.send_discover(self.agreement.mode)
        except SDKError as error:
            raise _unavailable(self._name, self._process, error) from error

    def _validator(self, tool: str) -> Validator:
        schema = dict(self._tools[tool].input_schema)
        kind = validator_for(schema)
        try:
            kind.check_schema(schema)
        except SchemaError as error:
            raise self._misfit(f"the server's input schema is not valid: {error.message[:300]}", tool) from error
        # an empty registry: a reference to elsewhere is never fetched
        validator = self._validators[tool] = kind(schema, registry=Registry())
        return validator

    def _unpacked(self, result: CallToolResult, tool: str) -> Answer:
        texts = [block.text for block in result.content if block.type == "text"]
        if result.is_error:
            failure = answers.failure(texts)
            raise ToolError(failure.message, server=self._name, tool=tool, failure=failure)
        return answers.answer(result.structured_content, texts)

    def _sorted(self, error: SDKError, tool: str) -> MCPError:
        message = str(error)[:500]
        if error.code == CONNECTION_CLOSED and self._process.ended:
            what = f"{self._name} {self._process.last_words()} during the call"
            return ServerLostError(what, server=self._name, tool=tool)
        if error.code == TOO_LARGE_CODE:
            return AnswerTooLargeError(message, server=self._name, tool=tool)
        if error.code == REQUEST_TIMEOUT:
            return CallTimeoutError(message, server=self._name, tool=tool)
        if error.code == INVALID_PARAMS:
            return InvalidCallError(message, server=self._name, tool=tool)
        code = ErrorCode.NOT_FOUND if error.code == METHOD_NOT_FOUND else ErrorCode.INTERNAL
        failure = ToolFailure(code=code, message=message)
        return ToolError(message, server=self._name, tool=tool, failure=failure)

    def _misfit(self, message: str, tool: str) -> InvalidCallError:
        failure = ToolFailure(code=ErrorCode.INTERNAL, message=message)
        return InvalidCallError(message, server=self._name, tool=tool, failure=failure)


def _first(group: ExceptionGroup) -> Exception:
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _unavailable(name: str, process: ServerProcess, error: Exception) -> ServerUnavailableError:
    if process.ended:
        return ServerUnavailableError(f"{name} {process.last_words()}", server=name)
    kind = "breaks the protocol" if isinstance(error, ValidationError) else "answered with an error"
    return ServerUnavailableError(f"{name} {kind}: {str(error)[:300]}", server=name)
