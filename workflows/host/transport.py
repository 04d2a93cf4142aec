"""The two streams the MCP SDK wants, over a server process of ours.

Written because the SDK's own stdio transport leaves grandchildren behind, stops at a byte that is not UTF-8, takes
quadratic time for long lines and has no size limit. Importing this module imports the SDK, which takes a second:
only ``client`` does, after the process was started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import ErrorData, JSONRPCError, JSONRPCRequest, JSONRPCResponse, jsonrpc_message_adapter

from workflows.host.framing import MAX_MESSAGE_BYTES, Oversized
from workflows.host.process import ServerProcess

TOO_LARGE_CODE = -32099
"""JSON-RPC error code we put in place of an answer that was too large: the end of the range left to
implementations. Source: JSON-RPC 2.0, error object."""
_YIELD_EVERY = 32


class StdioTransport:
    """Connects the SDK to a started process; leaving it ends the process.

    Attributes:
        garbage: lines that were no JSON-RPC message, dropped and counted.
        oversized: messages over the size limit, dropped and counted.
    """

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.garbage = 0
        self.oversized = 0
        self._unanswered: dict[int | str, None] = {}

    async def __aenter__(self) -> tuple[_Incoming, _Outgoing]:
        """The stream of messages from the server and the one to it."""
        return _Incoming(self), _Outgoing(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        await self.process.stop()

    async def receive(self) -> SessionMessage | None:
        """Next message, or None when the server is gone."""
        while (line := await self.process.read_line()) is not None:
            message = self._answer_for(line) if isinstance(line, Oversized) else self._parse(line)
            if message is not None:
                return message
        return None

    async def send(self, message: SessionMessage) -> None:
        """Send one message.

        Raises:
            anyio.BrokenResourceError: the server is gone.
        """
        body = message.message
        if isinstance(body, JSONRPCRequest):
            self._unanswered[body.id] = None
        text = body.model_dump_json(by_alias=True, exclude_unset=True)
        try:
            await self.process.write(text.encode() + b"\n")
        except OSError as error:
            raise anyio.BrokenResourceError from error

    def _parse(self, line: bytes) -> SessionMessage | None:
        if not line.strip():
            return None
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            # a server that cuts text in the middle of a character is still worth listening to
            try:
                text = line.decode("utf-8", "replace")
                message = jsonrpc_message_adapter.validate_json(text, by_name=False)
            except ValueError:
                self.garbage += 1
                return None
        if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
            self._unanswered.pop(message.id, None)
        return SessionMessage(message)

    def _answer_for(self, line: Oversized) -> SessionMessage | None:
        self.oversized += 1
        request_id = line.answers()
        if request_id is None and len(self._unanswered) == 1 and b'"method"' not in line.head:
            request_id = _only(self._unanswered)
        if request_id is None:
            return None
        self._unanswered.pop(request_id, None)
        message = f"the answer has {line.size_bytes} bytes; at most {MAX_MESSAGE_BYTES} are taken"
        error = ErrorData(code=TOO_LARGE_CODE, message=message)
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=request_id, error=error))


class _Incoming:
    """Messages from the server, as the SDK reads them."""

    def __init__(self, transport: StdioTransport) -> None:
        self._transport = transport
        self._received = 0

    async def receive(self) -> SessionMessage | Exception:
        message = await self._next()
        if message is None:
            raise anyio.EndOfStream
        return message

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        message = await self._next()
        if message is None:
            raise StopAsyncIteration
        return message

    async def aclose(self) -> None:
        """The process is ended by the transport."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `aclose`."""

    async def _next(self) -> SessionMessage | None:
        # a server that talks without end must not keep the loop to itself
        self._received += 1
        if self._received % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        return await self._transport.receive()


class _Outgoing:
    """Messages to the server, as the SDK writes them."""

    def __init__(self, transport: StdioTransport) -> None:
        self._transport = transport

    async def send(self, item: SessionMessage, /) -> None:
        await self._transport.send(item)

    async def aclose(self) -> None:
        """The process is ended by the transport."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `aclose`."""


def _only(ids: Iterable[int | str]) -> int | str:
    return next(iter(ids))
