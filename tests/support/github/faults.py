"""GitHub on a bad day, on demand: errors, dropped connections, latency, rate limits."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Outcome = int | Literal["drop connection", "record then drop"]
"""A status to answer; or close the socket before, or after, the request took effect."""

WINDOW_S = 3_600
MINUTE_S = 60
POINTS = {"GET": 1, "HEAD": 1, "OPTIONS": 1}
WRITE_POINTS = 5


@dataclass(slots=True)
class Fault:
    """Something that goes wrong for the next requests that fit."""

    method: str
    path: re.Pattern[str]
    outcome: Outcome
    times: int = 1
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether it strikes this request."""
        return self.times > self.hits and self.method in {method, "*"} and self.path.search(path) is not None


class Faults:
    """Faults waiting to happen."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.latency_s = 0.0
        """Added to every request."""

    def add(self, fault: Fault) -> Fault:
        """Plan a fault."""
        self.waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, used up by one."""
        for fault in self.waiting:
            if fault.fits(method, path):
                fault.hits += 1
                return fault
        return None


@dataclass(slots=True)
class Refusal:
    """Why a rate limit stops a request."""

    status: int
    message: str
    headers: dict[str, str]


@dataclass(slots=True)
class Usage:
    """What one caller used."""

    used: int = 0
    reset: float = 0.0
    points: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)
    """By endpoint."""
    content: deque[float] = field(default_factory=deque)


class RateLimits:
    """Primary and secondary limits as GitHub documents them; None turns one off.

    Attributes:
        hourly: requests an hour for each caller.
        points_per_minute: for one endpoint; reads count 1, writes 5.
        content_per_minute: requests that create content.
        concurrent: requests at a time over all callers.
    """

    def __init__(self) -> None:
        self.hourly: int | None = 5_000
        self.points_per_minute: int | None = 900
        self.content_per_minute: int | None = 80
        self.concurrent: int | None = 100
        self.usage: dict[str, Usage] = {}
        self.under_way = 0
        self.refused = 0
        """Requests stopped so far."""

    def off(self) -> None:
        """No limits: for load tests of something else."""
        self.hourly = self.points_per_minute = self.content_per_minute = self.concurrent = None

    def admit(self, caller: str, method: str, endpoint: str, *, creates: bool) -> Refusal | None:
        """Count a request, or say why it is refused."""
        now = time.time()
        usage = self.usage.setdefault(caller, Usage())
        if now >= usage.reset:
            usage.used, usage.reset = 0, now + WINDOW_S
        points = usage.points.setdefault(endpoint, deque())
        cost = POINTS.get(method, WRITE_POINTS)
        refusal = self._primary(usage, caller) or self._secondary(usage, points, cost, creates=creates)
        if refusal is not None:
            self.refused += 1
            return refusal
        usage.used += 1
        points.append((now, cost))
        if creates:
            usage.content.append(now)
        return None

    def _primary(self, usage: Usage, caller: str) -> Refusal | None:
        if self.hourly is None or usage.used < self.hourly:
            return None
        return Refusal(403, f"API rate limit exceeded for {caller}.", {})

    def _secondary(self, usage: Usage, points: deque[tuple[float, int]], cost: int, *, creates: bool) -> Refusal | None:
        start = time.time() - MINUTE_S
        while points and points[0][0] < start:
            points.popleft()
        while usage.content and usage.content[0] < start:
            usage.content.popleft()
        spent = sum(p for _, p in points) + cost
        over = (
            (self.concurrent is not None and self.under_way > self.concurrent)
            or (self.points_per_minute is not None and spent > self.points_per_minute)
            or (creates and self.content_per_minute is not None and len(usage.content) >= self.content_per_minute)
        )
        return secondary(retry_after_s=MINUTE_S) if over else None

    def headers(self, caller: str) -> dict[str, str]:
        """``x-ratelimit-*`` for an answer."""
        usage = self.usage.setdefault(caller, Usage(reset=time.time() + WINDOW_S))
        limit = self.hourly if self.hourly is not None else 5_000
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(limit - usage.used, 0)),
            "x-ratelimit-used": str(usage.used),
            "x-ratelimit-reset": str(int(usage.reset)),
            "x-ratelimit-resource": "core",
        }


def secondary(retry_after_s: int | None, status: int = 403) -> Refusal:
    """The secondary limit's answer; GitHub sends it as 403 or 429, mostly with ``retry-after``."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on "
        "scraping GitHub and how it may affect your rights, please review our Terms of Service"
    )
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    return Refusal(status, message, headers)
