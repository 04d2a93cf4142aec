"""Webhook deliveries: signed, posted over real HTTP within GitHub's ten seconds, logged, sent again on demand."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from support.github.model import App

TIMEOUT_S = 10.0
"""GitHub ends a delivery after ten seconds."""
MAX_PAYLOAD = 25 * 1024 * 1024
"""GitHub does not deliver payloads over 25 MB at all."""


@dataclass(slots=True)
class Attempt:
    """One delivery attempt; a redelivery is another attempt with the same GUID."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    payload: bytes
    installation_id: int | None = None
    repository_id: int | None = None
    redelivery: bool = False
    delivered_at: datetime | None = None
    duration_s: float = 0.0
    status: int = 0
    """0 until it was sent, or when nobody answered."""
    problem: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service answered 2xx in time."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The payload, parsed."""
        return json.loads(self.payload)

    def item(self) -> dict[str, Any]:
        """As ``GET /app/hook/deliveries`` lists it."""
        when = (self.delivered_at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
        return {
            "id": self.id,
            "guid": self.guid,
            "delivered_at": when,
            "redelivery": self.redelivery,
            "duration": round(self.duration_s, 2),
            "status": "OK" if self.ok else self.problem or f"Invalid HTTP Response: {self.status}",
            "status_code": self.status,
            "event": self.event,
            "action": self.action,
            "installation_id": self.installation_id,
            "repository_id": self.repository_id,
        }

    def full(self) -> dict[str, Any]:
        """As ``GET /app/hook/deliveries/{id}`` tells it."""
        return self.item() | {
            "url": self.app.webhook_url or "",
            "request": {"headers": self.request_headers or None, "payload": self.json()},
            "response": {"headers": self.response_headers or None, "payload": self.response_body},
        }


def sign(secret: str, payload: bytes, algorithm: str = "sha256") -> str:
    """``X-Hub-Signature-256`` (or, with sha1, the old ``X-Hub-Signature``)."""
    return f"{algorithm}=" + hmac.new(secret.encode(), payload, algorithm).hexdigest()


class Deliveries:
    """The queue of deliveries and its log. Started and stopped with the server."""

    def __init__(self) -> None:
        self.sent: list[Attempt] = []
        """Every attempt, oldest first: waiting ones too."""
        self.paused: list[Attempt] | None = None
        """While a list, new attempts wait here."""
        self._queue: asyncio.Queue[Attempt] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._next_id = 70_000_000_001
        self._backlog: list[Attempt] = []

    async def start(self, workers: int = 1) -> None:
        """Begin to deliver; ``workers`` above 1 lets deliveries overtake each other as GitHub's do."""
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        self._workers = [asyncio.create_task(self._work()) for _ in range(workers)]
        for attempt in self._backlog:
            self._queue.put_nowait(attempt)
        self._backlog.clear()

    async def stop(self) -> None:
        """End; what still waits is not sent."""
        for task in self._workers:
            task.cancel()
        for task in self._workers:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._session is not None:
            await self._session.close()

    def add(self, app: App, event: str, payload: dict[str, Any], *, guid: str | None = None) -> Attempt | None:
        """Queue a delivery to an App; an App without an address gets none.

        Returns:
            The attempt, or None.
        """
        if not app.webhook_url:
            return None
        data = json.dumps(payload, separators=(",", ":")).encode()
        if len(data) > MAX_PAYLOAD:
            return None
        attempt = Attempt(
            id=self._new_id(),
            guid=guid or str(uuid.uuid4()),
            app=app,
            event=event,
            action=payload.get("action"),
            payload=data,
            installation_id=payload.get("installation", {}).get("id"),
            repository_id=payload.get("repository", {}).get("id"),
        )
        self._enqueue(attempt)
        return attempt

    def redeliver(self, attempt: Attempt) -> Attempt:
        """Send again what was sent: same GUID, same bytes."""
        again = replace(
            attempt,
            id=self._new_id(),
            redelivery=True,
            delivered_at=None,
            status=0,
            problem="",
            response_headers={},
            response_body="",
        )
        self._enqueue(again)
        return again

    def pause(self) -> None:
        """Hold back what comes, as GitHub's queue does on a bad day."""
        self.paused = []

    def resume(self, order: Sequence[int] | None = None) -> None:
        """Let go what was held back.

        Args:
            order: indices into the held list, in the order to send; an index twice is a duplicate, a missing one
                is lost. By default everything in order.
        """
        held, self.paused = self.paused or [], None
        for position, index in enumerate(order if order is not None else range(len(held))):
            before = order[:position] if order is not None else ()
            self._enqueue(replace(held[index], id=self._new_id()) if index in before else held[index])

    async def settled(self, timeout_s: float = 30.0) -> None:
        """Wait until nothing is queued or under way.

        Raises:
            TimeoutError: it did not come to rest in time.
        """
        await asyncio.wait_for(self._queue.join(), timeout_s)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _enqueue(self, attempt: Attempt) -> None:
        if attempt not in self.sent:
            self.sent.append(attempt)
        if self.paused is not None:
            self.paused.append(attempt)
        elif self._loop is None:
            self._backlog.append(attempt)
        else:
            self._queue.put_nowait(attempt)

    async def _work(self) -> None:
        while True:
            attempt = await self._queue.get()
            try:
                await self._post(attempt)
            finally:
                self._queue.task_done()

    async def _post(self, attempt: Attempt) -> None:
        if self._session is None:
            raise RuntimeError("deliveries were not started")
        app = attempt.app
        attempt.request_headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/3f2a1bc",
            "X-GitHub-Delivery": attempt.guid,
            "X-GitHub-Event": attempt.event,
            "X-GitHub-Hook-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
        }
        if app.webhook_secret:
            attempt.request_headers["X-Hub-Signature"] = sign(app.webhook_secret, attempt.payload, "sha1")
            attempt.request_headers["X-Hub-Signature-256"] = sign(app.webhook_secret, attempt.payload)
        started = time.perf_counter()
        attempt.delivered_at = datetime.now(UTC)
        try:
            async with self._session.post(
                str(app.webhook_url),
                data=attempt.payload,
                headers=attempt.request_headers,
                allow_redirects=False,
            ) as response:
                attempt.response_body = (await response.read())[:65_536].decode("utf-8", "replace")
                attempt.response_headers = dict(response.headers)
                attempt.status = response.status
        except TimeoutError:
            attempt.problem = "timed out"
        except aiohttp.ClientError as error:
            attempt.problem = f"failed to connect to host: {type(error).__name__}"
        attempt.duration_s = time.perf_counter() - started
