"""The catch-up: asks GitHub for the deliveries that met a dead service, since GitHub never repeats one by itself."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from bot.errors import TransientError
from bot.github.errors import ForbiddenError, GitHubRefusedError, NotFoundError, UnauthorizedError

if TYPE_CHECKING:
    from bot.github.deliveries import DeliveryAttempt
    from bot.services import WorkerServices

FIRST_AFTER_S = 5.0
EVERY_S = 3600.0
AGAIN_AFTER_S = 300.0
"""After a look that failed, or that left something to ask for."""
DUE_EVERY_S = 1.0
KEPT = timedelta(days=3)
"""Older deliveries cannot be asked for. Source: GitHub Docs, "Redelivering webhooks"."""
SETTLED = timedelta(seconds=60)
"""A younger delivery may still be on its way to the inbox. GitHub gives up on it after 10 s."""
OVERLAP = timedelta(minutes=10)
"""So far a look reaches back before the last complete one: more than ``SETTLED`` and two clocks that differ."""
MAX_LISTED = 1000
"""Ten pages."""
MAX_ASKED = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at GitHub's log of deliveries came to."""

    listed: int
    missing: int
    """Deliveries of events we handle that nobody took."""
    asked_again: int = 0
    refused: int = 0
    cut: bool = False
    """Whether the log goes on beyond what was read."""

    @property
    def left(self) -> int:
        """Missing ones for the next look."""
        return self.missing - self.asked_again - self.refused

    @property
    def complete(self) -> bool:
        """Whether all deliveries before it are accounted for."""
        return not self.missing and not self.cut


class CatchUp:
    """One in every worker. Two that ask for the same delivery do no harm: the inbox stores its id once."""

    def __init__(
        self,
        services: WorkerServices,
        events: frozenset[str],
        *,
        first_after_s: float = FIRST_AFTER_S,
        every_s: float = EVERY_S,
        again_after_s: float = AGAIN_AFTER_S,
    ) -> None:
        """Take what it needs.

        Args:
            services: database, GitHub App, metrics and clock are used.
            events: names of the events the door stores.
            first_after_s: seconds from now to the first look.
            every_s: seconds between two looks.
            again_after_s: seconds to the next look after one that failed or left something.
        """
        self._services = services
        self._events = events
        self._every_s = every_s
        self._again_after_s = again_after_s
        self._due = monotonic() + first_after_s
        self._complete_at = datetime.min.replace(tzinfo=UTC) + OVERLAP

    async def catch_up(self) -> None:
        """Look when it is time.

        Raises:
            TransientError: the look failed; a later call looks again.
            PermanentError: as well, but somebody must mend the App first.
        """
        if monotonic() < self._due:
            return
        # Spread, so that workers that started together do not ask for the same deliveries for ever.
        self._due = monotonic() + self._every_s * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load
        try:
            look = await self.look()
        except TransientError as error:
            self._due = monotonic() + max(self._again_after_s, error.retry_after_s or 0.0)
            raise
        if look.left:
            self._due = monotonic() + self._again_after_s

    async def look(self) -> Look:
        """Read GitHub's log back to the last complete look, and ask for what is missing, oldest first.

        Raises:
            TransientError: GitHub or the database cannot be reached now.
            PermanentError: GitHub does not accept the App.
        """
        now = self._services.now()
        try:
            attempts, cut = await self._listed(max(now - KEPT, self._complete_at - OVERLAP))
        except NotFoundError:  # the App has no webhook
            log.debug("no deliveries to look at")
            return Look(0, 0)
        lost = await self._not_stored(missed(attempts, self._events, before=now - SETTLED))
        asked = 0
        tried = lost[:MAX_ASKED]
        for attempt in tried:
            asked += await self._ask(attempt)
        look = Look(len(attempts), len(lost), asked, len(tried) - asked, cut)
        if look.complete:
            self._complete_at = now
        log.info(
            "looked for missed deliveries",
            listed=look.listed,
            missing=look.missing,
            asked_again=look.asked_again,
            refused=look.refused,
            left=look.left,
            cut=look.cut,
        )
        return look

    async def _listed(self, since: datetime) -> tuple[list[DeliveryAttempt], bool]:
        """Attempts since then, newest first, and whether there are more than we read."""
        found: list[DeliveryAttempt] = []
        # All of them: GitHub's own filter for failures stands for answers from 400 on, not for no answer at all.
        async with aclosing(self._services.github.deliveries()) as attempts:
            async for attempt in attempts:
                if attempt.delivered_at < since:
                    break
                found.append(attempt)
                if len(found) == MAX_LISTED:
                    return found, True
        return found, False

    async def _not_stored(self, lost: Sequence[DeliveryAttempt]) -> list[DeliveryAttempt]:
        if not lost:
            return []
        async with self._services.database.begin(read_only=True) as tx:
            known = await tx.inbox.known([attempt.guid for attempt in lost])
        return [attempt for attempt in lost if attempt.guid not in known]

    async def _ask(self, attempt: DeliveryAttempt) -> bool:
        """Ask for one; False when GitHub will not send this one again."""
        outcome = "failed"
        try:
            await self._services.github.redeliver(attempt.id)
            outcome = "asked_again"
        except (UnauthorizedError, ForbiddenError):
            raise
        except GitHubRefusedError as error:
            outcome = "refused"
            log.warning("delivery not sent again", delivery_id=attempt.guid, error=str(error))
        finally:
            self._services.metrics.missed_deliveries.labels(outcome).inc()
        return outcome == "asked_again"


def missed(attempts: Sequence[DeliveryAttempt], events: frozenset[str], *, before: datetime) -> list[DeliveryAttempt]:
    """Deliveries nobody took, each by its first attempt, oldest first.

    One whose first attempt is not among ``attempts`` is left out: it is too old, and asking for it each time its
    last repetition fails would never end.
    """
    by_guid: defaultdict[str, list[DeliveryAttempt]] = defaultdict(list)
    for attempt in attempts:
        by_guid[attempt.guid].append(attempt)
    found = []
    for group in by_guid.values():
        first = min(group, key=lambda attempt: attempt.delivered_at)
        taken = any(attempt.ok for attempt in group)
        if not taken and not first.redelivery and first.event in events and first.delivered_at < before:
            found.append(first)
    return sorted(found, key=lambda attempt: attempt.delivered_at)
