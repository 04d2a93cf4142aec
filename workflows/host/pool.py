"""All servers behind one door: checks whether a call is allowed, passes it on, and tells outcomes apart.

Importing this module does not import the MCP SDK; starting a server does.
"""

from __future__ import annotations

import asyncio
import random as chance
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from workflows.errors import CallRefusedError, CallTimeoutError, MCPError, ServerUnavailableError, UnknownServerError
from workflows.host import policy
from workflows.host.calls import Call
from workflows.host.client import MCPClient
from workflows.host.models import HealthStatus, MCPServerConfig, MCPServerStatus, Profile, ToolDefinition
from workflows.host.owner import ServerOwner
from workflows.host.restarts import Restarts
from workflows.models import Outcome, ToolResult

if TYPE_CHECKING:
    from workflows.host.answers import Answer
    from workflows.host.session import Agreement

_log = structlog.get_logger(__name__)


class ServerPool:
    """Long-lived servers, each started by its first call and started again when it dies. A ``ToolCaller``.

    Args:
        configs: the catalogue.
        scratch: folder, made if needed, for the servers' own folders.
        environment: where variables named by the manifests are taken from.
        profile: on whose behalf calls are made.
        approvals: pairs of server and tool a person has allowed, for effects that need asking.
        random: chance for the jitter of back-off.
    """

    def __init__(
        self,
        configs: Iterable[MCPServerConfig],
        *,
        scratch: Path,
        environment: Mapping[str, str],
        profile: Profile = Profile.PR_REVIEW,
        approvals: Collection[tuple[str, str]] = (),
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._profile = profile
        self._approvals = approvals

        def connect(agreement: Agreement | None) -> MCPClient:
            return MCPClient(scratch=scratch, environment=environment, profile=profile, agreement=agreement)

        self._owners = {
            config.name: ServerOwner(config, connect, Restarts(time.monotonic, random), time.monotonic)
            for config in configs
        }

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        configs: Iterable[MCPServerConfig],
        *,
        scratch: Path,
        environment: Mapping[str, str],
        profile: str = Profile.PR_REVIEW,
        approvals: Collection[tuple[str, str]] = (),
    ) -> AsyncIterator[ServerPool]:
        """A pool that leaves no process behind.

        Raises:
            ValueError: there is no such profile.
        """
        pool = cls(configs, scratch=scratch, environment=environment, profile=Profile(profile), approvals=approvals)
        try:
            pool.prestart(*(name for name, owner in pool._owners.items() if not owner.config.lazy))
            yield pool
        finally:
            await pool.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the servers in the catalogue."""
        return tuple(self._owners)

    def config(self, server: str) -> MCPServerConfig:
        """The manifest of a server.

        Raises:
            UnknownServerError: there is no such server.
        """
        return self._owner(server).config

    def prestart(self, *names: str) -> None:
        """Start servers now, without waiting for them; unknown names are left to the call that uses them."""
        for name in names:
            if name in self._owners:
                self._owners[name].want()

    async def close(self) -> None:
        """End every server and wait until it is gone."""
        await asyncio.gather(*(owner.stop() for owner in self._owners.values()))

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> ToolResult:
        """Call one tool once; see ``ToolCaller``.

        The time limit counts from here, queue and start of the server included; the tool's own limit of the
        manifest, if smaller, counts from when the call is sent.
        """
        started = time.monotonic()
        answer: Answer | None = None
        error: MCPError | None = None
        try:
            answer = await self._answer(server, tool, arguments, timeout_s)
        except MCPError as raised:
            error = raised
        duration_ms = round((time.monotonic() - started) * 1000)
        outcome = Outcome.OK if error is None else error.outcome
        _log.info(
            "tool_call",
            server=server,
            tool=tool,
            outcome=outcome.value,
            code=None if error is None else error.failure.code.value,
            duration_ms=duration_ms,
            bytes=0 if answer is None else answer.size_characters,
        )
        return ToolResult(
            server=server,
            tool=tool,
            outcome=outcome,
            content={} if answer is None else answer.content,
            failure=None if error is None else error.failure,
            duration_ms=duration_ms,
        )

    def replay_safe(self, server: str, tool: str) -> bool:
        """Whether our manifest says the call may be sent again when its outcome is unknown."""
        owner = self._owners.get(server)
        known = None if owner is None else owner.config.tools.get(tool)
        return known is not None and known.replay_safe

    async def list_tools(self, server: str) -> list[ToolDefinition]:
        """The tools a server offers now; starts it if needed.

        Raises:
            UnknownServerError: there is no such server.
            ServerUnavailableError: it did not come up in time or gave no usable answer.
        """
        owner = self._owner(server)
        limit_s = owner.config.start_timeout + owner.config.timeout
        try:
            async with asyncio.timeout(limit_s):
                return await owner.list_tools()
        except TimeoutError as error:
            raise ServerUnavailableError(
                f"{server} did not list its tools within {limit_s} s", server=server
            ) from error

    async def check(self, server: str) -> HealthStatus:
        """Start a server if needed, and find out whether it offers every tool we require.

        Raises:
            UnknownServerError: there is no such server.
        """
        owner = self._owner(server)
        started = time.monotonic()
        problem: str | None
        try:
            offered = {tool.name for tool in await self.list_tools(server)}
        except MCPError as error:
            problem, status = str(error), MCPServerStatus.OFFLINE
        else:
            missing = [name for name, tool in owner.config.tools.items() if tool.required and name not in offered]
            status = MCPServerStatus.UNHEALTHY if missing else owner.health().status
            problem = f"required tools are missing: {', '.join(missing)}" if missing else None
        return owner.health().model_copy(
            update={
                "status": status,
                "error_message": problem,
                "response_time_ms": (time.monotonic() - started) * 1000,
                "last_check": datetime.now(UTC),
            }
        )

    async def probe(self, server: str) -> HealthStatus:
        """Ask a running server for a sign of life; a server that is not running is not started.

        Raises:
            UnknownServerError: there is no such server.
        """
        return await self._owner(server).probe()

    def status(self, server: str) -> HealthStatus:
        """What is known of a server without asking it.

        Raises:
            UnknownServerError: there is no such server.
        """
        return self._owner(server).health()

    def statuses(self) -> dict[str, HealthStatus]:
        """What is known of every server without asking them."""
        return {name: owner.health() for name, owner in self._owners.items()}

    def busy(self, server: str) -> bool:
        """Whether calls are queued or running."""
        return self._owner(server).busy

    def last_ok(self, server: str) -> float | None:
        """Monotonic seconds of the last successful answer; None before the first."""
        return self._owner(server).last_ok

    def restart(self, server: str) -> None:
        """Replace a server's process; one that was never used stays unused."""
        self._owner(server).restart()

    def revive(self, server: str) -> None:
        """Have a server that was lost started again when its back-off allows, or one that hangs replaced."""
        self._owner(server).revive()

    def stderr(self, server: str) -> tuple[str, ...]:
        """The last lines a server wrote to its standard error. Text from outside: escape before showing."""
        return self._owner(server).stderr

    def pid(self, server: str) -> int | None:
        """Process id of a server while it runs."""
        return self._owner(server).pid

    async def _answer(self, server: str, tool: str, arguments: Mapping[str, Any], timeout_s: float) -> Answer:
        owner = self._owners.get(server)
        if owner is None:
            raise CallRefusedError(f"there is no server {server!r} in the catalogue", server=server, tool=tool)
        refused = policy.refusal(owner.config, tool, self._profile, self._approvals)
        if refused is not None:
            raise CallRefusedError(refused, server=server, tool=tool)
        call = Call(tool, arguments, owner.config.tools[tool].timeout or float(owner.config.timeout))
        owner.submit(call)
        try:
            async with asyncio.timeout(timeout_s):
                return await call.answer
        except TimeoutError as error:
            if call.sent:
                what = f"{server} did not answer {tool!r} within {timeout_s:g} s"
                raise CallTimeoutError(what, server=server, tool=tool) from error
            what = f"{server} had no time for {tool!r} within {timeout_s:g} s"
            raise ServerUnavailableError(what, server=server, tool=tool) from error

    def _owner(self, server: str) -> ServerOwner:
        owner = self._owners.get(server)
        if owner is None:
            raise UnknownServerError(f"there is no server {server!r} in the catalogue", name=server)
        return owner
