from __future__ import annotations

from typing import Any

import pytest

from bot.decision import Decision
from bot.errors import PermanentError, TransientError, UserError
from bot.event import EventContext
from bot.events import ALL
from bot.events.pull_request import on_pull_request
from bot.github import webhooks
from bot.github.webhooks import PullRequestEvent
from bot.messages import InstallationJob
from support.events import decided, example


async def breaks(event: PullRequestEvent, context: EventContext) -> Decision:
    raise RuntimeError("a bug")


async def refuses(event: PullRequestEvent, context: EventContext) -> Decision:
    raise UserError("not today")


async def waits(event: PullRequestEvent, context: EventContext) -> Decision:
    raise TransientError("GitHub is away")


async def test_a_handler_that_breaks_does_not_stop_another(lookups: Any) -> None:
    handlers = ((PullRequestEvent, breaks), (PullRequestEvent, refuses), (PullRequestEvent, on_pull_request))
    decision = await decided("pull_request", example("pull_request.opened"), lookups, handlers=handlers)

    assert len(decision.work) == 1
    assert "not today" in decision.reason


async def test_a_bug_that_leaves_no_decision_fails_the_delivery(lookups: Any) -> None:
    with pytest.raises(PermanentError, match="reference 0d1f2e3a"):
        await decided("pull_request", example("pull_request.opened"), lookups, handlers=((PullRequestEvent, breaks),))


async def test_a_handler_that_must_wait_makes_the_delivery_wait(lookups: Any) -> None:
    handlers = ((PullRequestEvent, on_pull_request), (PullRequestEvent, waits))
    with pytest.raises(TransientError):
        await decided("pull_request", example("pull_request.opened"), lookups, handlers=handlers)


@pytest.mark.parametrize(
    ("name", "present", "suspended"),
    [
        ("installation.created", True, False),
        ("installation.deleted", False, False),
        ("installation_repositories.added", True, False),
    ],
)
async def test_installations_are_remembered(name: str, present: bool, suspended: bool, lookups: Any) -> None:
    (item,) = (await decided(name.split(".", maxsplit=1)[0], example(name), lookups)).work

    job = InstallationJob.model_validate(item.message)
    assert (item.kind, item.subject) == ("installation", "88:installation")
    assert (job.present, job.suspended) == (present, suspended)
    assert job.account


async def test_a_suspension_is_remembered(lookups: Any) -> None:
    body = example("installation.created") | {"action": "suspend"}
    (item,) = (await decided("installation", body, lookups)).work
    assert InstallationJob.model_validate(item.message).suspended


async def test_events_we_do_not_read_lead_to_nothing_with_a_reason(lookups: Any) -> None:
    decision = await decided("push", {"ref": "refs/heads/main"}, lookups)
    assert decision.work == ()
    assert decision.reason


def test_every_kind_of_event_has_a_handler() -> None:
    kinds = {
        kind
        for kind in vars(webhooks).values()
        if isinstance(kind, type) and issubclass(kind, webhooks.Event) and kind is not webhooks.Event
    }
    assert kinds == {kind for kind, _ in ALL}
