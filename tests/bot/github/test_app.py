from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.errors import PermanentError, TransientError
from bot.github.app import GitHubApp
from bot.github.client import Pace
from bot.github.errors import ForbiddenError, InvalidRequestError, NotFoundError, UnauthorizedError
from bot.settings import GitHubSettings
from support.bot_tester import BASE, HEAD
from support.fake_github import GitHub
from support.fake_rules import INSTALLATION, SLUG, Request, github_settings

PULL = "/repos/octo-org/shop/pulls/1"
COMMENTS = "/repos/octo-org/shop/issues/1/comments"


@pytest.fixture
def github() -> GitHub:
    model = GitHub()
    model.open_pull_request(1, HEAD, BASE)
    return model


@pytest.fixture
def app(github: GitHub) -> GitHubApp:
    return GitHubApp(None, github_settings(), api=github.api, pace_s=0)


def tokens_asked(github: GitHub) -> int:
    return len(github.asked("POST", "access_tokens"))


async def test_a_token_is_asked_for_once_however_many_need_it(github: GitHub, app: GitHubApp) -> None:
    async with app.installation(INSTALLATION) as one, app.installation(INSTALLATION) as two:
        await asyncio.gather(*(client.get(PULL) for client in (one, two, one, two)))

    assert tokens_asked(github) == 1


async def test_opening_a_client_asks_nothing(github: GitHub, app: GitHubApp) -> None:
    async with app.installation(INSTALLATION):
        pass

    assert github.requests == []


async def test_a_token_is_replaced_before_it_ends(github: GitHub) -> None:
    now = datetime.now(UTC)
    app = GitHubApp(None, github_settings(), api=github.api, pace_s=0, now=lambda: now)
    async with app.installation(INSTALLATION) as client:
        await client.get(PULL)
        now += timedelta(minutes=50)
        await client.get(PULL)
        assert tokens_asked(github) == 1
        now += timedelta(minutes=6)
        await client.get(PULL)
        assert tokens_asked(github) == 2


async def test_a_token_github_no_longer_takes_is_replaced_once(github: GitHub, app: GitHubApp) -> None:
    async with app.installation(INSTALLATION) as client:
        await client.get(PULL)
        github.tokens.clear()
        await client.post(COMMENTS, data={"body": "hello"})

    assert tokens_asked(github) == 2
    assert len(github.issue_comments) == 1


async def test_a_list_survives_a_token_github_no_longer_takes(github: GitHub, app: GitHubApp) -> None:
    github.comment("ada", "hello")
    async with app.installation(INSTALLATION) as client:
        await client.get(PULL)
        github.tokens.clear()
        assert [c["body"] async for c in client.getiter(COMMENTS)] == ["hello"]

    assert tokens_asked(github) == 2


async def test_credentials_refused_for_good_are_a_permanent_failure(github: GitHub, app: GitHubApp) -> None:
    github.fail_next("GET", "/pulls/1", 401, "Bad credentials")
    github.fail_next("GET", "/pulls/1", 401, "Bad credentials")
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(UnauthorizedError, match="Bad credentials"):
            await client.get(PULL)


async def test_the_slug_is_asked_for_once(github: GitHub, app: GitHubApp) -> None:
    assert await asyncio.gather(app.slug(), app.slug()) == [SLUG, SLUG]
    assert len(github.asked("GET", "/app")) == 1


async def test_git_gets_the_token_as_a_basic_header(github: GitHub, app: GitHubApp) -> None:
    async with app.installation(INSTALLATION) as client:
        header = await client.clone_authorization()

    (token,) = github.tokens
    assert isinstance(header, SecretStr)
    scheme, _, value = header.get_secret_value().partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", f"x-access-token:{token}")
    assert token not in repr(header)


async def test_an_installation_that_is_gone_is_said_so(app: GitHubApp) -> None:
    async with app.installation(12345) as client:
        with pytest.raises(PermanentError, match="no installation 12345"):
            await client.get(PULL)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (GitHubSettings(), "PATCHWARDEN_GITHUB_APP_ID"),
        (GitHubSettings(app_id=1, private_key=SecretStr("not a key")), "not an RSA key"),
    ],
)
async def test_a_missing_or_broken_identity_names_the_setting(
    github: GitHub, settings: GitHubSettings, words: str
) -> None:
    app = GitHubApp(None, settings, api=github.api)
    with pytest.raises(PermanentError, match=words):
        await app.slug()


def test_an_app_needs_a_way_to_github() -> None:
    with pytest.raises(ValueError, match="session"):
        GitHubApp(None, github_settings())


@pytest.mark.parametrize(
    ("status", "message", "headers", "kind", "wait_s"),
    [
        (500, "", {}, TransientError, None),
        (502, "", {"retry_after": "7"}, TransientError, 7),
        (520, "", {}, TransientError, None),
        (408, "", {}, TransientError, None),
        (429, "", {}, TransientError, 60),
        (429, "", {"retry_after": "11"}, TransientError, 11),
        (403, "You have exceeded a secondary rate limit", {}, TransientError, 60),
        (403, "You have triggered an abuse detection mechanism", {}, TransientError, 60),
        (403, "slow down", {"retry_after": "30"}, TransientError, 30),
        (403, "Resource not accessible by integration", {}, ForbiddenError, None),
        (404, "Not Found", {}, NotFoundError, None),
        (410, "Gone", {}, NotFoundError, None),
        (422, "Validation Failed", {}, InvalidRequestError, None),
        (400, "Problems parsing JSON", {}, PermanentError, None),
        (409, "Conflict", {}, PermanentError, None),
    ],
)
async def test_each_refusal_is_told_apart(
    github: GitHub,
    app: GitHubApp,
    status: int,
    message: str,
    headers: dict[str, str],
    kind: type[Exception],
    wait_s: float | None,
) -> None:
    github.fail_next("GET", "/pulls/1", status, message, **headers)
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(kind) as caught:
            await client.get(PULL)

    assert getattr(caught.value, "retry_after_s", None) == wait_s


