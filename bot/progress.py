"""Shows on the check run how far a review is: the newest word, every few seconds at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from bot.errors import ServiceError

INTERVAL_S = 5.0
LAST_REQUEST_S = 30.0

_log = structlog.get_logger(__name__)


class Progress:
    """Takes news at any rate, from any thread, and passes the newest on in peace."""

    def __init__(self, show: Callable[[str], Awaitable[None]]) -> None:
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._stopped = asyncio.Event()
        self._text = ""

    def __call__(self, phase: str, detail: str = "") -> None:
        """Note what is going on now: a phase, and a sentence for a person, which is shown."""
        self._text = detail or phase
        self._loop.call_soon_threadsafe(self._news.set)

    async def run(self, interval_s: float) -> None:
        """Pass news on until stopped. What GitHub does not take now is old a moment later anyway."""
        while not self._stopped.is_set():
            await self._news.wait()
            self._news.clear()
            if self._stopped.is_set():
                return
            try:
                await self._show(self._text)
            except ServiceError as error:
                _log.info("progress not shown", reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), interval_s)

    def stop(self) -> None:
        """Show nothing more; what is on its way may arrive."""
        self._stopped.set()
        self._news.set()


@asynccontextmanager
async def shown_progress(
    show: Callable[[str], Awaitable[None]], *, interval_s: float = INTERVAL_S
) -> AsyncIterator[Progress]:
    """Progress for as long as the context lasts; nothing is sent after it.

    On a good end a request on its way is waited for: broken off, it could reach GitHub after the conclusion.
    """
    progress = Progress(show)
    task = asyncio.create_task(progress.run(interval_s), name="progress")
    try:
        yield progress
        progress.stop()
        await asyncio.wait({task}, timeout=LAST_REQUEST_S)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
