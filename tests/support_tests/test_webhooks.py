from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft7Validator
from support_tests.client import Client, app_jwt

from support.github import GitHub, PullRequest, Repository
from support.github.deliveries import sign
from support.github.descriptions import load

SECRET = "a webhook secret for tests"


@dataclass
class Service:
    """Something that takes webhooks."""

    url: str = ""
    status: int = 202
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    stall_s: float = 0.0

    @property
    def events(self) -> list[tuple[str, str | None]]:
        return [(headers["X-GitHub-Event"], json.loads(body).get("action")) for headers, body in self.got]


@pytest.fixture
async def service(github: GitHub) -> AsyncIterator[Service]:
    made = Service()

    async def take(request: web.Request) -> web.Response:
        made.got.append((dict(request.headers), await request.read()))
        await asyncio.sleep(made.stall_s)
        return web.Response(status=made.status, text="stored")

    app = web.Application()
    app.router.add_post("/webhooks/github", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/github"
    github.webhook(made.url, SECRET)
    yield made
    await runner.cleanup()


def test_signatures_are_those_of_githubs_documented_example() -> None:
    signed = sign("It's a Secret to Everybody", b"Hello, World!")
    assert signed == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


async def test_an_opened_pull_request_is_told_signed_under_a_guid(
    github: GitHub, service: Service, pull: PullRequest
) -> None:
    await github.delivered()
    assert service.events == [
        ("installation", "created"),
        ("check_suite", "requested"),
        ("pull_request", "opened"),
    ]
    headers, body = service.got[-1]
    assert headers["X-Hub-Signature-256"] == sign(SECRET, body)
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert len(headers["X-GitHub-Delivery"]) == 36
    payload = json.loads(body)
    assert payload["pull_request"]["head"]["sha"] == pull.head_sha
    assert payload["repository"]["clone_url"] == pull.repository.clone_url
    assert payload["installation"]["id"] == github.install("octo-org").id
    assert [a.status for a in github.webhooks] == [202, 202, 202]


async def test_what_people_do_is_told_in_order(github: GitHub, service: Service, pull: PullRequest) -> None:
    service.got.clear()
    await github.delivered()
    before = pull.head_sha
    after = pull.push({"shop.py": "print('next')\n"})
    comment = pull.comment("mona", "/review")
    pull.edit_comment(comment, "/help")
    pull.convert_to_draft()
    pull.ready_for_review()
    pull.edit(title="Better")
    pull.close()
    pull.reopen()
    pull.force_push({"shop.py": "print('once more')\n"})
    await github.delivered()
    assert [e for e in service.events if e[0] != "check_suite"][2:] == [
        ("pull_request", "synchronize"),
        ("issue_comment", "created"),
        ("issue_comment", "edited"),
        ("pull_request", "converted_to_draft"),
        ("pull_request", "ready_for_review"),
        ("pull_request", "edited"),
        ("pull_request", "closed"),
        ("pull_request", "reopened"),
        ("pull_request", "synchronize"),
    ]
    moved = next(a.json() for a in github.webhooks if a.action == "synchronize")
    assert (moved["before"], moved["after"]) == (before, after)


async def test_the_apps_own_writes_are_told_to_it_too(
    github: GitHub, service: Service, pull: PullRequest, bot: Client
) -> None:
    await bot.call("POST", "/repos/octo-org/shop/issues/1/comments", {"body": "Reviewed."})
    body = {"name": "Patchwarden", "head_sha": pull.head_sha, "conclusion": "success"}
    await bot.call("POST", "/repos/octo-org/shop/check-runs", body)
    await github.delivered()
    assert service.events[-3:] == [("issue_comment", "created"), ("check_run", "created"), ("check_run", "completed")]
    assert github.webhooks[-1].json()["sender"]["type"] == "Bot"


async def test_a_rerun_and_a_pressed_button_reach_the_app_that_made_the_check(
    github: GitHub, service: Service, pull: PullRequest, bot: Client
) -> None:
    button = {"label": "Again", "description": "Run again", "identifier": "rerun"}
    body = {"name": "Patchwarden", "head_sha": pull.head_sha, "conclusion": "failure", "actions": [button]}
    await bot.call("POST", "/repos/octo-org/shop/check-runs", body)
    run = github.check_runs(pull.head_sha)[0]
    pull.rerun(run)
    pull.press(run, "rerun")
    await github.delivered()
    assert service.events[-2:] == [("check_run", "rerequested"), ("check_run", "requested_action")]
    assert github.webhooks[-1].json()["requested_action"] == {"identifier": "rerun"}


async def test_a_redelivery_keeps_its_guid_and_its_bytes(
    github: GitHub, service: Service, pull: PullRequest, nobody: Client
) -> None:
    service.status = 503
    await github.delivered()
    service.status = 202
    app = nobody.acting_as(app_jwt(github))
    failed = (await app.call("GET", "/app/hook/deliveries?status=failure"))[1]
    assert [d["event"] for d in failed] == ["pull_request", "check_suite", "installation"]
    assert (await app.call("POST", f"/app/hook/deliveries/{failed[0]['id']}/attempts"))[0] == 202
    await github.delivered()
    first, again = [a for a in github.webhooks if a.event == "pull_request"]
    assert (again.guid, again.payload, again.redelivery, again.ok) == (first.guid, first.payload, True, True)
    assert service.got[-1] == service.got[2]
    told = (await app.call("GET", f"/app/hook/deliveries/{again.id}"))[1]
    assert told["request"]["headers"]["X-GitHub-Delivery"] == first.guid
    page = await app.call("GET", "/app/hook/deliveries?per_page=2")
    assert 'rel="next"' in page[2]["Link"]
    following = page[2]["Link"].split(">")[0].removeprefix("<")
    assert [d["id"] for d in (await app.call("GET", following))[1]] == [github.webhooks[1].id, github.webhooks[0].id]
    assert github.violations == []


async def test_deliveries_come_late_twice_and_out_of_order_on_demand(
    github: GitHub, service: Service, pull: PullRequest
) -> None:
    await github.delivered()
    service.got.clear()
    github.deliveries.pause()
    pull.comment("mona", "one")
    pull.comment("mona", "two")
    pull.comment("mona", "lost")
    await github.delivered()
    assert service.got == []
    github.deliveries.resume([1, 0, 1])
    await github.delivered()
    bodies = [json.loads(body)["comment"]["body"] for _, body in service.got]
    guids = [headers["X-GitHub-Delivery"] for headers, _ in service.got]
    assert bodies == ["two", "one", "two"]
    assert guids[0] == guids[2] != guids[1]


async def test_a_service_that_is_slow_or_away_is_a_failed_delivery(
    github: GitHub, service: Service, shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    await github.delivered()
    session = github.deliveries._session
    assert session is not None
    assert session.timeout.total == 10.0
    github.webhook("http://127.0.0.1:9/nobody", SECRET)
    shop.open_pull_request()
    await github.delivered()
    assert github.webhooks[-1].status == 0
    assert "failed to connect" in github.webhooks[-1].item()["status"]


async def test_an_app_hears_only_what_it_subscribed_to_and_where_it_is_installed(
    github: GitHub, service: Service, shop: Repository
) -> None:
    github.repository("acme", "elsewhere", install=False).open_pull_request()
    shop.commit({"README.md": "pushes are not subscribed to\n"})
    await github.delivered()
    assert service.events == [("installation", "created")]


SUBSCRIBABLE = (
    "pull_request",
    "issue_comment",
    "check_run",
    "check_suite",
    "push",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
)


async def test_every_payload_fits_octokits_schema_and_has_every_key_of_its_example(nobody: Client) -> None:
    async with GitHub(events=SUBSCRIBABLE, permissions={**dict.fromkeys(PERMISSIONS, "write")}) as github:
        github.webhook("http://127.0.0.1:9/nobody", SECRET)
        github.events.ping(github.app)
        shop = github.repository("octo-org", "shop", files={"a.py": "x = 1\n"})
        pull = shop.open_pull_request(files={"a.py": "x = 2\n"})
        bot = Client(github, nobody.session, github.installation_token("octo-org"))
        await _use(github, pull, bot)
        installation = github.install("octo-org")
        github.events.installation_repositories(installation, "added", [shop.state], [])
        seen = {(a.event, a.action) for a in github.webhooks}
        assert len(seen) >= 20, seen
        problems = [p for a in github.webhooks for p in _problems(a.event, a.json())]
        assert sorted(set(problems)) == [], "\n".join(sorted(set(problems)))


PERMISSIONS = ("checks", "contents", "issues", "metadata", "pull_requests")


async def _use(github: GitHub, pull: PullRequest, bot: Client) -> None:
    repo = "/repos/octo-org/shop"
    await bot.call("POST", f"{repo}/issues/1/comments", {"body": "x"})
    comment = github.comments(pull)[0]
    pull.edit_comment(comment, "y")
    pull.delete_comment(comment)
    line = {"path": "a.py", "line": 1, "body": "x"}
    await bot.call("POST", f"{repo}/pulls/1/reviews", {"event": "COMMENT", "body": "x", "comments": [line]})
    query = 'mutation { resolveReviewThread(input: {threadId: "%s"}) { thread { isResolved } } }'
    thread = f"PRRT_kwDOAAE{github.review_comments(pull)[0].id:x}"
    answer = (await bot.call("POST", "/graphql", {"query": query % thread}))[1]
    assert answer["data"]["resolveReviewThread"]["thread"]["isResolved"] is True
    await bot.call("POST", f"{repo}/check-runs", {"name": "n", "head_sha": pull.head_sha, "conclusion": "success"})
    pull.rerun(github.check_runs(pull.head_sha)[0])
    pull.push({"a.py": "x = 3\n"})
    pull.convert_to_draft()
    pull.ready_for_review()
    pull.edit(title="t")
    pull.close()
    pull.reopen()
    pull.merge()


OPTIONAL = {"organization", "installation", "repository", "sender", "requester"}


def _open(node: Any) -> Any:
    """The schemas without their closed lists of keys: GitHub adds keys faster than they do."""
    if isinstance(node, list):
        return [_open(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {k: _open(v) for k, v in node.items() if (k, v) != ("additionalProperties", False)}


def _problems(event: str, payload: dict[str, Any]) -> list[str]:
    action = payload.get("action")
    name = f"{event}${action}" if action else f"{event}$event"
    definitions = _open(load().webhook_schemas["definitions"])
    validator = Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})
    problems = [
        f"{name} {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(payload)
    ]
    examples = [e for e in load().webhook_examples[event] if e.get("action") == action]
    for example in examples[-1:]:
        missing = {k for k in example if k not in payload} - OPTIONAL
        problems += [f"{name} lacks {key}" for key in missing]
        for noun in ("pull_request", "comment", "check_run", "check_suite", "review", "issue"):
            if isinstance(example.get(noun), dict):
                problems += [f"{name} {noun} lacks {k}" for k in example[noun] if k not in payload[noun]]
    return problems
