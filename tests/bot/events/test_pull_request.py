from __future__ import annotations

from typing import Any

import pytest

from bot.messages import ReviewJob, ordinal
from support.events import decided, example


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize", "ready_for_review"])
async def test_a_pull_request_that_was_opened_or_changed_is_reviewed(action: str, lookups: Any) -> None:
    body = {**example("pull_request.opened"), "action": action}
    (item,) = (await decided("pull_request", body, lookups)).work

    job = ReviewJob.model_validate(item.message)
    assert (item.kind, item.subject, item.installation_id) == ("review", "7:2:review", 88)
    assert item.sha == job.head_sha == body["pull_request"]["head"]["sha"]
    assert (job.reason, job.force, job.run) == (action, False, "")


@pytest.mark.parametrize("action", ["closed", "labeled", "assigned", "converted_to_draft", "auto_merge_enabled"])
async def test_other_actions_lead_to_nothing(action: str, lookups: Any) -> None:
    body = {**example("pull_request.opened"), "action": action}
    assert (await decided("pull_request", body, lookups)).work == ()


async def test_an_edit_counts_only_when_the_base_changed(lookups: Any) -> None:
    body = {**example("pull_request.opened"), "action": "edited", "changes": {"title": {"from": "old"}}}
    assert (await decided("pull_request", body, lookups)).work == ()

    body["changes"] = {"base": {"ref": {"from": "main"}, "sha": {"from": "0" * 40}}}
    (item,) = (await decided("pull_request", body, lookups)).work
    job = ReviewJob.model_validate(item.message)
    assert (job.reason, job.run) == ("base changed", "b0d1f2e3a")


async def test_a_closed_pull_request_is_not_reviewed(lookups: Any) -> None:
    body = example("pull_request.synchronize")
    body["pull_request"]["state"] = "closed"
    assert (await decided("pull_request", body, lookups)).work == ()


async def test_our_own_pushes_are_not_reviewed(lookups: Any) -> None:
    body = example("pull_request.synchronize")
    body["sender"] = {"login": "acme-reviewer[bot]", "id": 1, "type": "Bot"}
    assert (await decided("pull_request", body, lookups)).work == ()


async def test_pull_requests_of_other_bots_are_reviewed(lookups: Any) -> None:
    body = example("pull_request.opened")
    body["sender"] = {"login": "dependabot[bot]", "id": 1, "type": "Bot"}
    assert len((await decided("pull_request", body, lookups)).work) == 1


async def test_deciding_asks_github_nothing(lookups: Any) -> None:
    await decided("pull_request", example("pull_request.opened"), lookups)
    assert lookups.asked == []


async def test_a_push_is_newer_than_one_before_it_whatever_arrives_first(lookups: Any) -> None:
    early, late = example("pull_request.opened"), example("pull_request.synchronize")
    early["pull_request"]["updated_at"] = "2026-11-22T12:00:00Z"
    late["pull_request"]["updated_at"] = "2026-11-22T12:00:01Z"

    (second,) = (await decided("pull_request", late, lookups)).work
    (first,) = (await decided("pull_request", early, lookups)).work

    assert second.ordinal > first.ordinal


def test_events_of_one_second_are_ordered_by_their_arrival() -> None:
    at = 1_795_348_800_000
    assert ordinal(at, at + 200) < ordinal(at, at + 900) < ordinal(at, at + 5_000) < ordinal(at + 1_000, at)
    assert ordinal(at, at - 5_000) == ordinal(at, at)
    assert ordinal(at, at + 10_000_000) < ordinal(at + 1_000, at)
    assert ordinal(4_102_444_800_000, 4_102_444_800_000) < 2**63
