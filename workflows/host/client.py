"""One connection to one MCP server: starts it, opens a session, calls its tools, asks how it is.

A client belongs to the task that entered it; other tasks may call tools while that task keeps it open.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workflows.errors import MCPError, ServerUnavailableError
from workflows.host.models import HealthStatus, MCPServerConfig, MCPServerStatus, Profile, ToolDefinition
from workflows.host.process import ServerProcess

if TYPE_CHECKING:
    from workflows.host.answers import Answer
    from workflows.host.session import Agreement, Session

_PROBE_S = 10.0


class MCPClient:
    """A server process of our own and the session with it.

    Args:
        scratch: folder, made if needed, for the run's own folders.
        environment: where variables named by the manifest are taken from.
        profile: handed to servers that ask for it.
        agreement: what an earlier session with the same server negotiated.

    Attributes:
        failure: why `initialize` returned false.
    """

    def __init__(
        self,
        *,
        scratch: Path,
        environment: Mapping[str, str],
        profile: Profile = Profile.PR_REVIEW,
        agreement: Agreement | None = None,
    ) -> None:
        self._scratch = scratch
        self._environment = environment
        self._profile = profile
        self._agreement = agreement
        self.failure: MCPError | None = None
        self._name = "the server"
        self._process: ServerProcess | None = None
        self._session: Session | None = None
        self._stack = AsyncExitStack()
        self._on_end: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Close the session and end the process, whatever state they are in."""
        return await self._stack.__aexit__(kind, error, trace)

    @property
    def ended(self) -> bool:
        """Whether the server is gone, or was never there."""
        return self._process is None or self._process.ended

    @property
    def process(self) -> ServerProcess | None:
        """The process; None before the start."""
        return self._process

    @property
    def agreement(self) -> Agreement | None:
        """What was negotiated."""
        return self._agreement if self._session is None else self._session.agreement

    @property
    def protocol_version(self) -> str | None:
        """As negotiated; None without a session."""
        return None if self._session is None else self._session.protocol_version

    @property
    def garbage_lines(self) -> int:
        """Lines the server wrote to its output that were no messages."""
        return 0 if self._session is None else self._session.garbage_lines

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call this once when the server goes away; to be set before `initialize`."""
        self._on_end = callback

    async def initialize(self, server_config: MCPServerConfig) -> bool:
        """Start the server and open a session with it.

        Returns:
            Whether it is ready for calls. When not, ``failure`` says why.
        """
        self._name = server_config.name
        try:
            async with asyncio.timeout(server_config.start_timeout):
                self._session = await self._open(server_config)
                await self._session.list_tools()
        except TimeoutError:
            what = f"{self._name} was not ready within {server_config.start_timeout} s"
            self.failure = ServerUnavailableError(what, server=self._name)
        except MCPError as error:
            self.failure = error
        return self.failure is None

    async def call_tool(self, tool_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call one tool and wait for its answer, however long that takes.

        Raises:
            InvalidCallError: the arguments or the answer do not fit the schema.
            ToolError: the tool said no, or there is no such tool.
            ServerUnavailableError: the server was gone before the call was sent.
            ServerLostError: it went away after that.
            AnswerTooLargeError: the answer was larger than a message may be.
        """
        self.check_call(tool_name, arguments)
        return (await self.send_call(tool_name, arguments)).content

    def check_call(self, tool_name: str, arguments: Mapping[str, Any]) -> None:
        """The first half of `call_tool`: find out whether the call can be sent, without sending it."""
        self._live().check(tool_name, arguments)

    async def send_call(self, tool_name: str, arguments: Mapping[str, Any]) -> Answer:
        """The second half of `call_tool`: send a checked call and wait for its answer."""
        return await self._live().call(tool_name, arguments)

    async def health_check(self) -> HealthStatus:
        """Ask the server for a sign of life, in the way its protocol era has for it."""
        started = time.perf_counter()
        problem: str | None = None
        try:
            async with asyncio.timeout(_PROBE_S):
                await self._live().probe()
        except TimeoutError:
            problem = f"did not answer within {_PROBE_S:g} s"
        except MCPError as error:
            problem = str(error)
        return HealthStatus(
            status=MCPServerStatus.HEALTHY if problem is None else MCPServerStatus.UNHEALTHY,
            response_time_ms=(time.perf_counter() - started) * 1000,
            last_check=datetime.now(UTC),
            error_message=problem,
            uptime_percentage=100.0 if problem is None else 0.0,
            protocol_version=self.protocol_version,
        )

    async def list_tools(self) -> list[ToolDefinition]:
        """The tools the server offers now, asked afresh.

        Raises:
            ServerUnavailableError: there is no session, or no usable answer.
        """
        return list((await self._live().list_tools()).values())

    async def _open(self, config: MCPServerConfig) -> Session:
        process = ServerProcess(config, scratch=self._scratch, environment=self._environment, profile=self._profile)
        self._process = process
        self._stack.push_async_callback(process.stop)
        if self._on_end is not None:
            process.on_end(self._on_end)
        await process.start()
        # the SDK takes a second to import, and so does the server: side by side
        await asyncio.to_thread(importlib.import_module, "workflows.host.session")
        from workflows.host.session import Session

        return await Session.open(config.name, process, self._agreement, self._stack)

    def _live(self) -> Session:
        if self._session is None or self.ended:
            raise ServerUnavailableError(f"{self._name} is not running", server=self._name)
        return self._session
