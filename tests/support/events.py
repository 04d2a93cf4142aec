"""Deliveries to decide on: GitHub's own examples with the facts a test is about put in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.decision import Decision
from bot.event import EventContext
from bot.events import decide
from bot.models import Delivery

PAYLOADS = Path(__file__).parents[1] / "payloads"
RECEIVED = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
REPOSITORY = {
    "id": 7,
    "name": "shop",
    "full_name": "octo-org/shop",
    "clone_url": "https://github.test/octo-org/shop.git",
    "default_branch": "main",
    "private": False,
}


def example(name: str) -> dict[str, Any]:
    """One of GitHub's examples, as if it had happened in our repository."""
    body = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    body["installation"] = {**body.get("installation", {}), "id": 88}
    if "repository" in body:
        body["repository"] = {**body["repository"], **REPOSITORY}
    pull = body.get("pull_request")
    if pull:
        for side in ("head", "base"):
            pull[side]["repo"] = {**pull[side]["repo"], **REPOSITORY}
        pull["updated_at"] = "2026-11-22T12:00:00Z"
    return body


def comment(body: str, *, before: str | None = None, by: str = "bob", author: str = "ada") -> dict[str, Any]:
    """A comment on pull request 1; with ``before`` an edit of it."""
    payload = example("issue_comment.created")
    payload["issue"] |= {"number": 1, "pull_request": {"url": "x"}, "user": _user(author)}
    payload["comment"] |= {
        "id": 501,
        "body": body,
        "user": _user(by),
        "created_at": "2026-11-22T12:00:00Z",
        "updated_at": "2026-11-22T12:00:00Z",
    }
    payload["sender"] = _user(by)
    if before is not None:
        payload["action"] = "edited"
        payload["changes"] = {"body": {"from": before}}
    return payload


def _user(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": sum(map(ord, login)), "type": kind}


async def decided(event: str, body: dict[str, Any], context: EventContext, **more: Any) -> Decision:
    """What a delivery leads to."""

    @asynccontextmanager
    async def opened(_installation_id: int) -> AsyncIterator[EventContext]:
        yield context

    delivery = Delivery(delivery_id="0d1f2e3a", event=event, received_at=RECEIVED, payload=json.dumps(body).encode())
    return await decide(delivery, opened, **more)
