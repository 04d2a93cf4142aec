from __future__ import annotations

import time

import aiohttp
import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest

COMMENTS = "/repos/octo-org/shop/issues/1/comments"


async def test_a_planned_failure_strikes_once_and_is_logged(github: GitHub, pull: PullRequest, bot: Client) -> None:
    github.fail_next("POST", r"/issues/\d+/comments$", 502)
    assert (await bot.call("POST", COMMENTS, {"body": "x"}))[0] == 502
    assert github.comments(pull) == []
    assert (await bot.call("POST", COMMENTS, {"body": "x"}))[0] == 201
    assert [(r.operation_id, r.status) for r in github.requests] == [("fault", 502), ("issues/create-comment", 201)]


async def test_a_dropped_connection_may_or_may_not_have_taken_effect(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    for outcome, posted in (("drop connection", 0), ("record then drop", 1)):
        github.fail_next("POST", "/comments$", outcome)  # type: ignore[arg-type]
        with pytest.raises(aiohttp.ClientError):
            await bot.call("POST", COMMENTS, {"body": outcome})
        assert len(github.comments(pull)) == posted


async def test_the_secondary_limit_tells_when_to_come_back(github: GitHub, pull: PullRequest, bot: Client) -> None:
    github.secondary_limit(retry_after_s=2, status=429, method="POST")
    status, told, headers = await bot.call("POST", COMMENTS, {"body": "x"})
    assert (status, headers["retry-after"]) == (429, "2")
    assert "secondary rate limit" in told["message"]
    github.secondary_limit(retry_after_s=None)
    status, told, headers = await bot.call("GET", COMMENTS)
    assert (status, "retry-after" in headers) == (403, False)


async def test_eighty_writes_of_content_a_minute_and_no_more(github: GitHub, pull: PullRequest, bot: Client) -> None:
    github.server.limits.content_per_minute = 3
    answers = [(await bot.call("POST", COMMENTS, {"body": str(n)}))[0] for n in range(4)]
    assert answers == [201, 201, 201, 403]
    assert (await bot.call("GET", COMMENTS))[0] == 200


async def test_the_hourly_limit_says_when_it_resets(github: GitHub, pull: PullRequest, bot: Client) -> None:
    github.server.limits.hourly = 2
    assert (await bot.call("GET", COMMENTS))[2]["x-ratelimit-remaining"] == "1"
    assert (await bot.call("GET", COMMENTS))[2]["x-ratelimit-remaining"] == "0"
    status, told, headers = await bot.call("GET", COMMENTS)
    assert (status, told["message"].startswith("API rate limit exceeded")) == (403, True)
    assert int(headers["x-ratelimit-reset"]) > time.time()


async def test_latency_slows_every_answer(github: GitHub, pull: PullRequest, bot: Client) -> None:
    github.latency(0.2)
    started = time.perf_counter()
    await bot.call("GET", COMMENTS)
    assert time.perf_counter() - started >= 0.2
