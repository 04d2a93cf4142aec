"""The doorbell: tells workers to look now. What must happen is in the database; a lost ring costs seconds."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol
from uuid import uuid4

import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

ROUTE_QUEUE = "patchwarden:route"
RUN_QUEUE = "patchwarden:run"
ROUTE = "route"
RUN = "run"
RING_LIMIT_S = 1.0
CONNECT_LIMIT_S = 1.0
QUIET_S = 5.0
"""After a failed ring nobody tries again for so long: a dead queue must not slow the door."""
RING_EXPIRES_S = 600
"""A ring older than this says nothing any more."""

log = structlog.get_logger(__name__)


class JobQueue(Protocol):
    """Rings; every method may fail silently and says so by False."""

    async def ring_route(self, delivery_ids: Sequence[str]) -> bool:
        """Tell a worker that deliveries were stored."""
        ...

    async def ring_run(self, subject: str, tag: str) -> bool:
        """Tell a worker that a subject has work.

        Args:
            subject: of the work item.
            tag: tells this wish from others of the subject; two rings with one tag are one.
        """
        ...

    async def reachable(self) -> bool:
        """Whether rings arrive."""
        ...


class NullQueue:
    """No doorbell: the sweeper finds everything."""

    async def ring_route(self, delivery_ids: Sequence[str]) -> bool:  # noqa: ARG002 - the contract's signature
        """Ring nobody."""
        return False

    async def ring_run(self, subject: str, tag: str) -> bool:  # noqa: ARG002 - the contract's signature
        """Ring nobody."""
        return False

    async def reachable(self) -> bool:
        """There is no queue."""
        return False


class ArqQueue:
    """Rings through arq."""

    def __init__(self, pool: ArqRedis, on_failure: Callable[[], None]) -> None:
        self._pool = pool
        self._on_failure = on_failure
        self._quiet_until = 0.0

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, on_failure: Callable[[], None] = lambda: None) -> AsyncIterator[ArqQueue]:
        """Open a queue for as long as the context lasts; the server may come up later.

        Args:
            url: ``redis://``, ``rediss://`` or ``unix://`` address.
            on_failure: called for each ring that did not arrive.
        """
        pool = open_pool(url, retries=1)
        try:
            yield cls(pool, on_failure)
        finally:
            with suppress(RedisError, OSError):
                await pool.aclose(close_connection_pool=True)

    async def ring_route(self, delivery_ids: Sequence[str]) -> bool:
        """Tell a worker that deliveries were stored."""
        return await self._ring(ROUTE_QUEUE, ROUTE, list(delivery_ids), uuid4().hex)

    async def ring_run(self, subject: str, tag: str) -> bool:
        """Tell a worker that a subject has work."""
        return await self._ring(RUN_QUEUE, RUN, subject, f"{subject}:{tag}")

    async def reachable(self) -> bool:
        """Whether the server answers now."""
        try:
            async with asyncio.timeout(RING_LIMIT_S):
                return bool(await self._pool.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def _ring(self, queue: str, function: str, argument: object, job_id: str) -> bool:
        if time.monotonic() < self._quiet_until:
            self._on_failure()
            return False
        try:
            async with asyncio.timeout(RING_LIMIT_S):
                await self._pool.enqueue_job(
                    function, argument, _job_id=job_id, _queue_name=queue, _expires=RING_EXPIRES_S
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._quiet_until = time.monotonic() + QUIET_S
            self._on_failure()
            log.warning("the doorbell does not ring; the sweeper finds the work", error=type(error).__name__)
            return False
        return True


def open_pool(url: str, *, retries: int) -> ArqRedis:
    """Make a client; nothing is connected yet. A command is sent again when its connection breaks.

    Args:
        url: ``redis[s]://[user:password@]host[:port][/database]`` or ``unix:///path[?db=n]``.
        retries: how often a command is sent again.
    """
    # Without this redis-py takes any valid certificate for the right one.
    options = {"ssl_check_hostname": True} if url.startswith("rediss://") else {}
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=CONNECT_LIMIT_S,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.02), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
        **options,
    )
    return ArqRedis(pool, job_serializer=to_json, job_deserializer=from_json)


def to_json(job: dict[str, Any]) -> bytes:
    """Write a ring; arq's default is pickle, which would run code on reading."""
    return json.dumps(job, default=str).encode()


def from_json(data: bytes) -> dict[str, Any]:
    """Read a ring."""
    job = json.loads(data)
    if not isinstance(job, dict):
        raise TypeError("not a ring")
    return job
