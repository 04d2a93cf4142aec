"""The contract of a publisher: writes a finished report to one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from bot.job import Lease
from bot.models import PublishReceipt, ReviewTarget
from review.diff import Diff
from review.models import ReviewReport

if TYPE_CHECKING:
    from bot.services import PublishingServices


class Publisher(Protocol):
    """One channel. Registered in ``bot.publishers.ALL``; a failing one never stops the others."""

    name: ClassVar[str]

    async def publish(
        self,
        report: ReviewReport,
        diff: Diff,
        target: ReviewTarget,
        services: PublishingServices,
        lease: Lease,
    ) -> PublishReceipt:
        """Write the report. Safe to repeat: looks before it writes."""
        ...
