"""Keeps the worker process of ``patchwarden serve`` running: restarts it when it dies, ends it when we stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from asyncio.subprocess import Process

STOP_WAIT_S = 30.0
"""A worker lets running reviews finish for 20 s; then its leases are released and it ends."""
RESTART_FIRST_S = 0.2
RESTART_CAP_S = 10.0
HEALTHY_AFTER_S = 30.0

log = structlog.get_logger(__name__)


class WorkerProcess:
    """One child process running ``patchwarden worker``.

    The child holds the read end of a pipe from us as its standard input: when we are killed, even with
    SIGKILL, it reads the end of the pipe and stops by itself.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the child's whole environment."""
        self._environ = dict(environ)
        self._process: Process | None = None
        self._stopping = False
        self.restarts = 0

    async def run(self) -> None:
        """Start the child, and start it again whenever it ends before :meth:`stop`."""
        loop = asyncio.get_running_loop()
        delay_s = RESTART_FIRST_S
        while not self._told_to_stop():
            began = loop.time()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "bot", "worker", "--until-stdin-closes",
                stdin=asyncio.subprocess.PIPE, env=self._environ,
            )  # fmt: skip
            code = await self._process.wait()
            if self._told_to_stop():
                return
            delay_s = RESTART_FIRST_S if loop.time() - began > HEALTHY_AFTER_S else min(delay_s * 2, RESTART_CAP_S)
            self.restarts += 1
            log.warning("worker_ended", code=code, restart_in_s=delay_s, restarts=self.restarts)
            await asyncio.sleep(delay_s)

    def _told_to_stop(self) -> bool:
        return self._stopping

    async def stop(self) -> None:
        """End the child: politely, then firmly. Only the process started here is signalled."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WAIT_S):
                await process.wait()
        except TimeoutError:
            log.warning("worker_killed", after_s=STOP_WAIT_S)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
