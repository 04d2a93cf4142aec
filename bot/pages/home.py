"""The status page: does it work, what runs, what was reviewed last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, cast
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from bot import __version__, status
from bot.errors import ServiceError
from bot.models import Backlog, Frozen, ReviewRecord, ServerState, WorkerBeat
from bot.status import Component, Overall
from review.models import Verdict
from workflows.errors import CatalogueError
from workflows.host import catalogue

if TYPE_CHECKING:
    from bot.services import WebServices

LATEST = 20
"""Reviews on the page."""
LOOK_LIMIT_S = 2.0
"""Longest wait for the database, and for the doorbell."""


class ReviewLine(Frozen):
    """One finished review. A private repository gives neither name, number nor findings away."""

    repository: str
    number: int | None
    url: str | None
    private: bool
    verdict: Literal["passed", "failed", "incomplete"]
    title: str
    counts: dict[str, int]
    files: int
    additions: int
    deletions: int
    duration_s: float
    finished_at: datetime


class HomeView(Frozen):
    """Everything on the page."""

    overall: Overall
    platform: list[Component]
    servers: list[Component]
    reviews: list[ReviewLine]
    reviews_known: bool = True
    """False when the database did not answer: an empty list then says nothing."""
    version: str = __version__
    updated_at: datetime

    @property
    def components(self) -> list[Component]:
        """Platform, then servers."""
        return [*self.platform, *self.servers]

    @property
    def tally(self) -> str:
        """``6 of 8 operational, 2 not started yet``: how many parts are in which state."""
        return status.tally(self.components)


class Home:
    """``/``."""

    path: ClassVar[str] = "/"
    template: ClassVar[str] = "home.html.j2"
    view: ClassVar[type[BaseModel]] = HomeView
    title: ClassVar[str] = "Status"

    async def load(self, services: WebServices) -> HomeView:
        """Read the view; what does not answer in time is shown as such, never waited for."""
        stored, reachable = await asyncio.gather(_stored(services), _reachable(services))
        platform = [
            status.web(__version__),
            status.worker(stored.beats if stored else None),
            status.queue(stored.backlog if stored else None, reachable=reachable),
            status.database(services.database.engine_name, answered_ms=stored.took_ms if stored else None),
        ]
        now = services.now()
        mcp = status.servers(_known_servers(services), stored.servers if stored else None, now)
        web_url = github_web_url(services.settings.github.api_url)
        return HomeView(
            overall=status.overall(platform, mcp),
            platform=platform,
            servers=mcp,
            reviews=[review_line(r, web_url) for r in stored.reviews] if stored else [],
            reviews_known=stored is not None,
            updated_at=now,
        )


class _Stored(Frozen):
    """What the database says."""

    beats: Sequence[WorkerBeat]
    backlog: Backlog
    servers: Sequence[ServerState]
    reviews: Sequence[ReviewRecord]
    took_ms: float


async def _stored(services: WebServices) -> _Stored | None:
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            began = time.perf_counter()
            await services.database.ping()
            took_ms = (time.perf_counter() - began) * 1000
            async with services.database.begin(read_only=True) as tx:
                return _Stored(
                    beats=await tx.workers.alive(),
                    backlog=await tx.work.backlog(),
                    servers=await tx.health.latest(),
                    reviews=await tx.reviews.latest(LATEST, include_private=True),
                    took_ms=took_ms,
                )
    except (ServiceError, TimeoutError):
        return None


async def _reachable(services: WebServices) -> bool:
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            return await services.queue.reachable()
    except TimeoutError:
        return False


def _known_servers(services: WebServices) -> Iterable[str]:
    try:
        return [config.name for config in catalogue.load(services.settings.service.servers_file)]
    except CatalogueError:
        # The worker refuses to start on it and says why; this page shows what was seen.
        return [config.name for config in catalogue.bundled()]


def review_line(record: ReviewRecord, web_url: str) -> ReviewLine:
    """A stored review as anybody may see it."""
    hidden = record.private
    path = "/".join(quote(part, safe="") for part in record.repository.split("/"))
    verdict = record.verdict if record.verdict in set(Verdict) else Verdict.INCOMPLETE.value
    return ReviewLine(
        repository="private repository" if hidden else record.repository,
        number=None if hidden else record.number,
        url=None if hidden else f"{web_url}/{path}/pull/{record.number}",
        private=hidden,
        verdict=cast("Literal['passed', 'failed', 'incomplete']", verdict),
        title="" if hidden else record.title,
        counts={} if hidden else {name: n for name, n in record.counts.items() if n},
        files=record.files,
        additions=record.additions,
        deletions=record.deletions,
        duration_s=max(0.0, (record.finished_at - record.started_at).total_seconds()),
        finished_at=record.finished_at,
    )


def github_web_url(api_url: str) -> str:
    """Where people see what the REST API serves.

    Source: GitHub Docs, "Getting started with the REST API" (``api.github.com``) and "REST API endpoints for
    GitHub Enterprise Server" (``https://HOST/api/v3``); ``https://api.SUBDOMAIN.ghe.com`` for data residency.
    """
    parts = urlsplit(api_url)
    host = parts.netloc
    if parts.path.rstrip("/") in {"", "/"} and host.startswith("api."):
        host = host.removeprefix("api.")
    return f"{parts.scheme}://{host}"
