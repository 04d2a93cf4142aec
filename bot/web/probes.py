"""Probes for machines: is the process alive, may it get traffic, what are its numbers."""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web

from bot.errors import ServiceError
from bot.services import WebServices
from bot.storage.migrate import head
from bot.web import keys

LOOK_LIMIT_S = 1.0
"""Longest wait for one answer; a prober's own limit is seldom longer."""
_NOT_KEPT = {hdrs.CACHE_CONTROL: "no-store"}


def probe_routes() -> list[web.RouteDef]:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


async def healthz(request: web.Request) -> web.Response:  # noqa: ARG001 - the handler's signature
    """Alive: the process answers. Looks at nothing else, so that no neighbour's fault restarts it."""
    return web.json_response({"status": "alive"}, headers=_NOT_KEPT)


async def readyz(request: web.Request) -> web.Response:
    """Ready: what a delivery needs is there. Names what is not.

    The database at the newest schema and a webhook secret are needed. The queue is only a doorbell: without
    it work starts some seconds later, so it is named as degraded. MCP servers and GitHub never count.
    """
    services = request.app[keys.SERVICES]
    checks = {
        "database": await _database(services),
        "webhook_secret": ""
        if services.settings.github.webhook_secret
        else "PATCHWARDEN_GITHUB_WEBHOOK_SECRET is not set",
    }
    missing = [name for name, problem in checks.items() if problem]
    degraded = [] if await _rings(services) else ["queue"]
    body = {
        "ready": not missing,
        "not_ready": missing,
        "degraded": degraded,
        "checks": {
            **{name: problem or "ok" for name, problem in checks.items()},
            "queue": "not reachable; work starts a few seconds later" if degraded else "ok",
        },
    }
    return web.json_response(body, status=503 if missing else 200, headers=_NOT_KEPT)


async def _database(services: WebServices) -> str:
    """What is wrong with the database; empty when nothing is."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            found = await services.database.revision()
    except (ServiceError, TimeoutError):
        return "does not answer"
    needed = head()
    if found == needed:
        return ""
    return f"schema is at {found or 'nothing'}, {needed} is needed: run patchwarden migrate"


async def _rings(services: WebServices) -> bool:
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            return await services.queue.reachable()
    except TimeoutError:
        return False


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format. The backlog is read at the moment of asking."""
    services = request.app[keys.SERVICES]
    try:
        async with asyncio.timeout(LOOK_LIMIT_S), services.database.begin(read_only=True) as tx:
            services.metrics.set_backlog(await tx.work.backlog())
    except (ServiceError, TimeoutError):
        pass  # the other numbers are as true as ever, and the page says that the database is down
    return web.Response(
        body=services.metrics.render(),
        headers={hdrs.CONTENT_TYPE: "text/plain; version=0.0.4; charset=utf-8", **_NOT_KEPT},
    )