async def test_a_primary_limit_waits_until_its_reset(github: GitHub, app: GitHubApp) -> None:
    reset = str(int(time.time()) + 600)
    limits = {"x_ratelimit_remaining": "0", "x_ratelimit_limit": "5000", "x_ratelimit_reset": reset}
    github.fail_next("GET", "/pulls/1", 403, "API rate limit exceeded", **limits)
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(TransientError) as caught:
            await client.get(PULL)

    assert caught.value.retry_after_s == pytest.approx(600, abs=5)


async def test_after_a_limit_nothing_more_is_sent_until_it_is_over(github: GitHub, app: GitHubApp) -> None:
    github.fail_next("POST", "/issues/1/comments", 403, "secondary rate limit", retry_after="30")
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(TransientError):
            await client.post(COMMENTS, data={"body": "hello"})
    sent = len(github.requests)

    async with app.installation(INSTALLATION) as other:
        with pytest.raises(TransientError) as caught:
            await other.get(PULL)

    assert len(github.requests) == sent
    assert 0 < (caught.value.retry_after_s or 0) <= 30


async def test_a_missing_permission_is_named(github: GitHub, app: GitHubApp) -> None:
    github.fail_next("GET", "/pulls/1", 403, "no", x_accepted_github_permissions="pull_requests=read")
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(ForbiddenError, match="pull_requests=read"):
            await client.get(PULL)


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_lost_connection_is_worth_another_try(github: GitHub, app: GitHubApp, recorded: bool) -> None:
    github.drop_next("POST", "/issues/1/comments", recorded=recorded)
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(TransientError, match="could not be reached"):
            await client.post(COMMENTS, data={"body": "hello"})


async def test_lists_are_followed_over_their_pages(github: GitHub, app: GitHubApp) -> None:
    for number in range(7):
        github.comment("ada", str(number))
    async with app.installation(INSTALLATION) as client:
        found = [c["body"] async for c in client.getiter(COMMENTS + "{?per_page}", {"per_page": "3"})]

    assert found == [str(number) for number in range(7)]
    assert len(github.asked("GET", "/issues/1/comments")) == 3


async def test_a_page_that_fails_is_told_like_any_answer(github: GitHub, app: GitHubApp) -> None:
    github.fail_next("GET", "/issues/1/comments", 502)
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(TransientError):
            assert not [c async for c in client.getiter(COMMENTS)]


async def test_writes_go_a_pause_apart_after_a_short_burst(github: GitHub) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(round(seconds, 1))

    pace = Pace(10.0, burst=3, sleep=sleep)
    for _ in range(6):
        async with pace.lock:
            await pace.before_write()

    # Nobody really slept here, so each wait is counted from the same moment.
    assert waits == [10.0, 20.0, 30.0]


async def test_writes_of_an_installation_never_overlap(github: GitHub, app: GitHubApp) -> None:
    running, most = 0, 0
    answer = github.answer

    def watched(request: Request, headers: Mapping[str, str]) -> Any:
        nonlocal running, most
        running += request.method == "POST" and "comments" in request.path
        most = max(most, running)
        answered = answer(request, headers)
        running -= request.method == "POST" and "comments" in request.path
        return answered

    github.answer = watched  # type: ignore[method-assign]
    async with app.installation(INSTALLATION) as one, app.installation(INSTALLATION) as two:
        await asyncio.gather(*(c.post(COMMENTS, data={"body": "x"}) for c in (one, two) * 5))

    assert most == 1
    assert len(github.issue_comments) == 10


class Answers:
    """A GraphQL endpoint with one prepared answer."""

    def __init__(self, github: GitHub, status: int, body: Any) -> None:
        self._answer = github.answer
        self._prepared = status, body

    def __call__(self, request: Any, headers: Any) -> Any:
        if request.path != "/graphql":
            return self._answer(request, headers)
        status, body = self._prepared
        return status, {"content-type": "application/json"}, json.dumps(body).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"errors": [{"type": "NOT_FOUND", "message": "no such"}]}, NotFoundError),
        (200, {"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}, ForbiddenError),
        (200, {"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}, TransientError),
        (200, {"errors": [{"message": "Field 'x' doesn't exist"}]}, InvalidRequestError),
        (403, {"message": "You have exceeded a secondary rate limit"}, TransientError),
        (502, {"message": "Bad gateway"}, TransientError),
        (200, {"nothing": 1}, TransientError),
    ],
)
async def test_graphql_failures_are_told_apart(
    github: GitHub, app: GitHubApp, status: int, body: Any, kind: type[Exception]
) -> None:
    answers: Callable[..., Any] = Answers(github, status, body)
    github.answer = answers  # type: ignore[method-assign]
    async with app.installation(INSTALLATION) as client:
        with pytest.raises(kind):
            await client.graphql("query { viewer { login } }")


async def test_graphql_answers_with_its_data(github: GitHub, app: GitHubApp) -> None:
    github.answer = Answers(github, 200, {"data": {"done": True}})  # type: ignore[method-assign]
    async with app.installation(INSTALLATION) as client:
        assert await client.graphql("mutation { done }") == {"done": True}
