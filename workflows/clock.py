"""The real clock: what the ``Clock`` port is outside of tests."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Monotonic time and waiting of the running event loop."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
