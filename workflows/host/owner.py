"""The one task that owns a server: starts it when wanted, hands it calls, and starts it again when it dies.

Sessions of the SDK must be left by the task that entered them, so nobody else opens or closes one. Callers put
calls on a bounded queue and wait for a future.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from workflows.errors import MCPError, ServerUnavailableError
from workflows.host.calls import Call, perform
from workflows.host.client import MCPClient
from workflows.host.models import HealthStatus, MCPServerConfig, MCPServerStatus, ToolDefinition
from workflows.host.restarts import HEALTHY_AFTER_S, Restarts
from workflows.host.uptime import Uptime
from workflows.models import ErrorCode, ToolFailure

if TYPE_CHECKING:
    from workflows.host.session import Agreement

QUEUE_LENGTH = 256
"""Calls waiting for one server; more are turned away."""
NOT_STARTED = "not started yet"
_LAST_ANSWERS_S = 0.5
"""Seconds for calls to be settled before the process is ended under them."""
_log = structlog.get_logger(__name__)


class ServerOwner:
    """Owns one server for as long as the pool lives.

    Args:
        config: the manifest.
        connect: makes a client, given what was negotiated before.
        restarts: when it may be started again.
        now: monotonic seconds.
    """

    def __init__(
        self,
        config: MCPServerConfig,
        connect: Callable[[Agreement | None], MCPClient],
        restarts: Restarts,
        now: Callable[[], float],
    ) -> None:
        self.config = config
        self._connect = connect
        self._restarts = restarts
        self._now = now
        self._queue: deque[Call] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client: MCPClient | None = None
        self._agreement: Agreement | None = None
        self._ready = False
        self._wanted = False
        self._stopping = False
        self._restarting = False
        self._waiters: list[asyncio.Future[None]] = []
        self._problem: MCPError | None = None
        self._starting = False
        self._uptime = Uptime(now)
        self.last_ok: float | None = None
        """Monotonic seconds of the last successful answer."""
        self.last_response_ms = 0.0

    @property
    def used(self) -> bool:
        """Whether anybody ever wanted it."""
        return self._uptime.wanted

    @property
    def busy(self) -> bool:
        """Whether calls are queued or running."""
        return bool(self._queue or self._calls)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = None if self._client is None else self._client.process
        return None if process is None or process.ended else process.pid

    @property
    def stderr(self) -> tuple[str, ...]:
        """The last lines of standard error of the current or last run."""
        process = None if self._client is None else self._client.process
        return () if process is None else process.stderr

    def want(self) -> None:
        """Have it started, now or as soon as its back-off allows."""
        if self._stopping:
            return
        self._uptime.want()
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._own(), name=f"mcp:{self.config.name}")
            self._task.add_done_callback(self._disowned)
        self._bell.set()

    def submit(self, call: Call) -> None:
        """Queue a call.

        Raises:
            ServerUnavailableError: the queue is full, the breaker is open, or the pool is closing.
        """
        if self._stopping:
            raise self._unavailable("is being shut down")
        if len(self._queue) >= QUEUE_LENGTH:
            raise self._unavailable(f"has {QUEUE_LENGTH} calls waiting already")
        if not self._ready and self._restarts.blocked():
            raise self._blocked()
        self._queue.append(call)
        self.want()

    async def ready(self) -> MCPClient:
        """Start it if needed and wait until it is up; the caller bounds the wait.

        Raises:
            ServerUnavailableError: it did not come up.
        """
        if self._stopping:
            raise self._unavailable("is being shut down")
        if not self._ready and self._restarts.blocked():
            raise self._blocked()
        while not self._ready:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self.want()
            await waiter
        if self._client is None:
            raise self._unavailable("is not running")
        return self._client

    async def list_tools(self) -> list[ToolDefinition]:
        """The tools it offers now; starts it if needed.

        Raises:
            ServerUnavailableError: it did not come up or gave no usable answer.
        """
        return await (await self.ready()).list_tools()

    def restart(self) -> None:
        """Replace the running process; does nothing when it was never used."""
        if self.used:
            self._restarting = True
            self._restarts.forgive()
            self.want()

    def revive(self) -> None:
        """Replace a process that hangs, or start a lost one again when its back-off allows."""
        if self._ready:
            self._restarting = True
        if self.used:
            self.want()

    async def stop(self) -> None:
        """End the server; calls still under way fail."""
        self._stopping = True
        self._bell.set()
        if self._task is not None:
            if self._starting:
                self._task.cancel()
            await asyncio.wait([self._task])
        self._turn_away(self._unavailable("is being shut down"))

    def health(self) -> HealthStatus:
        """What is known without asking the server."""
        status, message = self._state()
        return HealthStatus(
            status=status,
            response_time_ms=self.last_response_ms,
            last_check=datetime.now(UTC),
            error_message=message,
            uptime_percentage=self._uptime.percentage(),
            started=self.used,
            protocol_version=self._client.protocol_version if self._client is not None and self._ready else None,
        )

    async def probe(self) -> HealthStatus:
        """Ask it for a sign of life when it runs; it is not started for that."""
        client = self._client
        if client is None or not self._ready:
            return self.health()
        asked = await client.health_check()
        self.last_response_ms = asked.response_time_ms
        known = self.health()
        if asked.status is MCPServerStatus.HEALTHY:
            return known
        return known.model_copy(update={"status": asked.status, "error_message": asked.error_message})

    def _state(self) -> tuple[MCPServerStatus, str | None]:
        if not self.used:
            return MCPServerStatus.HEALTHY, NOT_STARTED
        if self._ready:
            recovering = self._restarts.failures and self._uptime.up_for_s() < HEALTHY_AFTER_S
            if recovering and self._problem is not None:
                return MCPServerStatus.DEGRADED, f"was restarted after: {self._problem}"
            return MCPServerStatus.HEALTHY, None
        if self._restarts.blocked():
            return MCPServerStatus.UNHEALTHY, str(self._blocked())
        if self._problem is None:
            return MCPServerStatus.HEALTHY, "starting"
        return MCPServerStatus.OFFLINE, str(self._problem)

    async def _own(self) -> None:
        try:
            while not self._stopping:
                if not self._wanted:
                    await self._ring()
                elif (wait_s := self._restarts.wait_s()) > 0:
                    await self._ring(wait_s)
                else:
                    await self._live()
        finally:
            self._ready = False
            self._turn_away(self._unavailable("is being shut down" if self._stopping else "failed to be run"))

    def _disowned(self, task: asyncio.Task[None]) -> None:
        # only a bug ends the task early; it is told here, and the next call makes a new one
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            _log.error("server_owner_failed", server=self.config.name, exc_info=bug)

    async def _live(self) -> None:
        """One run of the server, from start to end."""
        self._restarts.begun()
        self._restarting = False
        client = self._client = self._connect(self._agreement)
        client.on_end(self._bell.set)
        try:
            async with client:
                self._starting = True
                opened = await client.initialize(self.config)
                self._starting = False
                if opened:
                    self._opened(client)
                    await self._serve(client)
        finally:
            self._starting = False
            if self._calls:
                # a call stuck in a full pipe ends only when the process has
                await asyncio.wait(self._calls)
            self._closed(client)

    def _opened(self, client: MCPClient) -> None:
        self._agreement = client.agreement
        self._ready = True
        self._uptime.up()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        process = client.process
        _log.info(
            "server_started",
            server=self.config.name,
            pid=None if process is None else process.pid,
            protocol=client.protocol_version,
        )

    async def _serve(self, client: MCPClient) -> None:
        """Hand calls to the server until it ends or shall end; then let none of them hang."""
        try:
            while not (client.ended or self._stopping or self._restarting):
                while self._queue and len(self._calls) < self.config.in_flight and not client.ended:
                    self._dispatch(client, self._queue.popleft())
                await self._ring()
        finally:
            self._ready = False
            if self._stopping or self._restarting:
                for task in self._calls:
                    task.cancel()
            if self._calls:
                await asyncio.wait(self._calls, timeout=_LAST_ANSWERS_S)

    def _dispatch(self, client: MCPClient, call: Call) -> None:
        if call.answer.done():
            return
        task = asyncio.create_task(self._perform(client, call))
        self._calls.add(task)
        task.add_done_callback(lambda task: self._performed(task, call))
        # a caller that gave up, or ran out of time, cancels the call in the server too
        call.answer.add_done_callback(lambda answer: task.cancel() if answer.cancelled() else None)

    def _performed(self, task: asyncio.Task[None], call: Call) -> None:
        self._calls.discard(task)
        self._bell.set()
        if task.cancelled():
            # stopped before it began: nothing was sent
            problem: BaseException | None = self._unavailable("was stopped before the call")
        else:
            problem = task.exception()
        if problem is not None:
            call.fail(problem)

    async def _perform(self, client: MCPClient, call: Call) -> None:
        started = self._now()
        settled = await perform(client, call, self.config.name)
        if not settled and self._stopping:
            call.fail(self._unavailable("is being shut down"))
        elif not settled:
            self._queue.appendleft(call)
        elif not call.answer.cancelled() and call.answer.exception() is None:
            self.last_ok, self.last_response_ms = self._now(), (self._now() - started) * 1000

    def _closed(self, client: MCPClient) -> None:
        """The run is over: count it, and tell who waits."""
        up_s = self._uptime.down()
        came_up, self._ready = client.failure is None, False
        if self._stopping or self._restarting:
            return
        process = client.process
        words = "" if process is None else process.last_words()
        self._problem = client.failure or self._unavailable(words)
        self._restarts.ended(up_s=up_s)
        _log.warning("server_lost", server=self.config.name, reason=str(self._problem), up_s=round(up_s, 1))
        if not came_up:
            # negotiated with something that may have changed since
            self._agreement = None
            self._turn_away(self._problem)
        elif self._restarts.blocked():
            self._turn_away(self._blocked())
        self._wanted = bool(self._queue) or (came_up and self._restarts.failures <= self.config.retry_count)

    def _turn_away(self, problem: MCPError) -> None:
        for call in self._queue:
            call.fail(problem)
        self._queue.clear()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(problem)
        self._waiters.clear()

    async def _ring(self, timeout_s: float | None = None) -> None:
        """Wait until something happens."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._bell.wait()
        self._bell.clear()

    def _blocked(self) -> ServerUnavailableError:
        wait_s = max(0.0, self._restarts.wait_s())
        why = "" if self._problem is None else f"; last: {self._problem}"
        message = f"{self.config.name} was started too often and rests for {wait_s:.0f} s{why}"
        failure = ToolFailure(code=ErrorCode.UNAVAILABLE, message=message, retryable=True, retry_after_s=wait_s)
        return ServerUnavailableError(message, server=self.config.name, failure=failure)

    def _unavailable(self, what: str) -> ServerUnavailableError:
        return ServerUnavailableError(f"{self.config.name} {what}", server=self.config.name)
