"""The door: takes GitHub's signed deliveries, stores each once, and answers only what is true by then."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Annotated

import msgspec
import structlog
from aiohttp import web

from bot.models import Delivery
from bot.storage.errors import StorageRefusedError, StorageUnavailableError
from bot.web import keys
from bot.web.ingest import IngestFullError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import SecretStr

    from bot.services import WebServices
    from bot.web.ingest import Ingest

MAX_BODY_BYTES = 25 * 1024 * 1024
"""GitHub caps payloads at 25 MB. Source: GitHub Docs, "Webhook events and payloads", "Payload cap"."""
BODY_LIMIT_S = 20.0
"""GitHub itself gives up after 10 s. Source: GitHub Docs, "Best practices for using webhooks"."""
RETRY_AFTER_S = 30
PING = "ping"
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_NAME = re.compile(r"[a-z][a-z_]{0,63}", re.ASCII)
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

log = structlog.get_logger(__name__)


class _Identified(msgspec.Struct):
    id: Id | None = None


class _Routing(msgspec.Struct):
    """The few fields that are read here; the rest of the payload is only checked to be JSON."""

    action: str | None = None
    installation: _Identified | None = None
    repository: _Identified | None = None


_decoder = msgspec.json.Decoder(_Routing)


class RefusedError(Exception):
    """A request that is not stored.

    Attributes:
        status: HTTP status.
        reason: for whoever set up the webhook.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def webhook_routes() -> list[web.RouteDef]:
    """The door's route; the application holds ``keys.SERVICES`` and ``keys.INGEST``."""
    return [web.post("/webhooks/github", github_webhook)]


async def github_webhook(request: web.Request) -> web.Response:
    """Answer one delivery.

    202 stored or not of interest, 200 stored before, 400 malformed, 401 not signed by us, 413 too large,
    503 not stored: come back.
    """
    services = request.app[keys.SERVICES]
    ingest = request.app[keys.INGEST]
    started = time.perf_counter()
    event, outcome = "unknown", "broken off"
    try:
        body = await _body(request)
        _check_secret_is_set(services)
        check_signature(body, request.headers.get("X-Hub-Signature-256"), services.settings.github.webhook_secret)
        delivery = _delivery(request, body, services)
        event = delivery.event
        status, outcome = await _store(delivery, ingest)
    except RefusedError as error:
        outcome = "unavailable" if error.status == web.HTTPServiceUnavailable.status_code else "refused"
        log.info("delivery refused", status=error.status, reason=error.reason, github_event=event)
        return _refusal(error)
    else:
        return _json(status, {"delivery": delivery.delivery_id, "status": outcome})
    finally:
        services.metrics.deliveries.labels(event, outcome).inc()
        services.metrics.door_seconds.observe(time.perf_counter() - started)


def check_signature(body: bytes, header: str | None, secrets: Iterable[SecretStr]) -> None:
    """Check that GitHub signed these bytes with one of our secrets, in constant time.

    Source: GitHub Docs, "Validating webhook deliveries". The older SHA-1 header is not looked at.

    Raises:
        RefusedError: 401.
    """
    if header is None:
        raise RefusedError(401, "X-Hub-Signature-256 is missing: set the webhook's secret on GitHub")
    match = _SIGNATURE.fullmatch(header)
    given = bytes.fromhex(match[1]) if match else b""
    # All secrets are tried, so that the time tells nothing about which one fits.
    fits = [
        hmac.compare_digest(hmac.digest(secret.get_secret_value().encode(), body, "sha256"), given)
        for secret in secrets
    ]
    if not any(fits):
        raise RefusedError(401, "the signature does not fit: compare the webhook's secret on both sides")


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise RefusedError(413, "the body is larger than 25 MiB")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise RefusedError(413, "the body is larger than 25 MiB")
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {BODY_LIMIT_S:.0f} s") from None
    return bytes(body)


def _check_secret_is_set(services: WebServices) -> None:
    if not services.settings.github.webhook_secret:
        # Accepting unsigned deliveries would let anybody start work in our name.
        raise RefusedError(503, "PATCHWARDEN_GITHUB_WEBHOOK_SECRET is not set")


def _delivery(request: web.Request, body: bytes, services: WebServices) -> Delivery:
    event = request.headers.get("X-GitHub-Event", "")
    if not _NAME.fullmatch(event):
        raise RefusedError(400, "X-GitHub-Event is missing or not an event's name")
    guid = request.headers.get("X-GitHub-Delivery", "")
    if not _GUID.fullmatch(guid):
        raise RefusedError(400, "X-GitHub-Delivery is missing or not a GUID")
    if request.content_type != "application/json":
        raise RefusedError(400, "set the webhook's content type to application/json")
    try:
        routing = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, f"the body is not a webhook payload: {str(error)[:200]}") from None
    return Delivery(
        delivery_id=guid.lower(),
        event=event,
        # A repository_dispatch event has an action of its sender's choice.
        action=routing.action if _NAME.fullmatch(routing.action or "") else None,
        installation_id=routing.installation.id if routing.installation else None,
        repository_id=routing.repository.id if routing.repository else None,
        received_at=services.now(),
        payload=body,
    )


async def _store(delivery: Delivery, ingest: Ingest) -> tuple[int, str]:
    if delivery.event not in ingest.events:
        return 202, "pong" if delivery.event == PING else "ignored"
    try:
        is_new = await ingest.submit(delivery)
    except IngestFullError as error:
        raise RefusedError(503, str(error)) from None
    except (StorageUnavailableError, StorageRefusedError) as error:
        log.warning("delivery not stored", delivery_id=delivery.delivery_id, error=str(error))
        raise RefusedError(503, "the delivery could not be stored; please deliver it again") from None
    return (202, "stored") if is_new else (200, "repeated")


def _refusal(error: RefusedError) -> web.Response:
    response = _json(error.status, {"error": error.reason})
    if error.status == web.HTTPServiceUnavailable.status_code:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _json(status: int, value: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=json.dumps(value).encode(), content_type="application/json")
