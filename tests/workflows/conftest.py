"""Fixtures of the engine's and the host's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.doubles import HandClock, OpenPool, ScriptedCaller, failed, gone, manifest, until
from workflows.host.models import MCPServerConfig
from workflows.host.pool import ServerPool
from workflows.models import ToolResult


@pytest.fixture
def caller() -> ScriptedCaller:
    return ScriptedCaller()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def failure() -> Callable[..., ToolResult]:
    return failed


@pytest.fixture
def open_pool(tmp_path: Path) -> OpenPool:
    """Opens a pool and checks that closing it leaves no process and no file behind."""

    @asynccontextmanager
    async def opened(
        *configs: MCPServerConfig, environment: Mapping[str, str] | None = None, **more: Any
    ) -> AsyncIterator[ServerPool]:
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        pids: set[int] = set()
        async with ServerPool.open(configs, scratch=scratch, environment=environment or {}, **more) as pool:
            yield pool
            pids = {pid for name in pool.names if (pid := pool.pid(name)) is not None}
        for pid in pids:
            await until(lambda: gone(pid))  # noqa: B023 - awaited at once
        assert list(scratch.iterdir()) == []

    return opened


@pytest.fixture
def server() -> Callable[..., MCPServerConfig]:
    return manifest
