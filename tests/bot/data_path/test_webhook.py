"""The door answers only what is true by then."""

from __future__ import annotations

import asyncio
import hmac
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from bot.services import WebServices
from bot.storage.database import Database
from bot.storage.inbox import InboxState
from bot.web import keys
from bot.web.ingest import Ingest
from bot.web.webhook import MAX_BODY_BYTES, RefusedError, check_signature, webhook_routes
from support.deliveries import guid
from support.parts import value_of, web_services

OLD, NEW = "the-old-secret-of-16+", "the-new-secret-of-16+"
PAYLOAD = json.dumps(
    {"action": "opened", "number": 1, "installation": {"id": 7}, "repository": {"id": 11, "name": "shop"}}
).encode()


def signed(body: bytes, secret: str = NEW) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


@dataclass
class Door:
    client: TestClient[Any, Any]
    services: WebServices
    database: Database

    async def deliver(self, body: bytes = PAYLOAD, number: int = 1, **headers: Any) -> ClientResponse:
        usual: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "pull_request",
            "X-GitHub-Delivery": guid(number),
            "X-Hub-Signature-256": signed(body),
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {name: value for name, value in {**usual, **given}.items() if value is not None}
        return await self.client.post("/webhooks/github", data=io.BytesIO(body), headers=merged)

    async def stored(self) -> int:
        async with self.database.begin(read_only=True) as tx:
            return await tx.inbox.count(InboxState.NEW)


@pytest.fixture
async def door(
    database: Database, aiohttp_client: Callable[[web.Application], Awaitable[TestClient[Any, Any]]]
) -> AsyncIterator[Door]:
    services = web_services(database, NEW, OLD)
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        app = web.Application()
        app[keys.SERVICES] = services
        app[keys.INGEST] = ingest
        app.add_routes(webhook_routes())
        yield Door(await aiohttp_client(app), services, database)


async def test_a_signed_delivery_is_stored_before_it_is_answered_202(door: Door) -> None:
    response = await door.deliver()
    assert (response.status, await response.json()) == (202, {"delivery": guid(1), "status": "stored"})
    async with door.database.begin() as tx:
        (stored,) = await tx.inbox.load([guid(1)])
    assert stored.payload == PAYLOAD
    assert (stored.event, stored.action, stored.installation_id, stored.repository_id) == (
        "pull_request",
        "opened",
        7,
        11,
    )


async def test_a_repeated_delivery_is_answered_200_and_queues_nothing(door: Door) -> None:
    await door.deliver()
    response = await door.deliver()
    assert (response.status, await response.json()) == (200, {"delivery": guid(1), "status": "repeated"})
    assert await door.stored() == 1
    assert value_of(door.services.metrics, "patchwarden_deliveries_total", event="pull_request", outcome="repeated")


async def test_the_case_of_the_id_does_not_make_it_new(door: Door) -> None:
    lower = "abcdef00-0000-4000-8000-00000000000a"
    assert (await door.deliver(X_GitHub_Delivery=lower)).status == 202
    assert (await door.deliver(X_GitHub_Delivery=lower.upper())).status == 200


async def test_both_secrets_are_good_while_rotating(door: Door) -> None:
    assert (await door.deliver(X_Hub_Signature_256=signed(PAYLOAD, OLD))).status == 202


