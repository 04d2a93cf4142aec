from __future__ import annotations

from typing import Any

import pytest

from bot.errors import TransientError
from bot.messages import ReplyJob, ReviewJob
from bot.models import WorkItem
from support.events import comment, decided


def reply(work: tuple[WorkItem, ...]) -> ReplyJob:
    (item,) = [item for item in work if item.kind == "reply"]
    return ReplyJob.model_validate(item.message)


def review(work: tuple[WorkItem, ...]) -> ReviewJob:
    (item,) = [item for item in work if item.kind == "review"]
    return ReviewJob.model_validate(item.message)


@pytest.mark.parametrize(
    ("by", "role", "allowed"),
    [
        ("bob", "admin", True),
        ("bob", "maintain", True),
        ("bob", "write", True),
        ("bob", "triage", False),
        ("bob", "read", False),
        ("bob", "none", False),
        ("ada", "none", True),
    ],
)
async def test_a_review_is_for_writers_and_the_author(by: str, role: str, allowed: bool, lookups: Any) -> None:
    lookups.roles[by] = role
    work = (await decided("issue_comment", comment("/review", by=by), lookups)).work

    assert any(item.kind == "review" for item in work) is allowed
    assert reply(work).reactions == (("eyes",) if allowed else ("-1",))
    assert [part.name for part in reply(work).parts] == ([] if allowed else ["refused"])


async def test_a_review_asked_for_is_forced_and_told_apart_from_others(lookups: Any) -> None:
    lookups.roles["bob"] = "write"
    work = (await decided("issue_comment", comment("/review"), lookups)).work

    job = review(work)
    assert (job.force, job.full, job.head_sha, job.number) == (True, False, "e" * 40, 1)
    assert job.run.startswith("c501-")
    assert job.effect_key("e" * 40) == f"7:1:review@{'e' * 40}+{job.run}"


@pytest.mark.parametrize("words", ["all", "full"])
async def test_a_full_review_can_be_asked_for(words: str, lookups: Any) -> None:
    work = (await decided("issue_comment", comment(f"/review {words}", by="ada"), lookups)).work
    assert review(work).full


async def test_arguments_nobody_knows_are_answered(lookups: Any) -> None:
    work = (await decided("issue_comment", comment("/review tomorrow", by="ada"), lookups)).work

    assert [part.name for part in reply(work).parts] == ["error"]
    assert all(item.kind == "reply" for item in work)


async def test_a_closed_pull_request_is_answered(lookups: Any) -> None:
    lookups.state = "closed"
    work = (await decided("issue_comment", comment("/review", by="ada"), lookups)).work

    assert "closed" in reply(work).parts[0].values["message"]


async def test_help_is_for_everyone(lookups: Any) -> None:
    lookups.roles["bob"] = "read"
    work = (await decided("issue_comment", comment("/help"), lookups)).work

    (part,) = reply(work).parts
    assert part.name == "help"
    assert [row["usage"] for row in part.values["commands"]] == ["/review [all]", "/help"]


async def test_several_commands_get_one_answer(lookups: Any) -> None:
    body = "/review\n/help\n/patchwarden reviex"
    work = (await decided("issue_comment", comment(body, by="ada"), lookups)).work

    assert sorted(item.kind for item in work) == ["reply", "review"]
    assert reply(work).reactions == ("eyes", "confused")
    assert [part.name for part in reply(work).parts] == ["help", "unknown"]


@pytest.mark.parametrize("body", ["/deploy", "/reviewers", "/lgtm\n/hold", "nothing here", "`/review`"])
async def test_commands_of_others_are_left_alone(body: str, lookups: Any) -> None:
    assert (await decided("issue_comment", comment(body), lookups)).work == ()
    assert lookups.asked == []


@pytest.mark.parametrize(
    ("body", "nearest"),
    [("@patchwarden reviex", "/review"), ("/patchwarden helpx", "/help"), ("@acme-reviewer dance", "")],
)
async def test_an_unknown_command_by_name_gets_the_nearest_match(body: str, nearest: str, lookups: Any) -> None:
    work = (await decided("issue_comment", comment(body), lookups)).work

    (part,) = reply(work).parts
    assert (part.name, part.values["nearest"]) == ("unknown", nearest)
    assert reply(work).reactions == ("confused",)


@pytest.mark.parametrize("by", ["acme-reviewer[bot]", "renovate[bot]"])
async def test_bots_are_not_listened_to(by: str, lookups: Any) -> None:
    lookups.roles[by] = "admin"
    assert (await decided("issue_comment", comment("/review", by=by), lookups)).work == ()


async def test_an_issue_that_is_no_pull_request_is_left_alone(lookups: Any) -> None:
    body = comment("/help")
    del body["issue"]["pull_request"]
    assert (await decided("issue_comment", body, lookups)).work == ()


async def test_an_edit_runs_only_the_new_command(lookups: Any) -> None:
    body = comment("/review\n/help", before="/review", by="ada")
    work = (await decided("issue_comment", body, lookups)).work

    assert [item.kind for item in work] == ["reply"]
    assert [part.name for part in reply(work).parts] == ["help"]


async def test_an_edit_that_changed_no_text_runs_nothing(lookups: Any) -> None:
    body = comment("/review", by="ada") | {"action": "edited", "changes": {}}
    assert (await decided("issue_comment", body, lookups)).work == ()


async def test_an_edit_by_somebody_else_has_that_persons_rights(lookups: Any) -> None:
    body = comment("/review", before="hello", by="ada")
    body["sender"] = {"login": "mallory", "id": 666, "type": "User"}
    work = (await decided("issue_comment", body, lookups)).work

    assert [part.name for part in reply(work).parts] == ["refused"]


async def test_deleted_comments_run_nothing(lookups: Any) -> None:
    body = comment("/review", by="ada") | {"action": "deleted"}
    assert (await decided("issue_comment", body, lookups)).work == ()


async def test_the_role_is_asked_for_once_a_comment(lookups: Any) -> None:
    lookups.roles["bob"] = "read"
    await decided("issue_comment", comment("/review\n/review all"), lookups)
    assert lookups.asked == ["permission"]


async def test_a_look_up_that_fails_for_now_is_tried_again_as_a_whole(lookups: Any) -> None:
    lookups.down = True
    with pytest.raises(TransientError):
        await decided("issue_comment", comment("/review"), lookups)


async def test_deciding_twice_gives_the_same_work(lookups: Any) -> None:
    lookups.roles["bob"] = "write"
    first = await decided("issue_comment", comment("/review\n/help"), lookups)
    assert await decided("issue_comment", comment("/review\n/help"), lookups) == first
