"""What confines a command: tried once, applied to each run, and reported as it is.

Two kinds. ``bubblewrap``: own user, process, network and mount name spaces, the workspace read-only, everything
else but programs absent. ``rlimits``: resource limits, no new privileges and, where the kernel allows it, an own
network name space, but the files of this user stay readable. Neither is claimed before a trial run succeeded.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from servers.guard import process
from servers.guard.fault import Code, Fault

Kind = Literal["bubblewrap", "rlimits"]
MAX_FILE_BYTES = 67_108_864
MAX_OPEN_FILES = 1024
_BLOCK_BYTES = 512
"""Unit of ``ulimit -f``. Source: POSIX, ulimit."""
_CPU_FACTOR = 4
"""CPU seconds per second of time limit: engines use several threads."""
_TRIAL = process.Limits(timeout_s=10, max_stdout_bytes=4096)
_LIMITER = 'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; ulimit -n "$3"; ulimit -d "$4"; shift 4; exec "$@"'
"""A constant: limits, program and arguments come as positional parameters, so nothing is parsed by the shell.

A shell is the one program everywhere that sets limits and then becomes the program, and it starts in a millisecond.
``-d`` bounds private writable memory; the address space is not bounded, since Go and Node reserve far more than
they use.
"""
_SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")


@dataclass(frozen=True, slots=True)
class Means:
    """What the trial found to work on this machine."""

    kind: Kind
    prefix: tuple[str, ...]
    """Program and options in front of every command, network shared."""
    isolation: tuple[str, ...]
    """Further prefix that takes the network away; empty when nothing can."""
    no_new_privileges: bool
    limits: bool


@dataclass(frozen=True, slots=True)
class Confined:
    """A command line ready to start, and what is in force for it."""

    argv: list[str]
    kind: Kind
    network: Literal["none", "host"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one run."""

    timeout_s: float
    memory_mb: int
    network: bool
    """Whether the command needs the network."""


class Sandbox:
    """Confines command lines. The trial happens at the first use and its result stays."""

    def __init__(self, wanted: str, readable: Sequence[str]) -> None:
        """Choose.

        Args:
            wanted: ``bubblewrap`` to accept nothing less; empty for the best that works.
            readable: folders programs need besides the system's: interpreters, engines' rule files.
        """
        self._wanted = wanted
        self._readable = tuple(dict.fromkeys(os.path.realpath(folder) for folder in readable))
        self._means: Means | None = None
        self._lock = asyncio.Lock()

    async def means(self) -> Means:
        """What works here.

        Raises:
            Fault: ``unavailable`` when bubblewrap is demanded and does not work.
        """
        async with self._lock:
            if self._means is None:
                self._means = await self._tried()
        if self._wanted == "bubblewrap" and self._means.kind != "bubblewrap":
            raise Fault(
                Code.UNAVAILABLE,
                "WARP_SANDBOX=bubblewrap, but bubblewrap is missing or may not create name spaces here",
                retryable=False,
            )
        return self._means

    async def confine(self, argv: Sequence[str], bounds: Bounds, *, cwd: str, workspace: str, scratch: str) -> Confined:
        """Put a command line under what works here."""
        means = await self.means()
        limited = [*_limiter(bounds), *argv] if means.limits else list(argv)
        if means.kind == "bubblewrap":
            wrapped = self._bubblewrap(means.prefix[0], cwd=cwd, workspace=workspace, scratch=scratch)
            network = ["--share-net"] if bounds.network else []
            return Confined([*wrapped, *network, "--", *limited], "bubblewrap", "host" if bounds.network else "none")
        isolated = bool(means.isolation) and not bounds.network
        front = (*(means.isolation if isolated else ()), *means.prefix)
        return Confined([*front, *limited], "rlimits", "none" if isolated else "host")

    def _bubblewrap(self, program: str, *, cwd: str, workspace: str, scratch: str) -> list[str]:
        argv = [program, "--die-with-parent", "--new-session", "--unshare-all", "--unshare-user"]
        argv += ("--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev")
        argv += ("--tmpfs", "/tmp")  # noqa: S108 - a fresh one, seen by this command only
        for path in (*_SYSTEM_FOLDERS, *_SYSTEM_FILES, *self._readable):
            argv += ("--ro-bind-try", path, path)
        argv += ("--ro-bind", workspace, workspace, "--bind", scratch, scratch, "--chdir", cwd)
        return argv

    async def _tried(self) -> Means:
        scratch = tempfile.mkdtemp(prefix="simple-warp-trial-")
        try:
            limits = await _works([*_limiter(Bounds(10, 512, network=False)), "/bin/sh", "-c", "ulimit -n"], scratch)
            bubblewrap = shutil.which("bwrap")
            if bubblewrap:
                front = self._bubblewrap(bubblewrap, cwd=scratch, workspace=scratch, scratch=scratch)
                # The trial program is our own interpreter: the commands' programs live beside it.
                trial = [*front, "--", sys.executable, "-I", "-S", "-c", "pass"]
                if await _works(trial, scratch) is not None:
                    return Means(
                        "bubblewrap", (bubblewrap,), ("--unshare-net",), no_new_privileges=True, limits=bool(limits)
                    )
            privileges = await _first_working([["setpriv", "--no-new-privs", "--"]], scratch)
            isolation = await _first_working([["unshare", "-n", "--"], ["unshare", "-r", "-n", "--"]], scratch)
            in_force = limits == f"{MAX_OPEN_FILES}\n"
            return Means("rlimits", privileges, isolation, no_new_privileges=bool(privileges), limits=in_force)
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


def _limiter(bounds: Bounds) -> list[str]:
    cpu_s = max(10, round(bounds.timeout_s * _CPU_FACTOR))
    numbers = (cpu_s, MAX_FILE_BYTES // _BLOCK_BYTES, MAX_OPEN_FILES, bounds.memory_mb * 1024)
    return ["/bin/sh", "-c", _LIMITER, "limits", *map(str, numbers)]


async def _first_working(fronts: Sequence[Sequence[str]], scratch: str) -> tuple[str, ...]:
    for front in fronts:
        program = shutil.which(front[0])
        if program is not None and await _works([program, *front[1:], "/bin/sh", "-c", "exit 0"], scratch) is not None:
            return (program, *front[1:])
    return ()


async def _works(argv: Sequence[str], scratch: str) -> str | None:
    """What a trial printed; None when it failed."""
    try:
        done = await process.run(argv, cwd=scratch, env={"PATH": os.defpath}, limits=_TRIAL)
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.exit_code == 0 and not done.timed_out else None


def interpreter_folders() -> list[str]:
    """Where our Python, its packages and the programs beside it lie."""
    return [sys.prefix, sys.base_prefix, os.fspath(Path(sys.executable).resolve().parent.parent)]
