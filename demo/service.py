"""The real service as the demo runs it: a subprocess with settings and secrets in a temporary folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

READY_LIMIT_S = 60.0
STOP_LIMIT_S = 40.0
"""A worker lets a running review finish for 20 s before it stops."""
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""What the service inherits; settings of the person's own must not leak into the demo."""
ADDRESS = re.compile(r"listening on (http://\S+)")


class ServiceError(Exception):
    """The service did not start, or ended."""


class Service:
    """``patchwarden serve``.

    Args:
        folder: for its data, key, secrets and log; nobody else may read it.
        environ: what the demo itself was started with.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self.log_file = folder / "service.log"
        self.webhook_secret = secrets.token_hex(32)
        self.address = ""

    def _file(self, name: str, text: str) -> str:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return str(path)

    async def start(self, app_id: int, private_key: str, api_url: str, graphql_url: str) -> None:
        """Start it; wait until it says that it is ready.

        Raises:
            ServiceError: it ended or was not ready in time.
        """
        inherited = {name: self._environ[name] for name in KEPT if name in self._environ}
        environment = inherited | {
            "HOME": str(self._folder),
            "PATCHWARDEN_DATA_DIR": str(self._folder / "data"),
            "PATCHWARDEN_PORT": "0",
            "PATCHWARDEN_GITHUB_APP_ID": str(app_id),
            "PATCHWARDEN_GITHUB_PRIVATE_KEY_FILE": self._file("app.pem", private_key),
            "PATCHWARDEN_GITHUB_WEBHOOK_SECRET_FILE": self._file("webhook-secret", self.webhook_secret),
            "PATCHWARDEN_GITHUB_API_URL": api_url,
            "PATCHWARDEN_GITHUB_GRAPHQL_URL": graphql_url,
        }
        program = Path(sys.executable).parent / "patchwarden"
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(program),
                "serve",
                cwd=self._folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(READY_LIMIT_S), aiohttp.ClientSession() as session:
                while not await self._ready(session):  # noqa: ASYNC110 - it waits for another process
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ServiceError(f"it was not ready within {READY_LIMIT_S:.0f} s") from None

    async def _ready(self, session: aiohttp.ClientSession) -> bool:
        self.check()
        found = ADDRESS.search(self.log())
        if found is None:
            return False
        self.address = found[1]
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{self.address}/readyz") as answer:
                return answer.status == 200  # noqa: PLR2004 - HTTP's OK
        return False

    def check(self) -> None:
        """Make sure it still runs.

        Raises:
            ServiceError: it ended by itself.
        """
        if self._process is not None and self._process.returncode is not None:
            raise ServiceError(f"it ended with status {self._process.returncode}")

    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    async def stop(self) -> None:
        """Stop it as Ctrl-C would; what does not stop in time is killed. Nothing but its own processes is touched."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
        # The session was made for it alone, so its id names only what it started.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
