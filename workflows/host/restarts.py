"""When a server may be started again: back-off with jitter, and a breaker for one that never stays up. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

STORM_STARTS = 5
"""Starts within the window after which no more are made."""
STORM_WINDOW_S = 300.0
BREAKER_S = 60.0
"""How long nothing is started then; after it, one start is let through."""
HEALTHY_AFTER_S = 60.0
"""A server that stayed up this long has recovered."""
_BASE_S = 0.2
_CAP_S = 30.0


class Restarts:
    """Counts starts and ends of one server.

    Args:
        now: monotonic seconds.
        random: chance in ``[0, 1)``.
    """

    def __init__(self, now: Callable[[], float], random: Callable[[], float]) -> None:
        self._now = now
        self._random = random
        self._starts: deque[float] = deque()
        self._not_before = 0.0
        self.failures = 0
        """Starts in a row that did not last."""

    def begun(self) -> None:
        """A start is made now."""
        self._starts.append(self._now())

    def ended(self, *, up_s: float) -> None:
        """The server is gone, or did not come up.

        Args:
            up_s: how long it answered; 0 when it never did.
        """
        if up_s >= HEALTHY_AFTER_S:
            self.failures = 0
            self._starts.clear()
        self.failures += 1
        longest = min(_CAP_S, _BASE_S * 2.0 ** min(self.failures - 1, 16))
        self._not_before = self._now() + longest * (1.0 - 0.5 * self._random())
        if self._storm():
            self._not_before = self._now() + BREAKER_S

    def wait_s(self) -> float:
        """Seconds until the next start is allowed; 0 or less when it is now."""
        return self._not_before - self._now()

    def blocked(self) -> bool:
        """Whether the breaker is open: calls are answered at once instead of waiting."""
        return self.failures > 0 and self._storm() and self.wait_s() > 0

    def forgive(self) -> None:
        """Somebody asked for a restart: the past does not count."""
        self.failures = 0
        self._not_before = 0.0
        self._starts.clear()

    def _storm(self) -> bool:
        oldest = self._now() - STORM_WINDOW_S
        while self._starts and self._starts[0] < oldest:
            self._starts.popleft()
        return len(self._starts) >= STORM_STARTS
