"""Connects to the bundled servers: in memory for behaviour, over stdio where the process is the point."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from servers.guard.environ import Environ

ROOT = Path(__file__).parents[2]


class Session:
    """A connected client that tells answers from failures."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def answer(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def failure(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        assert result.structured_content is None
        error = json.loads(result.content[0].text)["error"]
        assert isinstance(error["retryable"], bool)
        return dict(error)


Connect = Callable[..., AbstractAsyncContextManager[Session]]


@pytest.fixture
def connect() -> Connect:
    @asynccontextmanager
    async def connected(package: str, **values: str) -> AsyncIterator[Session]:
        server = importlib.import_module(f"servers.{package}.server").build(Environ(values))
        async with Client(server) as client:
            yield Session(client)

    return connected


@pytest.fixture
def spawn(tmp_path_factory: pytest.TempPathFactory) -> Connect:
    @asynccontextmanager
    async def spawned(package: str, **values: str) -> AsyncIterator[Session]:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-P", "-m", f"servers.{package}"],
            env={"PYTHONPATH": str(ROOT), **values},
            cwd=tmp_path_factory.mktemp("empty"),
        )
        async with Client(parameters, read_timeout_seconds=30) as client:
            yield Session(client)

    return spawned


class Repository:
    """A real repository made with the git program."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *arguments],
            cwd=self.path,
            env={
                "PATH": os.defpath,
                "HOME": str(self.path.parent),
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
                "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
                **(environ or {}),
            },
            capture_output=True,
            check=True,
            timeout=30,
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, files: Mapping[str, str | bytes], message: str = "change") -> str:
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "root" / "project")
