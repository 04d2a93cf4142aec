"""What a handler or command wants done. Handlers decide; the route job stores; workers act."""

from __future__ import annotations

from dataclasses import dataclass

from bot.models import WorkItem


@dataclass(frozen=True, slots=True)
class Decision:
    """Work to be stored, and why; nothing in it has happened yet."""

    work: tuple[WorkItem, ...] = ()
    reason: str = ""
    """For the log and the deliveries page: ``draft pull request``, ``review queued``."""

    def __add__(self, other: Decision) -> Decision:
        """Both decisions."""
        reasons = "; ".join(r for r in (self.reason, other.reason) if r)
        return Decision(self.work + other.work, reasons)


NOTHING = Decision()
