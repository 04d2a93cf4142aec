"""Pull requests that were opened or changed are reviewed."""

from __future__ import annotations

from bot.decision import NOTHING, Decision
from bot.event import EventContext
from bot.github.webhooks import PullRequestEvent
from bot.messages import ReviewJob, ordinal, review_item

ACTIONS = frozenset({"opened", "reopened", "synchronize", "ready_for_review", "edited"})


async def on_pull_request(event: PullRequestEvent, context: EventContext) -> Decision:
    """Queue a review of the head.

    Whether a draft is reviewed stands in the repository's own settings: the job reads them and decides.
    """
    pull_request = event.pull_request
    if event.action not in ACTIONS or (event.action == "edited" and not event.base_changed):
        return NOTHING
    if event.sender.login == f"{context.app_slug}[bot]":
        return Decision(reason="our own doing")
    if pull_request.state == "closed":
        return Decision(reason="pull request is closed")
    another_base = event.action == "edited"
    wish = ReviewJob(
        repository=pull_request.repository,
        number=pull_request.number,
        installation_id=event.installation_id,
        head_sha=pull_request.head_sha,
        reason="base changed" if another_base else event.action,
        # The same head against another base is another change: reviewed anew, once for this delivery.
        run=f"b{event.delivery_id}" if another_base else "",
        delivery_id=event.delivery_id,
    )
    order = ordinal(pull_request.updated_ms, event.received_ms)
    return Decision((review_item(wish, ordinal=order),), f"review queued: {wish.reason}")
