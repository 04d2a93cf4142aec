"""Watches the servers: probes the quiet ones, says when one goes down or comes back, and restarts it."""

from __future__ import annotations

import asyncio
import random as chance
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from workflows.clock import SystemClock
from workflows.host.models import HealthStatus, MCPServerStatus
from workflows.host.pool import ServerPool
from workflows.models import HealthSample
from workflows.ports import Clock, HealthLog

DOWN_AFTER = 3
"""Failed looks in a row until a server counts as down."""
UP_AFTER = 2
"""Good looks in a row until it counts as up again."""
GREET_EVERY_S = 2.0
"""A server that was just started is seen after so long; a matter of reading memory, not of asking it."""
_JITTER = 0.2
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Watch:
    """What is remembered of one server between two looks."""

    down: bool = False
    failed: int = 0
    good: int = 0
    seen_ok: float | None = None
    shown: HealthStatus | None = None


class HealthMonitor:
    """Looks at every server at intervals.

    A server nobody has used is left alone: it is neither started nor logged. One that answered a call since the
    last look is well without being asked; one that is busy is not disturbed. Only the others are probed.

    Args:
        pool: the servers.
        log: where each look is remembered; None remembers nothing.
        clock: waiting between looks.
        interval_s: seconds between looks, give or take a tenth.
        random: chance for that.
    """

    def __init__(
        self,
        pool: ServerPool,
        log: HealthLog | None = None,
        clock: Clock | None = None,
        *,
        interval_s: float = 30.0,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._pool = pool
        self._history = log
        self._clock = clock or SystemClock()
        self._interval_s = interval_s
        self._random = random
        self._watches = {name: _Watch() for name in pool.names}

    async def run(self) -> None:
        """Look, wait, look again, until cancelled."""
        while True:
            await self.look()
            left_s = self._interval_s * (1.0 + _JITTER * (self._random() - 0.5))
            while left_s > 0:
                await self._clock.sleep(min(left_s, GREET_EVERY_S))
                left_s -= GREET_EVERY_S
                await self._greet()

    async def look(self) -> None:
        """Look at every server once, at the same time."""
        await asyncio.gather(*(self._look_at(name, watch) for name, watch in self._watches.items()))

    async def _greet(self) -> None:
        """Look at servers that began since the last round, so that nobody waits for the next to see them."""
        new = [(n, w) for n, w in self._watches.items() if w.shown is None and self._pool.status(n).started]
        await asyncio.gather(*(self._look_at(name, watch) for name, watch in new))

    def snapshot(self) -> dict[str, HealthStatus]:
        """The latest state of every server: of the last look, or what the pool knows when there was none."""
        return {name: watch.shown or self._pool.status(name) for name, watch in self._watches.items()}

    async def _look_at(self, name: str, watch: _Watch) -> None:
        known = self._pool.status(name)
        if not known.started:
            return
        last_ok = self._pool.last_ok(name)
        answered = last_ok is not None and last_ok != watch.seen_ok
        watch.seen_ok = last_ok
        if known.protocol_version is not None and not answered:
            if self._pool.busy(name):
                # a server at work answers late: that says nothing
                return
            known = await self._pool.probe(name)
        if known.protocol_version is None and known.status is MCPServerStatus.HEALTHY:
            # still starting
            return
        watch.shown = self._judge(name, watch, known)
        await self._remember(name, watch.shown)

    def _judge(self, name: str, watch: _Watch, seen: HealthStatus) -> HealthStatus:
        """Apply hysteresis, so that one slow answer is no alarm and one good one no all-clear."""
        if seen.status in (MCPServerStatus.HEALTHY, MCPServerStatus.DEGRADED):
            watch.good, watch.failed = watch.good + 1, 0
            if watch.down and watch.good >= UP_AFTER:
                watch.down = False
                _log.info("server_recovered", server=name)
            if watch.down:
                return seen.model_copy(update={"status": MCPServerStatus.DEGRADED, "error_message": "is coming back"})
            return seen
        watch.failed, watch.good = watch.failed + 1, 0
        if not watch.down and watch.failed >= DOWN_AFTER:
            watch.down = True
            _log.error("server_down", server=name, reason=seen.error_message, looks=watch.failed)
        if watch.down:
            # asked again at each look: back-off and breaker are the pool's
            self._pool.revive(name)
            return seen
        return seen.model_copy(update={"status": MCPServerStatus.DEGRADED})

    async def _remember(self, name: str, seen: HealthStatus) -> None:
        if self._history is None:
            return
        sample = HealthSample(
            server_name=name,
            status=seen.status.value,
            response_time_ms=seen.response_time_ms,
            error_message=seen.error_message,
            checked_at=seen.last_check,
        )
        try:
            await self._history.record(sample)
        except Exception:  # noqa: BLE001 - a log that is away must not end the watch over the servers
            _log.exception("health_not_recorded", server=name)
