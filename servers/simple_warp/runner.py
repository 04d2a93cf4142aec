"""Runs one named command: finds its program, checks the caller's paths, confines it, reads its report."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from servers.guard import process
from servers.guard.fault import Code, Fault, denied, invalid, not_found
from servers.guard.paths import Roots, relative_parts
from servers.guard.redact import redact
from servers.simple_warp.answers import RunAnswer, SandboxInfo
from servers.simple_warp.commands import Command, Named, arguments, expanded
from servers.simple_warp.parsers import parse
from servers.simple_warp.sandbox import Bounds, Sandbox

MAX_PATHS = 10_000
MAX_PATHS_BYTES = 1_048_576
"""Half of what Linux takes for arguments and environment. Source: execve(2), limits on size of arguments."""
MAX_ANSWER_BYTES = 6_291_456
"""Of standard output in its JSON form: the answer must fit a message of 8 MiB."""
MAX_STDERR_BYTES = 262_144
_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator set."""

    max_timeout_s: float
    max_memory_mb: int
    hosted: bool
    """Whether the profile is the one for hostile pull requests."""
    inherited: Mapping[str, str]
    """Variables passed on to commands, by the operator's list of names."""


class Runner:
    """Runs commands; keeps no state between runs."""

    def __init__(self, roots: Roots, sandbox: Sandbox, settings: Settings) -> None:
        self._roots = roots
        self._sandbox = sandbox
        self._settings = settings
        self._engines = os.fspath(Path(str(files("servers.simple_warp").joinpath("engines"))))

    def program(self, named: Named) -> str | None:
        """Absolute path of a command's program; None when it is not installed."""
        return find_program(named.command.program, self._roots)

    async def run(self, named: Named, *, args: Sequence[str], paths: Sequence[str], workspace: str) -> RunAnswer:
        """Run a command once.

        Raises:
            Fault: it could not be run: refused arguments, a missing program, no sandbox.
        """
        command = named.command
        if refused := [arg for arg in args if arg not in command.allowed_args]:
            raise denied(f"{named.name} takes no such argument", refused=[arg[:100] for arg in refused[:5]])
        program = self.program(named)
        if program is None:
            raise Fault(
                Code.UNAVAILABLE,
                f"{command.program} is not installed: install it beside this Python or on PATH",
                retryable=False,
                program=command.program,
            )
        folder = self._roots.folder(workspace or ".")
        checked = await asyncio.to_thread(check_paths, folder, paths)
        scratch = await asyncio.to_thread(tempfile.mkdtemp, prefix="simple-warp-")
        try:
            return await self._confined(named, program, args, checked, os.fspath(folder), scratch)
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def _confined(
        self, named: Named, program: str, args: Sequence[str], paths: Sequence[str], workspace: str, scratch: str
    ) -> RunAnswer:
        command = named.command
        cwd = workspace if command.cwd == "workspace" else scratch
        prefix = "./" if command.cwd == "workspace" else f"{workspace}/"
        folders = {"engines": self._engines, "scratch": scratch}
        shown = [f"{prefix}{path}" for path in paths] or [prefix.rstrip("/")]
        argv = [program, *arguments(command, paths=shown, args=args, folders=folders)]
        timeout_s = min(command.timeout_s, self._settings.max_timeout_s)
        bounds = Bounds(timeout_s, min(command.memory_mb, self._settings.max_memory_mb), command.network)
        await self._refuse_unconfined(named)
        confined = await self._sandbox.confine(argv, bounds, cwd=cwd, workspace=workspace, scratch=scratch)
        try:
            done = await process.run(
                confined.argv,
                cwd=cwd,
                env=self._environment(command, folders, scratch),
                limits=process.Limits(timeout_s, command.max_output_bytes, MAX_STDERR_BYTES),
                stdin=command.stdin.encode(),
            )
        except OSError as error:
            raise Fault(Code.UNAVAILABLE, f"{named.name} could not be started: {error.strerror}") from None
        sandbox = SandboxInfo(kind=confined.kind, network=confined.network)
        return await asyncio.to_thread(_answer, command, done, sandbox, workspace)

    async def _refuse_unconfined(self, named: Named) -> None:
        """An operator's command may run the code under review, which resource limits do not hold."""
        if named.source == "bundled" or not self._settings.hosted:
            return
        if (await self._sandbox.means()).kind != "bubblewrap":
            raise denied(
                "an operator's command needs bubblewrap in the pr-review profile: install it, or use another profile"
            )

    def _environment(self, command: Command, folders: Mapping[str, str], scratch: str) -> dict[str, str]:
        own = {name: expanded(value, folders) for name, value in command.env.items()}
        return {
            **self._settings.inherited,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONSAFEPATH": "1",
            **own,
            "PATH": os.pathsep.join((_beside(), *_SYSTEM_PATH)),
            "HOME": scratch,
            "TMPDIR": scratch,
            "XDG_CACHE_HOME": scratch,
            "XDG_CONFIG_HOME": scratch,
        }


