from __future__ import annotations

from typing import Any

import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest

RUNS = "/repos/octo-org/shop/check-runs"
NOTE = {
    "path": "shop.py",
    "start_line": 5,
    "end_line": 5,
    "annotation_level": "warning",
    "message": "Watch the rounding.",
}


def _output(count: int, **more: Any) -> dict[str, Any]:
    return {"title": "Review", "summary": "All about it.", "annotations": [{**NOTE, **more}] * count}


async def test_a_check_run_is_queued_runs_and_is_concluded(github: GitHub, pull: PullRequest, bot: Client) -> None:
    status, made, _ = await bot.call("POST", RUNS, {"name": "Patchwarden", "head_sha": pull.head_sha})
    assert (status, made["status"], made["conclusion"]) == (201, "queued", None)
    one = f"{RUNS}/{made['id']}"
    assert (await bot.call("PATCH", one, {"status": "in_progress"}))[1]["status"] == "in_progress"
    done = (await bot.call("PATCH", one, {"conclusion": "failure", "output": _output(1)}))[1]
    assert (done["status"], done["conclusion"], done["output"]["annotations_count"]) == ("completed", "failure", 1)
    assert done["pull_requests"][0]["number"] == 1
    listed = (await bot.call("GET", f"/repos/octo-org/shop/commits/{pull.head_sha}/check-runs"))[1]
    assert listed["total_count"] == 1
    suites = (await bot.call("GET", "/repos/octo-org/shop/commits/change/check-suites"))[1]
    assert suites["check_suites"][0]["conclusion"] == "failure"
    assert github.violations == []


async def test_fifty_annotations_a_request_and_later_ones_are_appended(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    body = {"name": "Patchwarden", "head_sha": pull.head_sha, "output": _output(51)}
    status, told, _ = await bot.call("POST", RUNS, body)
    assert (status, told["message"]) == (422, "Validation Failed")
    assert "too long" in str(github.violations[0])
    assert github.check_runs(pull.head_sha) == []
    github.violations.clear()
    made = (await bot.call("POST", RUNS, body | {"output": _output(50)}))[1]
    for _ in range(2):
        assert (await bot.call("PATCH", f"{RUNS}/{made['id']}", {"output": _output(30)}))[0] == 200
    status, first, headers = await bot.call("GET", f"{RUNS}/{made['id']}/annotations?per_page=100")
    assert (len(first), "next" in headers["Link"]) == (100, True)
    assert len(github.check_runs(pull.head_sha)[0].annotations) == 110
    assert github.violations == []


@pytest.mark.parametrize(
    "body",
    [
        {"head_sha": "0" * 40},
        {"head_sha": "main"},
        {"name": " "},
        {"status": "completed"},
        {"conclusion": "stale"},
        {"output": {"title": "no summary"}},
        {"output": {"title": "t", "summary": "s" * 65_536}},
        {"output": _output(1, start_line=0)},
        {"output": _output(1, start_line=6)},
        {"output": _output(1, end_line=6, start_column=1)},
        {"output": _output(1, title="t" * 256)},
        {"output": _output(1, message="m" * 65_537)},
        {"output": _output(1, annotation_level="error")},
        {"actions": [{"label": "L", "description": "d", "identifier": str(n)} for n in range(4)]},
        {"actions": [{"label": "L" * 21, "description": "d", "identifier": "i"}]},
        {"started_at": "yesterday"},
    ],
    ids=str,
)
async def test_a_check_run_github_would_refuse_is_refused_and_leaves_no_trace(
    github: GitHub, pull: PullRequest, bot: Client, body: dict[str, Any]
) -> None:
    status, _, _ = await bot.call("POST", RUNS, {"name": "Patchwarden", "head_sha": pull.head_sha, **body})
    assert status == 422
    assert github.check_runs(pull.head_sha) == []


async def test_only_apps_write_check_runs_and_only_their_own(
    github: GitHub, pull: PullRequest, bot: Client, nobody: Client
) -> None:
    body = {"name": "Patchwarden", "head_sha": pull.head_sha}
    pull.repository.collaborator("mona", "admin")
    person = nobody.acting_as(github.user_token("mona"))
    status, told, _ = await person.call("POST", RUNS, body)
    assert (status, told["message"]) == (403, "You must authenticate via a GitHub App.")
    made = (await bot.call("POST", RUNS, body))[1]
    workflow = nobody.acting_as(github.actions_token(pull.repository, {"checks": "write"}))
    status, told, _ = await workflow.call("PATCH", f"{RUNS}/{made['id']}", {"status": "in_progress"})
    assert status == 403
    assert "only be modified by the GitHub App that created it" in told["message"]
    assert (await workflow.call("POST", RUNS, body))[1]["app"]["slug"] == "github-actions"


async def test_runs_of_one_name_are_listed_once_unless_all_are_wanted(pull: PullRequest, bot: Client) -> None:
    for _ in range(2):
        await bot.call("POST", RUNS, {"name": "Patchwarden", "head_sha": pull.head_sha, "external_id": "x"})
    path = f"/repos/octo-org/shop/commits/{pull.head_sha}/check-runs"
    assert (await bot.call("GET", path))[1]["total_count"] == 1
    assert (await bot.call("GET", f"{path}?filter=all"))[1]["total_count"] == 2
    assert (await bot.call("GET", f"{path}?check_name=Other"))[1]["total_count"] == 0


async def test_the_checks_of_a_fork_name_no_pull_request(github: GitHub, bot: Client) -> None:
    repository = github.repository("octo-org", "open")
    pull = repository.open_pull_request(fork=True, user="stranger")
    body = {"name": "Patchwarden", "head_sha": pull.head_sha}
    status, made, _ = await bot.call("POST", "/repos/octo-org/open/check-runs", body)
    assert (status, made["pull_requests"]) == (201, [])
