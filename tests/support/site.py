"""The real web application on a real SQLite database, with a known clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import templates
from bot.metrics import Metrics
from bot.models import ReviewRecord, ServerState, WorkerBeat
from bot.queue import JobQueue, NullQueue
from bot.services import WebServices
from bot.settings import Settings
from bot.storage import migrate
from bot.storage.database import Database
from bot.web.app import build_app

NOW = datetime(2026, 11, 22, 14, 40, tzinfo=UTC)


class ReachableQueue(NullQueue):
    """A doorbell that can be switched off."""

    def __init__(self) -> None:
        self.up = True

    async def ring_route(self, delivery_ids: Sequence[str]) -> bool:
        return self.up

    async def ring_run(self, subject: str, tag: str) -> bool:
        return self.up

    async def reachable(self) -> bool:
        return self.up


@dataclass
class Site:
    """The running application and what it reads from."""

    client: TestClient[web.Request, web.Application]
    services: WebServices
    queue: ReachableQueue

    @property
    def url(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    async def fill(self) -> None:
        """A worker, looks at two servers, three reviews."""
        async with self.services.database.begin() as tx:
            await tx.workers.beat(WorkerBeat(worker_id="box-1-ab", started_at=NOW, last_seen=NOW, running=1))
            await tx.health.record(server("enhanced-git", "healthy", 3.2))
            await tx.health.record(server("simple-warp", "degraded", 840.0))
            await tx.reviews.add(record(1, "passed", "No findings", {}))
            await tx.reviews.add(record(2, "failed", "2 findings at or above high", {"high": 2, "low": 1}, minutes=65))
            await tx.reviews.add(record(3, "incomplete", "Partly reviewed", {"low": 1}, minutes=3000, private=True))


def server(name: str, status: str, took_ms: float = 1.0) -> ServerState:
    return ServerState(
        server_name=name,
        status=status,
        response_time_ms=took_ms,
        error_message="secret-path /srv/data broke",
        checked_at=NOW - timedelta(seconds=20),
    )


def record(
    number: int, verdict: str, title: str, counts: dict[str, int], *, minutes: int = 3, private: bool = False
) -> ReviewRecord:
    finished = NOW - timedelta(minutes=minutes)
    return ReviewRecord(
        id=str(uuid4()),
        effect_key=f"7:{number}:review@abc",
        installation_id=1,
        repository_id=7,
        repository="acme/secret-shop" if private else "acme/shop",
        private=private,
        number=number,
        head_sha="a" * 40,
        base_sha="b" * 40,
        verdict=verdict,
        title=title,
        counts=counts,
        files=14,
        additions=412,
        deletions=96,
        started_at=finished - timedelta(seconds=22),
        finished_at=finished,
    )


def settings(tmp_path: Path, **more: str) -> Settings:
    return Settings.from_env(
        {
            "PATCHWARDEN_DATA_DIR": str(tmp_path),
            "PATCHWARDEN_GITHUB_WEBHOOK_SECRET": "s" * 24,
            **more,
        }
    )


async def door(request: web.Request) -> web.Response:
    """Stands in for the webhook's handler: the site only has to route to it."""
    return web.json_response({"took": len(await request.read())}, status=202)


@asynccontextmanager
async def open_site(tmp_path: Path) -> AsyncIterator[Site]:
    """The site over a migrated, empty database, listening on loopback."""
    chosen = settings(tmp_path)
    await migrate.upgrade(chosen.database_url)
    queue = ReachableQueue()
    async with Database.open(chosen.database_url, now=lambda: NOW) as database:
        services = services_of(chosen, database, queue)
        async with TestClient(TestServer(build_app(services, door))) as client:
            yield Site(client, services, queue)


def services_of(chosen: Settings, database: Database, queue: JobQueue) -> WebServices:
    """What the site is built with."""
    return WebServices(
        settings=chosen,
        database=database,
        queue=queue,
        metrics=Metrics(),
        templates=templates.environment(),
        now=lambda: NOW,
    )