def _beside() -> str:
    return os.fspath(Path(sys.executable).parent)


def find_program(program: str, roots: Roots) -> str | None:
    """Absolute path of a program: as given, beside our Python, or on PATH.

    Folders of PATH below a workspace root are passed over: what lies there came with the code under review.
    """
    if program.startswith("/"):
        return program if os.access(program, os.X_OK) else None
    roots_resolved = [os.path.realpath(folder) for folder in roots.folders]
    trusted = [
        entry
        for entry in os.get_exec_path()
        if entry.startswith("/") and not any(Path(os.path.realpath(entry)).is_relative_to(r) for r in roots_resolved)
    ]
    return shutil.which(program, path=os.pathsep.join((_beside(), *trusted, *_SYSTEM_PATH)))


def check_paths(workspace: Path, paths: Sequence[str]) -> list[str]:
    """Paths proven to exist inside the workspace, without the leading ``./``.

    Raises:
        Fault: one is absolute, climbs, leads out by a link, names ``.git``, or is not there; or they are too many.
    """
    if len(paths) > MAX_PATHS or sum(len(os.fsencode(_plain(path))) + 1 for path in paths) > MAX_PATHS_BYTES:
        raise Fault(Code.TOO_LARGE, "too many paths for one run: send them in parts", count=len(paths))
    checked: list[str] = []
    for path in paths:
        parts = relative_parts(path)
        place = workspace.joinpath(*parts)
        try:
            resolved = place.resolve(strict=True)
        except (OSError, RuntimeError):
            raise not_found("no such path in the workspace", path=path[:200]) from None
        if not resolved.is_relative_to(workspace):
            raise denied("the path leads outside the workspace", path=path[:200])
        checked.append("/".join(parts) or ".")
    return checked


def _plain(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise invalid("a path is not valid Unicode") from None
    return path


def _answer(command: Command, done: process.Completed, sandbox: SandboxInfo, workspace: str) -> RunAnswer:
    stdout, in_stdout = redact(done.stdout.decode("utf-8", "replace"))
    stderr, in_stderr = redact(done.stderr.decode("utf-8", "replace"))
    parsed = parse(command.parser, stdout, workspace)
    fitting = _fitting(stdout)
    return RunAnswer(
        exit_code=done.exit_code,
        ok=not done.timed_out and done.exit_code in command.ok_exit_codes,
        stdout=fitting,
        stderr=stderr,
        duration_ms=done.duration_ms,
        timed_out=done.timed_out,
        truncated=done.truncated or len(fitting) < len(stdout),
        redactions=in_stdout + in_stderr,
        sandbox=sandbox,
        report=parsed.report,
        findings=parsed.findings,
        warnings=parsed.warnings,
    )


def _fitting(text: str) -> str:
    """The longest head of a text whose JSON form fits the answer."""
    if len(text) * 6 <= MAX_ANSWER_BYTES:  # no character takes more than six bytes
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(json.dumps(text[:middle], ensure_ascii=False).encode()) <= MAX_ANSWER_BYTES:
            low = middle
        else:
            high = middle - 1
    return text[:low]