SIGNATURES: dict[str, str | None] = {
    "missing": None,
    "empty": "",
    "of another secret": signed(PAYLOAD, "x" * 20),
    "of another body": signed(PAYLOAD + b" "),
    "sha1": "sha1=" + hmac.digest(NEW.encode(), PAYLOAD, "sha1").hex(),
    "no prefix": signed(PAYLOAD).removeprefix("sha256="),
    "upper case": signed(PAYLOAD).upper(),
    "shortened": signed(PAYLOAD)[:-2],
    "lengthened": signed(PAYLOAD) + "00",
    "not hexadecimal": "sha256=" + "g" * 64,
    "unusual digits": "sha256=" + "\u0661" * 64,
    "two of them": f"{signed(PAYLOAD)},{signed(PAYLOAD)}",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_delivery_that_is_not_signed_by_us_is_401(name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_signature(PAYLOAD, SIGNATURES[name], [SecretStr(NEW), SecretStr(OLD)])
    assert caught.value.status == 401


def test_githubs_documented_example_is_good() -> None:
    # Source: GitHub Docs, "Validating webhook deliveries", "Testing the webhook payload validation".
    documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check_signature(b"Hello, World!", documented, [SecretStr("It's a Secret to Everybody")])


def test_without_a_secret_nothing_is_good() -> None:
    with pytest.raises(RefusedError):
        check_signature(b"", signed(b"", ""), [])


async def test_an_unsigned_delivery_is_401_and_not_stored(door: Door) -> None:
    for header in (None, signed(PAYLOAD, "x" * 20)):
        response = await door.deliver(X_Hub_Signature_256=header)
        assert response.status == 401
        assert "secret" in (await response.json())["error"]
    # The signature is looked at before the body is: a bad body without one says nothing about the body.
    assert (await door.deliver(b"not json", X_Hub_Signature_256=signed(PAYLOAD))).status == 401
    assert await door.stored() == 0


MALFORMED: dict[str, tuple[bytes, dict[str, Any]]] = {
    "no event": (PAYLOAD, {"X_GitHub_Event": None}),
    "an event that is no name": (PAYLOAD, {"X_GitHub_Event": "Pull Request!"}),
    "a long event": (PAYLOAD, {"X_GitHub_Event": "a" * 65}),
    "no id": (PAYLOAD, {"X_GitHub_Delivery": None}),
    "an id that is no GUID": (PAYLOAD, {"X_GitHub_Delivery": "1"}),
    "an id in braces": (PAYLOAD, {"X_GitHub_Delivery": "{" + guid(1) + "}"}),
    "an id without dashes": (PAYLOAD, {"X_GitHub_Delivery": guid(1).replace("-", "")}),
    "a form": (PAYLOAD, {"Content_Type": "application/x-www-form-urlencoded"}),
    "no JSON": (b"payload=1", {}),
    "nothing": (b"", {}),
    "a list": (b"[]", {}),
    "cut off": (PAYLOAD[:-1], {}),
    "two values": (PAYLOAD + b"{}", {}),
    "an id of text": (b'{"repository": {"id": "11"}}', {}),
    "an id too large for the database": (b'{"repository": {"id": 9223372036854775808}}', {}),
    "a negative id": (b'{"installation": {"id": -1}}', {}),
    "very deep": (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", {}),
    "bytes that are no text": (b'{"action": "\xff"}', {}),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_signed_but_malformed_delivery_is_400(door: Door, name: str) -> None:
    body, headers = MALFORMED[name]
    response = await door.deliver(body, **headers)
    assert response.status == 400
    assert (await response.json())["error"]
    assert await door.stored() == 0


async def test_an_action_nobody_documents_is_not_kept_as_a_name(door: Door) -> None:
    body = json.dumps({"action": "Deploy\0 now"}).encode()
    assert (await door.deliver(body)).status == 202
    async with door.database.begin() as tx:
        assert [d.action for d in await tx.inbox.load([guid(1)])] == [None]


async def test_events_nobody_handles_are_answered_202_without_a_row(door: Door) -> None:
    for number, (event, status) in enumerate((("ping", "pong"), ("star", "ignored")), 1):
        response = await door.deliver(b'{"zen": "x"}', number, X_GitHub_Event=event)
        assert (response.status, (await response.json())["status"]) == (202, status)
    assert await door.stored() == 0


async def test_a_body_over_25_mib_is_413_and_one_below_is_stored(door: Door) -> None:
    padding = b" " * (MAX_BODY_BYTES - len(PAYLOAD))
    assert (await door.deliver(PAYLOAD + padding + b" ")).status == 413
    assert await door.stored() == 0

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(27):
            yield b" " * 1024 * 1024

    response = await door.client.post("/webhooks/github", data=chunks(), headers={"X-Hub-Signature-256": signed(b"")})
    assert response.status == 413
    assert (await door.deliver(PAYLOAD + padding)).status == 202


async def test_without_a_webhook_secret_every_delivery_is_503(
    door: Door, database: Database, aiohttp_client: Any
) -> None:
    services = web_services(database)
    async with Ingest.open(database, services.queue, services.metrics) as ingest:
        app = web.Application()
        app[keys.SERVICES] = services
        app[keys.INGEST] = ingest
        app.add_routes(webhook_routes())
        unsigned = Door(await aiohttp_client(app), services, database)
        response = await unsigned.deliver(X_Hub_Signature_256=signed(PAYLOAD, ""))
        assert response.status == 503
        assert "PATCHWARDEN_GITHUB_WEBHOOK_SECRET" in (await response.json())["error"]


async def test_what_cannot_be_stored_is_503_with_a_time_to_come_back(tmp_path: Any, aiohttp_client: Any) -> None:
    async with Database.open(f"postgresql+asyncpg://x@/none?host={tmp_path}") as gone:
        services = web_services(gone, NEW)
        async with Ingest.open(gone, services.queue, services.metrics) as ingest:
            app = web.Application()
            app[keys.SERVICES] = services
            app[keys.INGEST] = ingest
            app.add_routes(webhook_routes())
            door = Door(await aiohttp_client(app), services, gone)
            response = await door.deliver()
            assert (response.status, response.headers["Retry-After"]) == (503, "30")
            assert value_of(
                services.metrics, "patchwarden_deliveries_total", event="pull_request", outcome="unavailable"
            )


async def test_a_hundred_deliveries_at_once_are_all_stored_in_few_commits(door: Door) -> None:
    responses = await asyncio.gather(*(door.deliver(number=n) for n in range(1, 101)))
    assert {response.status for response in responses} == {202}
    assert await door.stored() == 100
    batches = value_of(door.services.metrics, "patchwarden_ingest_batch_rows_count")
    assert batches < 100
    assert value_of(door.services.metrics, "patchwarden_door_seconds_count") == 100
