"""What every bundled server owes by contract."""

from __future__ import annotations

import argparse
import asyncio
import tomllib
from pathlib import Path

import pytest
from mcp import Client

from servers.guard.environ import Environ
from servers.guard.fault import Code
from servers.guard.finding import Answer
from servers.guard.server import GuardedServer
from servers.run import address, names

from .conftest import ROOT, Connect, Session

PACKAGES = ("enhanced_git", "enhanced_filesystem", "api_key_sniffer", "simple_warp")


@pytest.mark.parametrize("package", PACKAGES)
async def test_tools_are_closed_described_and_annotated(package: str, connect: Connect, tmp_path: Path) -> None:
    async with connect(package, WORKSPACE_ROOTS=str(tmp_path)) as session:
        tools = (await session.client.list_tools()).tools
    assert tools
    for tool in tools:
        assert tool.input_schema["additionalProperties"] is False, tool.name
        assert tool.output_schema is not None, tool.name
        assert tool.output_schema["type"] == "object"
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name != "run_named")
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False


@pytest.mark.parametrize("package", PACKAGES)
async def test_the_manifest_names_exactly_the_tools_that_are_listed(
    package: str, connect: Connect, tmp_path: Path
) -> None:
    manifest = tomllib.loads((ROOT / "servers" / package / "server.toml").read_text())
    async with connect(package, WORKSPACE_ROOTS=str(tmp_path)) as session:
        listed = {tool.name for tool in (await session.client.list_tools()).tools}
    assert listed == set(manifest["tools"])
    assert manifest["module"] == f"servers.{package}"
    assert names()[manifest["name"]] == package


@pytest.mark.parametrize("package", PACKAGES)
async def test_an_unknown_argument_and_an_unknown_tool_fail_in_the_common_shape(
    package: str, connect: Connect, tmp_path: Path
) -> None:
    async with connect(package, WORKSPACE_ROOTS=str(tmp_path)) as session:
        tool = (await session.client.list_tools()).tools[0].name
        error = await session.failure(tool, surprise=1)
        assert error["code"] == "invalid_argument"
        assert "surprise" in error["message"]
        assert (await session.failure("start_sniffer"))["code"] == "not_found"


@pytest.mark.parametrize(
    ("package", "tool", "argument"),
    [
        ("enhanced_git", "git_status", "repo_path"),
        ("enhanced_filesystem", "list_directory", "path"),
        ("api_key_sniffer", "scan_directory", "path"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/etc", "..", "a/../..", "nul\0", "bidi\u202e", "~root", "\ud800x"])
async def test_a_path_outside_the_roots_is_refused(
    package: str, tool: str, argument: str, path: str, connect: Connect, tmp_path: Path
) -> None:
    if "\ud800" in path:
        path = "x" * 5000
    async with connect(package, WORKSPACE_ROOTS=str(tmp_path)) as session:
        error = await session.failure(tool, **{argument: path})
        assert error["code"] in {"denied", "invalid_argument"}
        assert str(tmp_path) not in error["message"]


async def test_a_sibling_folder_with_the_same_prefix_is_outside(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root-two").mkdir()
    async with connect("enhanced_filesystem", WORKSPACE_ROOTS=str(tmp_path / "root")) as session:
        assert (await session.failure("list_directory", path=str(tmp_path / "root-two")))["code"] == "denied"


async def test_without_roots_nothing_is_served(connect: Connect) -> None:
    async with connect("enhanced_filesystem") as session:
        error = await session.failure("list_directory", path=".")
        assert error["code"] == "denied"
        assert "WORKSPACE_ROOTS" in error["message"]


async def test_a_checkout_made_after_the_start_is_served_and_one_removed_is_not(
    connect: Connect, tmp_path: Path
) -> None:
    async with connect("enhanced_filesystem", WORKSPACE_ROOTS=str(tmp_path)) as session:
        assert (await session.failure("list_directory", path=str(tmp_path / "later")))["code"] == "not_found"
        (tmp_path / "later").mkdir()
        assert (await session.answer("list_directory", path=str(tmp_path / "later")))["entries"] == []
        (tmp_path / "later").rmdir()
        assert (await session.failure("list_directory", path=str(tmp_path / "later")))["code"] == "not_found"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"MCP_PROFILE": "unlimited"}, "MCP_PROFILE"),
        ({"GIT_TIMEOUT_SECONDS": "soon"}, "GIT_TIMEOUT_SECONDS"),
        ({"GIT_TIMEOUT_SECONDS": "0"}, "GIT_TIMEOUT_SECONDS"),
    ],
)
def test_a_malformed_setting_stops_the_start_and_is_named(values: dict[str, str], word: str) -> None:
    from servers.enhanced_git.server import build

    with pytest.raises(ValueError, match=word):
        build(Environ(values))


class Nothing(Answer):
    """Nothing."""


async def test_a_call_that_hangs_or_breaks_answers_in_the_common_shape() -> None:
    async def endless() -> Nothing:
        """Wait for ever."""
        await asyncio.Event().wait()
        return Nothing()

    def broken() -> Nothing:
        """Fail."""
        raise RuntimeError("a host path: /secret/place")

    server = GuardedServer("t", instructions="", version="1", environ=Environ({}))
    server.offer(endless, timeout_s=0.05)
    server.offer(broken)
    async with Client(server) as client:
        error = await Session(client).failure("endless")
        assert error == {"code": Code.TIMEOUT, "message": "no answer within 0.05 s", "retryable": True}
        error = await Session(client).failure("broken")
        assert error["code"] == "internal"
        assert "/secret" not in error["message"]


async def test_a_profile_that_forbids_an_effect_leaves_the_tool_unlisted() -> None:
    def look() -> Nothing:
        """Look at the host."""
        return Nothing()

    for profile, listed in (("pr-review", 0), ("workflow", 0), ("developer", 1)):
        server = GuardedServer("t", instructions="", version="1", environ=Environ({"MCP_PROFILE": profile}))
        server.offer(look, effect="H")
        async with Client(server) as client:
            assert len((await client.list_tools()).tools) == listed


@pytest.mark.parametrize("value", ["x", "host:", ":1", "h:0", "h:70000", "h:x"])
def test_an_address_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        address(value)
    assert address("[::1]:80") == ("::1", 80)
