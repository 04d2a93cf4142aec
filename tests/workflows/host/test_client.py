from collections.abc import Callable
from pathlib import Path

import pytest

from workflows.errors import InvalidCallError, ServerLostError, ServerUnavailableError, ToolError
from workflows.host.client import MCPClient
from workflows.host.models import MCPServerConfig, MCPServerStatus

Manifest = Callable[..., MCPServerConfig]


async def test_a_client_works_on_its_own(server: Manifest, tmp_path: Path) -> None:
    async with MCPClient(scratch=tmp_path, environment={}) as client:
        assert await client.initialize(server("raw", "raw.py")) is True
        assert (await client.call_tool("echo", {"text": "hi"}))["text"] == "hi"
        assert (await client.health_check()).status is MCPServerStatus.HEALTHY
        tools = {tool.name: tool for tool in await client.list_tools()}
        assert tools["echo"].input_schema["required"] == ["text"]
        assert client.garbage_lines == 0
        await client.call_tool("garbage", {})
        assert client.garbage_lines == 6
        with pytest.raises(InvalidCallError, match="'text' is a required property"):
            await client.call_tool("echo", {})
        with pytest.raises(InvalidCallError, match=r"arguments\['text'\]: 1 is not of type"):
            await client.call_tool("echo", {"text": 1})
        with pytest.raises(ToolError, match="no tool 'nothing'"):
            await client.call_tool("nothing", {})
        with pytest.raises(ServerLostError, match="exit code 7"):
            await client.call_tool("crash", {})
        with pytest.raises(ServerUnavailableError, match="raw is not running"):
            await client.call_tool("echo", {"text": "hi"})
        assert (await client.health_check()).error_message == "raw is not running"
        assert client.process is not None
        assert client.process.exit_code == 7
    assert list(tmp_path.iterdir()) == []


async def test_a_client_that_cannot_start_says_why(server: Manifest, tmp_path: Path) -> None:
    async with MCPClient(scratch=tmp_path, environment={}) as client:
        assert await client.initialize(server("raw", "raw.py", "exits")) is False
        assert str(client.failure) == "raw ended with exit code 3: no licence"
        assert client.ended
        assert client.protocol_version is None


async def test_before_it_is_initialized_a_client_is_not_running(tmp_path: Path) -> None:
    client = MCPClient(scratch=tmp_path, environment={})
    assert client.ended
    with pytest.raises(ServerUnavailableError):
        await client.list_tools()
