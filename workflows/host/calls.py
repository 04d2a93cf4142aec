"""One tool call on its way to a server, and how it is settled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.errors import CallTimeoutError, MCPError, ServerLostError, ServerUnavailableError
from workflows.host.answers import Answer
from workflows.host.client import MCPClient


def _future() -> asyncio.Future[Answer]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False, slots=True)
class Call:
    """A call somebody waits for."""

    tool: str
    arguments: Mapping[str, Any]
    limit_s: float
    """Seconds the tool may take once the call is sent."""
    answer: asyncio.Future[Answer] = field(default_factory=_future)
    """Cancelled by a caller that goes away or runs out of time."""
    sent: bool = False
    """Whether the server may have seen it."""

    def succeed(self, answer: Answer) -> None:
        """Hand over the answer, if anybody still waits."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, problem: BaseException) -> None:
        """Hand over what went wrong, if anybody still waits."""
        if not self.answer.done():
            self.answer.set_exception(problem)


async def perform(client: MCPClient, call: Call, server: str) -> bool:
    """Send a call and settle it.

    Args:
        client: an open session.
        call: not settled yet.
        server: name for messages.

    Returns:
        False when the server went away before the call was sent: it is not settled and may be sent to another.
    """
    try:
        client.check_call(call.tool, call.arguments)
        call.sent = True
        async with asyncio.timeout(call.limit_s):
            call.succeed(await client.send_call(call.tool, call.arguments))
    except TimeoutError:
        what = f"{server} did not answer {call.tool!r} within {call.limit_s:g} s"
        call.fail(CallTimeoutError(what, server=server, tool=call.tool))
    except ServerUnavailableError as error:
        call.sent = False
        if client.ended:
            return False
        call.fail(error)
    except MCPError as error:
        call.fail(error)
    except asyncio.CancelledError:
        what = f"{server} was stopped during the call"
        call.fail(ServerLostError(what, server=server, tool=call.tool))
    return True
