"""Runs one program: no shell, own process group, time limit, and output caps while reading."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

_GRACE_S = 2.0
"""Seconds to collect a killed group's last output before its pipes are given up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may cost."""

    timeout_s: float
    max_stdout_bytes: int
    max_stderr_bytes: int = 1_048_576
    stop_at_cap: bool = False
    """Kill the program when its standard output is full; otherwise the rest is read and dropped."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    stdout: bytes
    stderr: bytes
    timed_out: bool
    truncated: bool
    """Whether a stream was longer than its cap."""
    duration_ms: int


class _Collector(asyncio.SubprocessProtocol):
    """Keeps the head of each stream up to its cap, and tells the leader's end from the pipes' end.

    Not ``asyncio.subprocess``: its ``wait`` returns only when the pipes are closed, and a child that left the group
    may hold them open for as long as it likes.
    """

    def __init__(self, limits: Limits) -> None:
        self.caps = {1: limits.max_stdout_bytes, 2: limits.max_stderr_bytes}
        self.kept = {1: bytearray(), 2: bytearray()}
        self.truncated = False
        self.stop_at_cap = limits.stop_at_cap
        self.ended = asyncio.Event()
        """The leader has ended, or its output is full and it shall."""
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        """The leader has ended and both pipes are at their end."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        room = self.caps[fd] - len(self.kept[fd])
        self.kept[fd] += data[:room]
        if len(data) > room:
            self.truncated = True
            if self.stop_at_cap and fd == 1:
                self.ended.set()

    def process_exited(self) -> None:
        self.exited.set()
        self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.closed.set()


async def run(
    argv: Sequence[str], *, cwd: str, env: Mapping[str, str], limits: Limits, stdin: bytes = b""
) -> Completed:
    """Run a program to its end or to its limit; its whole process group is gone afterwards.

    Args:
        argv: program and arguments; the program should be an absolute path.
        cwd: working directory.
        env: the complete environment of the child.
        limits: time and output bounds.
        stdin: fixed input.

    Raises:
        OSError: the program could not be started.
    """
    started = monotonic()
    transport, collector = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Collector(limits),
        *argv,
        cwd=cwd,
        env=dict(env),
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    timed_out = False
    try:
        _feed(transport, stdin)
        timed_out = not await _within(limits.timeout_s, collector.ended)
    finally:
        # Also on cancellation, and for grandchildren that outlived their leader.
        _kill_group(transport.get_pid())
        await _within(_GRACE_S, collector.exited)
        await _within(_GRACE_S, collector.closed)
        exit_code = transport.get_returncode()
        transport.close()
    return Completed(
        exit_code=-signal.SIGKILL if exit_code is None else exit_code,
        stdout=bytes(collector.kept[1]),
        stderr=bytes(collector.kept[2]),
        timed_out=timed_out,
        truncated=collector.truncated,
        duration_ms=round((monotonic() - started) * 1000),
    )


def _feed(transport: asyncio.SubprocessTransport, stdin: bytes) -> None:
    pipe = transport.get_pipe_transport(0)
    if stdin and isinstance(pipe, asyncio.WriteTransport):
        pipe.write(stdin)
        pipe.close()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event; False when the time ran out."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
