"""Run the git program with nothing of its surroundings: no configuration, hooks, filters, helpers or prompts.

Everything git could be told to run by a repository is switched off here, in the environment, which git reads after
a repository's own configuration. Source: git-config(1), git(1) "Environment variables", gitattributes(5).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from review.errors import CheckoutError

_STDERR_BYTES = 16_384
_KILL_AFTER_S = 1.0

HARDENED: Final[Mapping[str, str]] = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.pager": "cat",
    "core.alternateRefsCommand": "",
    "credential.helper": "",
    "diff.external": "",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    "safe.bareRepository": "all",
    "safe.directory": "*",
    "submodule.recurse": "false",
}
"""Settings forced on every call. ``fetch.unpackLimit`` keeps each fetch one pack, so that it arrives whole or not at
all; the git directory is always named, so ``safe.*`` guards nothing here and would only refuse other users'
repositories."""


class GitError(CheckoutError):
    """A git command failed.

    Attributes:
        code: exit status; None when it was stopped for time or size.
        stderr: what git said, at most 16 KiB.
    """

    def __init__(self, message: str, *, code: int | None = None, stderr: str = "", transient: bool = False) -> None:
        super().__init__(message, transient=transient)
        self.code = code
        self.stderr = stderr


class OutputTooLargeError(GitError):
    """A command said more than it may; nothing of it is given."""


@dataclass(frozen=True, slots=True)
class Git:
    """The git program on one git directory.

    Attributes:
        git_dir: absolute; None for commands that need none.
        protocols: transports a fetch may use, such as ``https``; empty allows none.
        config: further settings, such as a header for one host. Never part of the argv.
        environment: further variables of the operator's, such as ``HTTPS_PROXY`` or ``SSL_CERT_FILE``.
        secret: what must not appear in an error message.
    """

    git_dir: Path | None = None
    protocols: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 120.0
    max_output_bytes: int = 64_000_000
    secret: SecretStr | None = None
    start_folder: Path | None = None
    """Where git looks for a repository when no directory is named."""

    async def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Sequence[int] = (0,),
        max_bytes: int | None = None,
    ) -> bytes:
        """Run one command and give its standard output.

        Raises:
            OutputTooLargeError: more than ``max_bytes`` of output.
            GitError: an exit status not in ``ok``, or the time limit.
        """
        async with self.started(*args, stdin=stdin is not None) as process:
            return await self._communicate(process, args, stdin, (ok, max_bytes or self.max_output_bytes))

    async def text(self, *args: str, ok: Sequence[int] = (0,)) -> str:
        """Run one command and give its output as text, without the last line end."""
        data = await self.run(*args, ok=ok)
        return data.decode("utf-8", "surrogateescape").removesuffix("\n")

    @asynccontextmanager
    async def started(self, *args: str, stdin: bool) -> AsyncIterator[asyncio.subprocess.Process]:
        """A running command in a process group of its own; on leaving, the whole group is gone.

        Raises:
            GitError: there is no git program.
        """
        program = shutil.which("git")
        if program is None:
            raise GitError("The git program is not installed or not on PATH.")
        where = [] if self.git_dir is None else [f"--git-dir={self.git_dir}"]
        process = await asyncio.create_subprocess_exec(
            program,
            "--no-pager",
            *where,
            *args,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=str(self.git_dir or self.start_folder or Path(program).parent),
            env=self._environment(program),
            start_new_session=True,
            limit=1 << 20,
        )
        try:
            yield process
        finally:
            await stop(process)

    def _environment(self, program: str) -> dict[str, str]:
        """The whole environment of a git process."""
        settings = {**HARDENED, **self.config}
        numbered: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings.items()):
            numbered[f"GIT_CONFIG_KEY_{number}"] = key
            numbered[f"GIT_CONFIG_VALUE_{number}"] = value
        return {
            **self.environment,
            "PATH": os.pathsep.join((str(Path(program).parent), os.defpath)),
            "HOME": "/dev/null",  # curl would read a .netrc there
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_SSH_COMMAND": "false",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols) or "none",
            **numbered,
        }

    async def _communicate(
        self,
        process: asyncio.subprocess.Process,
        args: Sequence[str],
        stdin: bytes | None,
        bounds: tuple[Sequence[int], int],
    ) -> bytes:
        ok, max_bytes = bounds
        name = args[0]
        try:
            async with asyncio.timeout(self.timeout_s):
                output, errors = await _exchange(process, stdin, max_bytes)
                code = await process.wait()
        except TimeoutError as error:
            message = f"git {name} took longer than {self.timeout_s:g} s and was stopped."
            raise GitError(message, transient=True) from error
        if output is None:
            raise OutputTooLargeError(f"git {name} gave more than {max_bytes:,} bytes and was stopped.")
        if code not in ok:
            stderr = self.redacted(errors)
            last = stderr.strip().splitlines()[-1:] or [f"exit status {code}"]
            raise GitError(f"git {name} failed: {last[0][:300]}", code=code, stderr=stderr)
        return output

    def redacted(self, data: bytes) -> str:
        """Text of git's for a person: without the secret."""
        text = data.decode("utf-8", "replace")
        secret = self.secret.get_secret_value() if self.secret else ""
        return text.replace(secret, "[secret]") if secret else text


async def _exchange(
    process: asyncio.subprocess.Process, stdin: bytes | None, max_bytes: int
) -> tuple[bytes | None, bytes]:
    """Feed and read at once. The output is None when it was too much; the process is then stopped."""
    async with asyncio.TaskGroup() as group:
        output = group.create_task(_read(process, max_bytes))
        errors = group.create_task(_drain(process.stderr))
        if stdin is not None:
            group.create_task(_feed(process, stdin))
    return output.result(), errors.result()


async def _read(process: asyncio.subprocess.Process, max_bytes: int) -> bytes | None:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    parts: list[bytes] = []
    size = 0
    while chunk := await process.stdout.read(1 << 18):
        size += len(chunk)
        if size > max_bytes:
            await stop(process)
            return None
        parts.append(chunk)
    return b"".join(parts)


async def _drain(stream: asyncio.StreamReader | None) -> bytes:
    """Read to the end so that the process never blocks; keep the last part."""
    assert stream is not None  # noqa: S101 - a pipe was asked for
    kept = b""
    while chunk := await stream.read(1 << 14):
        kept = (kept + chunk)[-_STDERR_BYTES:]
    return kept


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def stop(process: asyncio.subprocess.Process) -> None:
    """End the process group: asked first, so that git removes its lock and temporary files, then killed."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        try:
            await asyncio.wait_for(process.wait(), _KILL_AFTER_S)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
