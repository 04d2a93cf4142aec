"""Buttons on our check runs: the same commit is reviewed again."""

from __future__ import annotations

from collections.abc import Iterable

from bot.decision import NOTHING, Decision
from bot.event import EventContext
from bot.github.checks import RERUN
from bot.github.context import reviewed_number
from bot.github.webhooks import CheckRunEvent, CheckSuiteEvent
from bot.messages import ReviewJob, ordinal, review_item


async def on_check_run(event: CheckRunEvent, context: EventContext) -> Decision:
    """Somebody pressed "Re-run" or our own button. GitHub sends both only to the App that made the run."""
    wanted = event.action == "rerequested" or (event.action == "requested_action" and event.requested_action == RERUN)
    if not wanted:
        return NOTHING
    number = reviewed_number(event.external_id, event.repository)
    if number is None:
        return Decision(reason="not a check run of a review")
    return await _again(event, context, (number,))


async def on_check_suite(event: CheckSuiteEvent, context: EventContext) -> Decision:
    """Somebody pressed "Re-run all checks". Those from forks are not named: our own check runs name them."""
    if event.action != "rerequested":
        return NOTHING
    known = await context.reviewed_numbers(event.repository, event.head_sha)
    numbers = tuple(sorted({*event.numbers, *known}))
    if not numbers:
        return Decision(reason="no pull request is known for this commit")
    return await _again(event, context, numbers)


async def _again(event: CheckRunEvent | CheckSuiteEvent, context: EventContext, numbers: Iterable[int]) -> Decision:
    decision = NOTHING
    for number in numbers:
        pull_request = await context.pull_request(event.repository, number)
        if pull_request.state == "closed":
            decision += Decision(reason=f"pull request {number} is closed")
            continue
        wish = ReviewJob(
            repository=pull_request.repository,
            number=number,
            installation_id=event.installation_id,
            head_sha=pull_request.head_sha,
            reason="rerequested",
            force=True,
            run=f"d{event.delivery_id}",
            delivery_id=event.delivery_id,
        )
        # Such an event carries no time of its own: it is newer than anything the pull request has seen.
        order = ordinal(max(event.received_ms, pull_request.updated_ms + 1000), event.received_ms)
        decision += Decision((review_item(wish, ordinal=order),), f"review of {number} asked for again")
    return decision
