"""Doubles of the ports, manifests of the small servers, and waiting that ends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from workflows.host.models import MCPServerConfig, ToolPolicy
from workflows.host.pool import ServerPool
from workflows.models import ErrorCode, Outcome, ToolFailure, ToolResult

SERVERS = Path(__file__).parent / "servers"
Script = Callable[[Mapping[str, Any]], Any]


class ScriptedCaller:
    """A ``ToolCaller`` whose tools are functions; what they raise or return is the result."""

    def __init__(self) -> None:
        self.tools: dict[str, Script] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.safe: set[str] = set()
        self.running = 0
        self.most_running = 0

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> ToolResult:
        self.calls.append((tool, dict(arguments)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            value = self.tools[tool](arguments) if tool in self.tools else {}
            if asyncio.iscoroutine(value):
                value = await value
            else:
                await asyncio.sleep(0)
        finally:
            self.running -= 1
        if isinstance(value, ToolResult):
            return value
        return ToolResult(server=server, tool=tool, outcome=Outcome.OK, content=value)

    def replay_safe(self, server: str, tool: str) -> bool:
        return tool in self.safe


class HandClock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def failed(
    code: ErrorCode = ErrorCode.UNAVAILABLE,
    outcome: Outcome = Outcome.TOOL_ERROR,
    *,
    retryable: bool = True,
    after: float | None = None,
) -> ToolResult:
    failure = ToolFailure(code=code, message=f"it is {code}", retryable=retryable, retry_after_s=after)
    return ToolResult(server="s", tool="t", outcome=outcome, failure=failure)


def manifest(
    name: str, script: str, *arguments: str, tools: Mapping[str, str] | None = None, **more: Any
) -> MCPServerConfig:
    """Manifest of one of the servers in ``servers/``; tools map to effect classes."""
    policies = {tool: ToolPolicy(effect=effect) for tool, effect in (tools or ALL_READ).items()}
    return MCPServerConfig(
        name=name, command=sys.executable, args=[str(SERVERS / script), *arguments], tools=policies, **more
    )


ALL_READ = dict.fromkeys(
    [
        "echo",
        "slow",
        "crash",
        "huge",
        "huge_id_last",
        "latin",
        "garbage",
        "refuse",
        "unclear",
        "spawn",
        "facts",
        "flood",
        "quit_reading",
        "mute",
        "add",
        "fail",
        "ghost",
    ],
    "R",
)
OpenPool = Callable[..., AbstractAsyncContextManager[ServerPool]]


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something is true, at most so long."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - processes set no events
            await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits to be reaped has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        pass
    else:
        return stat.rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return sys.platform == "linux"
