"""Locks between processes: a file lock of the operating system, waited for without blocking the event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from review.errors import CheckoutError

_POLL_S = 0.02
_POLL_MAX_S = 0.25


class LockBusyError(CheckoutError):
    """Somebody else holds the lock. The operating system lets go of it when that process ends."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Another review holds {name}; it did not come free in time.", transient=True)


@dataclass(frozen=True, slots=True)
class FileLock:
    """One lock file. Its time of change is the time of last use."""

    path: Path
    shared: bool = False
    """Whether others may hold it, too, as long as they share."""

    @asynccontextmanager
    async def held(self, timeout_s: float) -> AsyncIterator[None]:
        """Hold the lock, waiting for it at most so long.

        Raises:
            LockBusyError: it did not come free in time.
        """
        deadline = monotonic() + timeout_s
        pause = _POLL_S
        while True:
            try:
                handle = self._take()
                break
            except LockBusyError:
                if monotonic() >= deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _POLL_MAX_S)
        try:
            yield
        finally:
            os.close(handle)

    @contextmanager
    def now(self) -> Iterator[None]:
        """Hold the lock if it is free.

        Raises:
            LockBusyError: it is not.
        """
        handle = self._take()
        try:
            yield
        finally:
            os.close(handle)

    def _take(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        kind = fcntl.LOCK_SH if self.shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise LockBusyError(self.path.name) from None
        os.utime(handle)
        return handle
