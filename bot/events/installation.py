"""Installations come and go: remembered, so that the site can name them."""

from __future__ import annotations

from bot.decision import Decision
from bot.event import EventContext
from bot.github.webhooks import InstallationEvent
from bot.messages import InstallationJob, installation_item, ordinal


async def on_installation(event: InstallationEvent, context: EventContext) -> Decision:  # noqa: ARG001 - contract
    """Remember the account, or that the App is gone from it."""
    job = InstallationJob(
        installation_id=event.installation_id,
        account=event.account,
        account_type=event.account_type,
        present=event.action != "deleted",
        suspended=event.action == "suspend" or (event.suspended and event.action != "unsuspend"),
    )
    order = ordinal(event.received_ms, event.received_ms)
    return Decision((installation_item(job, ordinal=order),), f"installation {event.action}")
