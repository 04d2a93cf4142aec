"""The real service as a subprocess, set up against the stand-in GitHub: start, wait, kill, look."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiohttp

from support.github import GitHub

START_LIMIT_S = 60.0
T = TypeVar("T")


async def until(look: Callable[[], T | None], *, limit_s: float, what: str, also: Callable[[], str] = lambda: "") -> T:
    """Look again and again until the answer is true; bounded.

    Raises:
        AssertionError: not in time; the message says what was waited for and what ``also`` adds.
    """
    end = time.monotonic() + limit_s
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit_s:.0f} s for {what}\n{also()}")
        await asyncio.sleep(0.05)


class Service:
    """``patchwarden serve`` with its data folder."""

    def __init__(self, github: GitHub, folder: Path, secret: str, further: dict[str, str]) -> None:
        self.folder = folder
        self.log_file = folder / "service.log"
        self._github = github
        self._secret = secret
        self._further = further
        self._process: asyncio.subprocess.Process | None = None
        self.address = ""

    @property
    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def tail(self) -> str:
        """The end of what it said, for failures."""
        return self.log[-6000:]

    async def start(self) -> None:
        """Start it and wait until it is ready; the App's webhooks go to it from then on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder / "app.pem"
        key.write_text(self._github.private_key)
        key.chmod(0o600)
        offset = len(self.log)
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 - the child's own environment
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PATCHWARDEN_DATA_DIR": str(self.folder / "data"),
            "PATCHWARDEN_PORT": "0",
            "PATCHWARDEN_GITHUB_APP_ID": str(self._github.app.id),
            "PATCHWARDEN_GITHUB_PRIVATE_KEY_FILE": str(key),
            "PATCHWARDEN_GITHUB_WEBHOOK_SECRET": self._secret,
            "PATCHWARDEN_GITHUB_API_URL": self._github.api_url,
            **self._further,
        }
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("patchwarden")), "serve",
                env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip

        def listening() -> re.Match[str] | None:
            assert self._process is not None
            assert self._process.returncode is None, f"the service ended\n{self.tail()}"
            return re.search(r"listening on (http://\S+)", self.log[offset:])

        found = await until(listening, limit_s=START_LIMIT_S, what="the service to listen", also=self.tail)
        self.address = found.group(1)
        self._github.webhook(f"{self.address}/webhooks/github", self._secret)

    async def get(self, path: str) -> tuple[int, str]:
        """Ask the service over HTTP."""
        async with aiohttp.ClientSession() as session, session.get(self.address + path) as response:
            return response.status, await response.text()

    def worker_pids(self) -> list[int]:
        """Process ids of its workers: children of the serving process that run ``bot worker``."""
        assert self._process is not None
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                argv = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"worker" in argv and parent == self._process.pid:
                    found.append(int(entry.name))
        return found

    def kill_worker(self) -> int:
        """SIGKILL the worker; gives the id it had."""
        (pid,) = self.worker_pids()
        os.kill(pid, signal.SIGKILL)
        return pid

    async def kill(self) -> None:
        """SIGKILL the serving process itself; what it started must notice by itself."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Ctrl-C; gives the exit status."""
        process = self._process
        if process is None or process.returncode is not None:
            return process.returncode if process is not None and process.returncode is not None else 0
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            return await process.wait()


@asynccontextmanager
async def service(github: GitHub, folder: Path, **further: str) -> AsyncIterator[Service]:
    """A running service; ended in any case.

    Args:
        github: where it works.
        folder: for its data and log.
        further: more settings.
    """
    running = Service(github, folder, "0123456789" * 4, further)
    try:
        await running.start()
        yield running
    finally:
        with suppress(AssertionError, TimeoutError):
            await running.stop()
        with suppress(ProcessLookupError, AssertionError):
            await running.kill()
