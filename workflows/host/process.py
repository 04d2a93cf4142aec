"""A server's operating-system process: started with next to nothing, watched, and gone with all its children."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from workflows.errors import ServerUnavailableError
from workflows.host import launcher
from workflows.host.framing import Oversized
from workflows.host.models import MCPServerConfig, Profile
from workflows.host.pipes import Pipes

_GRACE_S = 1.0
"""Seconds between asking a process to go and the next, rougher way."""
_POLL_S = 0.01


class ServerProcess:
    """One run of a server.

    Args:
        config: its manifest.
        scratch: folder, made if needed; the run gets its own empty folders below it, removed afterwards.
        environment: where variables named by the manifest are taken from.
        profile: handed to servers that ask for ``MCP_PROFILE``.
    """

    def __init__(
        self,
        config: MCPServerConfig,
        *,
        scratch: Path,
        environment: Mapping[str, str],
        profile: Profile = Profile.PR_REVIEW,
    ) -> None:
        self._config = config
        self._environment = environment
        self._profile = profile
        self._scratch = scratch
        self._folder: Path | None = None
        self._transport: asyncio.SubprocessTransport | None = None
        self._pipes = Pipes()
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        """Process id, also after the exit; None before the start."""
        return self._pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return None if self._transport is None else self._transport.get_returncode()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come from it."""
        return self._pipes.ended

    @property
    def stderr(self) -> tuple[str, ...]:
        """The last lines it wrote to its standard error."""
        return self._pipes.stderr()

    def last_words(self) -> str:
        """How it ended, with the last it said, as the rest of a sentence."""
        said = f": {self.stderr[-1][:300]}" if self.stderr else ""
        code = self.exit_code
        if code is None:
            return f"closed its output{said}"
        return f"ended with {'signal' if code < 0 else 'exit code'} {abs(code)}{said}"

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call this once when the process ends or closes its output."""
        self._pipes.on_end = callback

    async def start(self) -> None:
        """Start it.

        Raises:
            ServerUnavailableError: the program cannot be started.
        """
        argv = [self._config.command, *self._config.args]
        if sys.platform == "linux":
            argv = [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *argv]
        loop = asyncio.get_running_loop()
        try:
            folder = self._folder = _folders(self._scratch, self._config.name)
            # from the loop's own thread: the death signal fires when the starting thread ends
            transport, _ = await loop.subprocess_exec(
                lambda: self._pipes,
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=folder / "work",
                env=child_environment(self._config, self._environment, folder, self._profile),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ServerUnavailableError(
                f"{self._config.name} cannot be started: {error}", server=self._config.name
            ) from error
        self._transport = transport
        self._pid = transport.get_pid()

    async def read_line(self) -> bytes | Oversized | None:
        """Next line of its output, or None when nothing more will come."""
        return await self._pipes.next_line()

    async def write(self, data: bytes) -> None:
        """Send bytes to its input; waits while it does not read.

        Raises:
            BrokenPipeError: it is gone.
        """
        stdin = None if self._transport is None else self._transport.get_pipe_transport(0)
        if stdin is None or self.ended or stdin.is_closing():
            self._pipes.end()
            raise BrokenPipeError
        cast("asyncio.WriteTransport", stdin).write(data)
        await self._pipes.writable.wait()

    async def stop(self) -> None:
        """End it and everything it started: close its input, then SIGTERM, then SIGKILL to its group."""
        transport = self._transport
        try:
            if transport is not None:
                await self._stop(transport)
        except asyncio.CancelledError:
            self._signal(signal.SIGKILL)
            raise
        finally:
            if transport is not None:
                with suppress(PermissionError, ProcessLookupError):
                    transport.close()
            self._pipes.end()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    async def _stop(self, transport: asyncio.SubprocessTransport) -> None:
        stdin = transport.get_pipe_transport(0)
        if stdin is not None:
            stdin.close()
        self._pipes.discard()
        await self._gone_within(lambda: transport.get_returncode() is not None)
        # whether or not the leader went, children it left in its group may live on
        if self._signal(signal.SIGTERM) and not await self._gone_within(lambda: not self._signal(0)):
            self._signal(signal.SIGKILL)
            await self._gone_within(lambda: transport.get_returncode() is not None)

    async def _gone_within(self, gone: Callable[[], bool]) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GRACE_S
        while not gone():
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    def _signal(self, number: int) -> bool:
        """Signal the whole group; whether there was one."""
        if self._pid is None:
            return False
        try:
            os.killpg(self._pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            # macOS says this of a group of which only zombies are left
            return False
        return True


def child_environment(
    config: MCPServerConfig, environment: Mapping[str, str], folder: Path, profile: Profile
) -> dict[str, str]:
    """The whole environment of a server: what its manifest names, and a home of its own.

    Args:
        config: the manifest.
        environment: where named variables are taken from.
        folder: the run's own folder.
        profile: always ours, where the manifest asks for it.
    """
    named = (*config.env_names, *config.secret_names)
    chosen = {name: environment[name] for name in named if name in environment}
    chosen.update(config.env)
    if "MCP_PROFILE" in named:
        chosen["MCP_PROFILE"] = profile.value
    chosen.update(HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), PATH=_search_path(environment), LANG="C.UTF-8")
    if config.module is not None:
        # where our own packages were imported from, so that -m finds the server without an installation
        chosen["PYTHONPATH"] = str(Path(launcher.__file__).resolve().parents[2])
    return chosen


def _search_path(environment: Mapping[str, str]) -> str:
    # a relative entry would be looked up in a folder somebody else may write
    entries = environment.get("PATH", os.defpath).split(os.pathsep)
    absolute = [entry for entry in entries if Path(entry).is_absolute()]
    return os.pathsep.join(dict.fromkeys([str(Path(sys.executable).parent), *absolute]))


def _folders(scratch: Path, name: str) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=scratch.resolve()))
    for part in ("work", "home", "tmp"):
        (folder / part).mkdir(mode=0o700)
    return folder
