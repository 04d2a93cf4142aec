"""The tools: what may be run, running it, and under what limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from servers.guard.fault import not_found
from servers.simple_warp.answers import (
    CommandInfo,
    CommandsAnswer,
    ConnectionAnswer,
    RulesAnswer,
    RunAnswer,
    SandboxState,
)
from servers.simple_warp.commands import Named
from servers.simple_warp.runner import MAX_ANSWER_BYTES, MAX_PATHS, Runner, Settings
from servers.simple_warp.sandbox import MAX_FILE_BYTES, MAX_OPEN_FILES, Sandbox

VERSION = "1.0.0"
DENIED = (
    "any program or option that is not part of a named command",
    "shell strings",
    "paths outside the workspace, links that lead out, and .git",
)


class CommandTools:
    """Tools over a fixed set of commands."""

    def __init__(self, commands: Mapping[str, Named], runner: Runner, sandbox: Sandbox, settings: Settings) -> None:
        self._commands = commands
        self._runner = runner
        self._sandbox = sandbox
        self._settings = settings

    async def list_commands(self) -> CommandsAnswer:
        """Commands that may be run by name."""
        return CommandsAnswer(
            commands=[
                CommandInfo(
                    name=named.name,
                    description=named.command.description,
                    argv=[named.command.program, *named.command.argv],
                    timeout_s=named.command.timeout_s,
                    network=named.command.network,
                    parser=named.command.parser or None,
                    source=named.source,
                )
                for named in self._commands.values()
            ]
        )

    async def run_named(
        self,
        name: Annotated[str, Field(description="As in list_commands.", max_length=64)],
        args: Annotated[list[str], Field(description="Only those its definition allows.", max_length=50)] = [],  # noqa: B006 - never changed; pydantic copies it
        paths: Annotated[list[str], Field(description="Relative to the workspace; all of it when none.")] = [],  # noqa: B006 - never changed; pydantic copies it
        workspace: Annotated[
            str, Field(description="Folder: absolute below a workspace root, or relative to the only root.")
        ] = "",
    ) -> RunAnswer:
        """Run a named command in the sandbox. A non-zero exit code is a normal answer."""
        named = self._commands.get(name)
        if named is None:
            raise not_found("no such command: see list_commands", name=name)
        return await self._runner.run(named, args=args, paths=paths, workspace=workspace)

    async def show_security_rules(self) -> RulesAnswer:
        """What may run, what never does, and the limits in force."""
        return RulesAnswer(
            allowed=sorted(self._commands),
            denied=list(DENIED),
            limits={
                "max_timeout_s": round(self._settings.max_timeout_s),
                "max_memory_mb": self._settings.max_memory_mb,
                "max_answer_bytes": MAX_ANSWER_BYTES,
                "max_file_bytes": MAX_FILE_BYTES,
                "max_open_files": MAX_OPEN_FILES,
                "max_paths": MAX_PATHS,
            },
            sandbox=await self._state(),
        )

    async def test_connection(self) -> ConnectionAnswer:
        """Whether commands can be run here, and how well they are confined."""
        missing = [n.name for n in self._commands.values() if self._runner.program(n) is None]
        return ConnectionAnswer(ok=True, sandbox=await self._state(), version=VERSION, missing=missing)

    async def _state(self) -> SandboxState:
        means = await self._sandbox.means()
        return SandboxState(
            kind=means.kind,
            network="none" if means.isolation else "host",
            available=means.kind == "bubblewrap",
            no_new_privileges=means.no_new_privileges,
            limits=means.limits,
        )
