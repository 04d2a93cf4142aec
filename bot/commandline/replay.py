"""``patchwarden replay``: run a stored or saved webhook again."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commandline.exits import Incomplete, Usage
from bot.commandline.start import service_settings_of, settings_of

if TYPE_CHECKING:
    from bot.cli import Invocation


@click.command()
@click.argument("delivery", metavar="DELIVERY_ID|FILE")
@click.option("--event", help="Event name of a saved payload; default: guessed from its keys.")
@click.pass_obj
def replay(invocation: Invocation, delivery: str, event: str | None) -> None:
    """Run a stored delivery again by its id, or sign and post a saved payload to the running service."""
    path = Path(delivery)
    if path.is_file():
        click.echo(asyncio.run(_post(invocation, path.read_bytes(), event)))
        return
    try:
        identity = str(uuid.UUID(delivery))
    except ValueError:
        raise Usage(f"{delivery}: neither a file nor a delivery id") from None
    asyncio.run(_again(invocation, identity))
    click.echo(f"{identity}: queued again")


async def _again(invocation: Invocation, identity: str) -> None:
    from bot.storage.database import Database

    settings = settings_of(invocation)
    async with Database.open(settings.database_url) as database, database.begin() as tx:
        found = await tx.inbox.requeue(identity)
    if not found:
        raise Usage(f"{identity}: no stored delivery has this id, or its body is past its retention")


async def _post(invocation: Invocation, body: bytes, event: str | None) -> str:
    import hmac

    import aiohttp

    settings = service_settings_of(invocation)
    name = event or _guess(body)
    secret = settings.github.webhook_secret[0].get_secret_value().encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/patchwarden-replay",
        "X-GitHub-Event": name,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.digest(secret, body, "sha256").hex(),
    }
    url = f"http://{settings.service.host}:{settings.service.port}/webhooks/github"
    try:
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            return f"{response.status} {await response.text()}"
    except aiohttp.ClientError as error:
        raise Incomplete(f"{url}: {error}; is the service running?") from None


def _guess(body: bytes) -> str:
    """The event a payload belongs to, by the key only it has."""
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise Usage(f"not JSON: {error}") from None
    for key, event in (("comment", "issue_comment"), ("check_run", "check_run"), ("pull_request", "pull_request")):
        if isinstance(payload, dict) and key in payload:
            return event
    raise Usage("cannot tell the event from the payload; name it with --event")
