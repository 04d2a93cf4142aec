"""Bounded waiting: looks again and again until something holds, or fails saying what did not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], bool | Awaitable[bool]], *, limit_s: float = 5.0, what: str = "condition") -> None:
    """Wait until ``holds`` gives true.

    Raises:
        AssertionError: it did not within ``limit_s`` seconds.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + limit_s
    while True:
        answer = holds()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        assert loop.time() < give_up, f"{what} did not hold within {limit_s} s"
        await asyncio.sleep(0.01)
