"""THE COMPOSITION ROOT: builds what web and worker need, in order, and closes it in reverse."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiohttp import web

from bot.errors import ServiceError
from bot.metrics import Metrics
from bot.models import ServerState
from bot.queue import ArqQueue
from bot.services import WebServices, WorkerServices
from bot.storage.database import Database
from templates import environment

if TYPE_CHECKING:
    from bot.decision import Decision
    from bot.models import Delivery
    from bot.settings import Settings
    from workflows.models import HealthSample

log = structlog.get_logger(__name__)

CONNECT_LIMIT_S = 10.0
ANSWER_LIMIT_S = 30.0
"""GitHub ends an API request itself after 10 s; a proxy may add to that."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_web_services(settings: Settings, *, redis_url: str) -> AsyncIterator[WebServices]:
    """What the web process needs."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(settings.database_url))
        queue = await stack.enter_async_context(ArqQueue.open(redis_url, on_failure=metrics.doorbell_failures.inc))
        yield WebServices(
            settings=settings,
            database=database,
            queue=queue,
            metrics=metrics,
            templates=environment(),
            now=utc_now,
        )


@asynccontextmanager
async def open_site(settings: Settings, *, redis_url: str, say: Callable[[str], None]) -> AsyncIterator[str]:
    """The listening web process: webhook door, status site, probes.

    Args:
        settings: where to listen.
        redis_url: where the doorbell is.
        say: told one line with the address once it answers.

    Yields:
        The address, with the port in use.
    """
    from bot.web.app import build_app
    from bot.web.ingest import Ingest
    from bot.web.webhook import github_webhook

    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_web_services(settings, redis_url=redis_url))
        ingest = await stack.enter_async_context(Ingest.open(services.database, services.queue, services.metrics))
        runner = web.AppRunner(build_app(services, github_webhook, ingest), access_log=None, handle_signals=False)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, settings.service.host, settings.service.port, reuse_address=True)
        await site.start()
        host, port = runner.addresses[0][:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        say(f"listening on {address}")
        yield address


@asynccontextmanager
async def open_worker_services(settings: Settings, *, redis_url: str) -> AsyncIterator[WorkerServices]:
    """What a worker needs: the server pool first, whose processes start while the rest is opened."""
    from bot.github.app import GitHubApp
    from review.git import MirrorCache
    from review.session import SessionOptions, open_session
    from workflows.host.health import HealthMonitor

    metrics = Metrics()
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    data_dir = settings.service.data_dir.resolve()
    mirrors = MirrorCache(data_dir / "git")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            open_session(
                SessionOptions(
                    scratch=data_dir / "run" / worker_id,
                    roots=(mirrors.mirrors, mirrors.workspaces),
                    servers_file=settings.service.servers_file,
                    environment={k: v.get_secret_value() for k, v in settings.server_environment.items()},
                )
            )
        )
        database = await stack.enter_async_context(Database.open(settings.database_url))
        queue = await stack.enter_async_context(ArqQueue.open(redis_url, on_failure=metrics.doorbell_failures.inc))
        timeout = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S, connect=CONNECT_LIMIT_S)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout, trust_env=True))
        github = GitHubApp(http, settings.github, observe=_observer(metrics))
        health = HealthMonitor(session.pool, _HealthLog(database))
        yield WorkerServices(
            settings=settings,
            database=database,
            queue=queue,
            metrics=metrics,
            github=github,
            mirrors=mirrors,
            reviewer=session.reviewer,
            pool=session.pool,
            health=health,
            templates=environment(),
            now=utc_now,
            worker_id=worker_id,
        )


async def run_worker(settings: Settings, *, redis_url: str, stop: asyncio.Event) -> None:
    """Work until told to stop; one task opens and closes everything."""
    from bot.catch_up import DUE_EVERY_S, CatchUp
    from bot.events import decide
    from bot.github.context import open_context
    from bot.jobs import ALL
    from bot.web.ingest import HANDLED_EVENTS
    from bot.worker import Worker

    async with open_worker_services(settings, redis_url=redis_url) as services:

        async def decision(delivery: Delivery) -> Decision:
            return await decide(delivery, lambda installation_id: open_context(services.github, installation_id))

        jobs = {job.name: job for job in ALL}
        worker = Worker(services, jobs, decision, redis_url=redis_url)
        worker.add_loop(DUE_EVERY_S, CatchUp(services, HANDLED_EVENTS).catch_up)
        watching = asyncio.create_task(services.health.run(), name="health")
        try:
            await worker.run(stop)
        finally:
            watching.cancel()


def _observer(metrics: Metrics) -> Callable[[str, int], None]:
    """Counts GitHub's answers; 0 stands for a lost connection."""

    def observe(method: str, status: int) -> None:
        metrics.github_requests.labels(method, str(status)).inc()

    return observe


class _HealthLog:
    """Puts the samples of the server pool into the database; a database that is away costs samples, not the watch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, sample: HealthSample) -> None:
        """Store one sample."""
        try:
            async with self._database.begin() as tx:
                await tx.health.record(ServerState(**sample.model_dump()))
        except ServiceError as error:
            log.warning("health_sample_lost", server=sample.server_name, error=str(error))
