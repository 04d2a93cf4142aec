"""What comes out of a server process, as lines, and how its input and its end are noticed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from workflows.host.framing import LineSplitter, Oversized

STDERR_LINES = 200
"""Lines of standard error that are kept."""
_STDERR_LINE_BYTES = 2000
_LAST_WORDS_S = 0.1
_PAUSE_ABOVE_BYTES = 16 * 1024 * 1024
_PAUSE_ABOVE_LINES = 2000


class Pipes(asyncio.SubprocessProtocol):
    """What comes out of a process, as lines; how its input and its end are noticed."""

    def __init__(self) -> None:
        self.ended = False
        self.on_end: Callable[[], None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()
        self._exited = False
        self._output_closed = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._splitter = LineSplitter()
        self._lines: deque[bytes | Oversized] = deque()
        self._queued_bytes = 0
        self._paused = False
        self._discarding = False
        self._bell = asyncio.Event()
        self._errors: deque[str] = deque(maxlen=STDERR_LINES)
        self._error_splitter = LineSplitter(_STDERR_LINE_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process is running."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Output (1) or standard error (2) arrived."""
        if fd == 1 and not self._discarding:
            for line in self._splitter.feed(data):
                self._lines.append(line)
                self._queued_bytes += len(line) if isinstance(line, bytes) else 0
            self._bell.set()
            self._throttle()
        elif fd != 1:
            for line in self._error_splitter.feed(data):
                text = line if isinstance(line, bytes) else line.head[:_STDERR_LINE_BYTES]
                self._errors.append(text.decode("utf-8", "replace").rstrip("\r"))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The process closed one of its pipes."""
        if fd == 0:
            self.writable.set()
            self._end_soon()
        elif fd == 1:
            self._output_closed = True
            self._end_soon()

    def process_exited(self) -> None:
        """The process is gone; its output may still be under way."""
        self._exited = True
        self._end_soon()

    def pause_writing(self) -> None:
        """Its input is full."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Its input has room again."""
        self.writable.set()

    def end(self) -> None:
        """Nothing more will come."""
        if self.ended:
            return
        self.ended = True
        self.writable.set()
        self._bell.set()
        if self.on_end is not None:
            self.on_end()

    def discard(self) -> None:
        """Drop what comes from now on, so that a process blocked on its output can end."""
        self._discarding = True
        self._lines.clear()
        self._queued_bytes = 0
        self._throttle()
        self.end()

    def stderr(self) -> tuple[str, ...]:
        """The last lines of standard error."""
        return tuple(self._errors)

    async def next_line(self) -> bytes | Oversized | None:
        """The next line of output, or None when nothing more will come."""
        while not self._lines:
            if self.ended:
                return None
            self._bell.clear()
            await self._bell.wait()
        line = self._lines.popleft()
        self._queued_bytes -= len(line) if isinstance(line, bytes) else 0
        self._throttle()
        return line

    def _end_soon(self) -> None:
        # Output still under way and the exit code are both worth a moment. But neither may be waited for: a
        # child that inherited the pipe can hold it open for ever, and a server can close it and stay.
        if self._exited and self._output_closed:
            self.end()
        else:
            asyncio.get_running_loop().call_later(_LAST_WORDS_S, self.end)

    def _throttle(self) -> None:
        full = self._queued_bytes > _PAUSE_ABOVE_BYTES or len(self._lines) > _PAUSE_ABOVE_LINES
        if full == self._paused or self._transport is None:
            return
        stdout = self._transport.get_pipe_transport(1)
        if stdout is None or stdout.is_closing():
            return
        self._paused = full
        reading = cast("asyncio.ReadTransport", stdout)
        if full:
            reading.pause_reading()
        else:
            reading.resume_reading()
