"""How long a server was up, of the time it should have been. Pure."""

from __future__ import annotations

from collections.abc import Callable


class Uptime:
    """Adds up the intervals in which a server answered.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._wanted_at: float | None = None
        self._up_since: float | None = None
        self._up_s = 0.0
        self._judged = False

    @property
    def wanted(self) -> bool:
        """Whether anybody ever wanted the server."""
        return self._wanted_at is not None

    def want(self) -> None:
        """Somebody wants it; from the first time on it should be up."""
        if self._wanted_at is None:
            self._wanted_at = self._now()

    def up(self) -> None:
        """It answers now. The first time, what went before was no outage but its start."""
        self._up_since = self._now()
        if not self._judged:
            self._wanted_at, self._judged = self._up_since, True

    def down(self) -> float:
        """It does not answer any more, or did not come up; returns the seconds it was up."""
        up_s = self.up_for_s()
        self._up_s += up_s
        self._up_since, self._judged = None, True
        return up_s

    def up_for_s(self) -> float:
        """Seconds since it came up; 0 while it is down."""
        return 0.0 if self._up_since is None else self._now() - self._up_since

    def percentage(self) -> float:
        """Share of the time it should have been up, 0 to 100; 100 before anything is known."""
        if self._wanted_at is None or not self._judged:
            return 100.0
        total_s = self._now() - self._wanted_at
        up_s = self._up_s + self.up_for_s()
        if total_s <= 0:
            return 100.0 if self._up_since is not None else 0.0
        return round(min(100.0, 100.0 * up_s / total_s), 2)
