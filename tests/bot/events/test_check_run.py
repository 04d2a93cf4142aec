from __future__ import annotations

from typing import Any

import pytest

from bot.messages import ReviewJob
from support.events import decided, example

SHA = "d" * 40


def pressed(name: str = "check_run.rerequested", *, external_id: str = f"7:3:review@{SHA}") -> dict[str, Any]:
    body = example(name)
    body["check_run"]["external_id"] = external_id
    return body


async def test_rerun_reviews_the_pull_request_named_by_our_check_run(lookups: Any) -> None:
    (item,) = (await decided("check_run", pressed(), lookups)).work

    job = ReviewJob.model_validate(item.message)
    assert (job.number, job.force, job.reason, job.head_sha) == (3, True, "rerequested", "e" * 40)
    assert job.run == "d0d1f2e3a"


async def test_our_button_does_the_same(lookups: Any) -> None:
    body = pressed("check_run.requested_action", external_id=f"7:3:review@{SHA}+c501-17")
    body["requested_action"] = {"identifier": "rerun"}
    assert len((await decided("check_run", body, lookups)).work) == 1

    body["requested_action"] = {"identifier": "something-else"}
    assert (await decided("check_run", body, lookups)).work == ()


@pytest.mark.parametrize("external_id", ["", "42", f"8:3:review@{SHA}", "7:3:review@zz", f"7:3:review@{SHA} x"])
async def test_check_runs_of_others_are_left_alone(external_id: str, lookups: Any) -> None:
    assert (await decided("check_run", pressed(external_id=external_id), lookups)).work == ()


async def test_a_closed_pull_request_is_not_reviewed_again(lookups: Any) -> None:
    lookups.state = "closed"
    assert (await decided("check_run", pressed(), lookups)).work == ()


async def test_created_and_completed_runs_lead_to_nothing(lookups: Any) -> None:
    for action in ("created", "completed"):
        assert (await decided("check_run", pressed() | {"action": action}, lookups)).work == ()


async def test_rerunning_all_checks_finds_pull_requests_from_forks_too(lookups: Any) -> None:
    lookups.reviewed = (3, 9)
    body = example("check_suite.rerequested")
    body["check_suite"]["pull_requests"] = [{"number": 3}]

    work = (await decided("check_suite", body, lookups)).work

    assert [item.subject for item in work] == ["7:3:review", "7:9:review"]


async def test_a_suite_of_a_commit_nobody_reviewed_leads_to_nothing(lookups: Any) -> None:
    body = example("check_suite.rerequested")
    body["check_suite"]["pull_requests"] = []
    assert (await decided("check_suite", body, lookups)).work == ()
    assert (await decided("check_suite", body | {"action": "completed"}, lookups)).work == ()


async def test_a_rerun_is_newer_than_the_last_push(lookups: Any) -> None:
    opened = example("pull_request.opened")
    (push,) = (await decided("pull_request", opened, lookups)).work
    (again,) = (await decided("check_run", pressed(), lookups)).work

    assert again.ordinal > push.ordinal
