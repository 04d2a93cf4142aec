"""A clock wound by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class WoundClock:
    """Stands still until told to go on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.time

    def forward(self, seconds: float = 0.0, *, days: float = 0.0) -> None:
        """Wind it on."""
        self.time += timedelta(days=days, seconds=seconds)
