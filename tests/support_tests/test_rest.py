from __future__ import annotations

import base64

import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest, Repository

REPO = "/repos/octo-org/shop"


async def test_a_request_without_user_agent_is_refused(github: GitHub, nobody: Client) -> None:
    headers = {"User-Agent": ""}
    async with nobody.session.get(f"{github.api_url}{REPO}", headers=headers) as answer:
        assert answer.status == 403
        assert "User-Agent" in (await answer.json())["message"]


async def test_an_unknown_api_version_is_refused_and_the_chosen_one_is_told(bot: Client) -> None:
    assert (await bot.call("GET", REPO, X_GitHub_Api_Version="2021-01-01"))[0] == 400
    status, _, headers = await bot.call("GET", REPO, X_GitHub_Api_Version="2022-11-28")
    assert (status, headers["X-GitHub-Api-Version-Selected"]) == (200, "2022-11-28")


async def test_an_unknown_route_is_404_as_json_and_a_violation(github: GitHub, bot: Client) -> None:
    status, told, _ = await bot.call("GET", f"{REPO}/pullz")
    assert (status, told["message"], told["status"]) == (404, "Not Found", "404")
    assert [v.what for v in github.violations] == ["GitHub has no such route"]
    assert (await bot.call("GET", f"{REPO}/pulls/"))[0] == 404
    assert (await bot.call("GET", "/nowhere"))[:2][1]["message"] == "Not Found"


async def test_a_route_github_has_and_the_stand_in_lacks_fails_loudly(github: GitHub, bot: Client) -> None:
    assert (await bot.call("GET", f"{REPO}/topics"))[0] == 501
    assert "lacks repos/get-all-topics" in str(github.violations[0])


@pytest.mark.parametrize(
    ("method", "path", "body", "what"),
    [
        ("POST", f"{REPO}/issues/1/comments", {"text": "x"}, "body: 'body' is a required property"),
        ("POST", f"{REPO}/issues/1/comments", {"body": 7}, "7 is not of type 'string'"),
        ("POST", f"{REPO}/issues/1/comments", None, "a body is required"),
        ("POST", f"{REPO}/pulls/1/reviews", {"event": "comment", "body": "x"}, "'comment' is not one of"),
        ("POST", f"{REPO}/issues/comments/1/reactions", {"content": "thumbsup"}, "'thumbsup' is not one of"),
    ],
)
async def test_a_body_that_does_not_fit_githubs_description_is_422_and_a_violation(
    github: GitHub, pull: PullRequest, bot: Client, method: str, path: str, body: object, what: str
) -> None:
    status, told, _ = await bot.call(method, path, body)
    assert (status, told["message"]) == (422, "Validation Failed")
    assert any(what in str(v) for v in github.violations), github.violations


async def test_misspelt_keys_are_ignored_as_on_github_but_remembered(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    body = {
        "event": "COMMENT",
        "words": "x",
        "comments": [{"path": "shop.py", "body": "b", "line": 5, "start_lin": 5}],
    }
    assert (await bot.call("POST", f"{REPO}/pulls/1/reviews", body))[0] == 200
    assert {v.what.split()[0] for v in github.violations} == {"words", "comments[0].start_lin"}


async def test_query_parameters_are_checked_too(github: GitHub, bot: Client, pull: PullRequest) -> None:
    assert (await bot.call("GET", f"{REPO}/pulls?state=opened&perpage=5&per_page=many"))[0] == 200
    assert len(github.violations) == 3


async def test_lists_come_in_pages_with_links_to_follow(github: GitHub, pull: PullRequest, bot: Client) -> None:
    for number in range(35):
        pull.comment("mona", f"comment {number}")
    path = f"{REPO}/issues/1/comments"
    status, first, headers = await bot.call("GET", path)
    assert (status, len(first)) == (200, 30)
    assert 'rel="next"' in headers["Link"]
    assert 'rel="last"' in headers["Link"]
    following = headers["Link"].split(">")[0].removeprefix("<")
    _, second, headers = await bot.call("GET", following)
    assert [c["body"] for c in second] == [f"comment {n}" for n in range(30, 35)]
    assert 'rel="next"' not in headers["Link"]
    assert len((await bot.call("GET", f"{path}?per_page=100"))[1]) == 35
    assert "Link" not in (await bot.call("GET", f"{path}?per_page=100"))[2]


async def test_a_comment_has_65536_characters_at_most(github: GitHub, pull: PullRequest, bot: Client) -> None:
    path = f"{REPO}/issues/1/comments"
    assert (await bot.call("POST", path, {"body": "é" * 65_536}))[0] == 201
    status, told, _ = await bot.call("POST", path, {"body": "x" * 65_537})
    assert (status, told["errors"][0]["message"]) == (422, "body is too long (maximum is 65536 characters)")
    made = github.comments(pull)[0]
    assert (await bot.call("PATCH", f"{REPO}/issues/comments/{made.id}", {"body": "x" * 65_537}))[0] == 422
    assert len(github.comments(pull)) == 1


async def test_comments_are_edited_reacted_to_and_deleted(github: GitHub, pull: PullRequest, bot: Client) -> None:
    made = pull.comment("mona", "/review")
    one = f"{REPO}/issues/comments/{made.id}"
    assert (await bot.call("POST", f"{one}/reactions", {"content": "eyes"}))[0] == 201
    assert (await bot.call("POST", f"{one}/reactions", {"content": "eyes"}))[0] == 200
    _status, listed, _ = await bot.call("GET", f"{one}/reactions")
    assert [r["content"] for r in listed] == ["eyes"]
    assert (await bot.call("DELETE", f"{one}/reactions/{listed[0]['id']}"))[0] == 204
    assert (await bot.call("PATCH", one, {"body": "other"}))[1]["body"] == "other"
    assert (await bot.call("DELETE", one))[0] == 204
    assert (await bot.call("GET", one))[0] == 404
    assert github.violations == []


async def test_a_pull_request_tells_its_files_commits_and_diff(github: GitHub, pull: PullRequest, bot: Client) -> None:
    status, told, _ = await bot.call("GET", f"{REPO}/pulls/1")
    assert status == 200
    assert (told["additions"], told["deletions"], told["changed_files"], told["commits"]) == (2, 1, 1, 1)
    assert told["head"]["sha"] == pull.head_sha
    assert told["mergeable"] is True
    files = (await bot.call("GET", f"{REPO}/pulls/1/files"))[1]
    assert files[0]["patch"].startswith("@@ -2,7 +2,8 @@")
    assert len((await bot.call("GET", f"{REPO}/pulls/1/commits"))[1]) == 1
    status, diff, headers = await bot.call("GET", f"{REPO}/pulls/1", Accept="application/vnd.github.diff")
    assert status == 200
    assert diff.startswith("diff --git a/shop.py b/shop.py")
    assert headers["Content-Type"].startswith("application/vnd.github.diff")
    status, compared, _ = await bot.call("GET", f"{REPO}/compare/main...change")
    assert (status, compared["status"], compared["ahead_by"]) == (200, "ahead", 1)


async def test_a_diff_over_githubs_limits_is_406_and_says_what_is_too_large(shop: Repository, bot: Client) -> None:
    shop.open_pull_request("wide", files={f"many/{n}.txt": "x\n" for n in range(301)})
    shop.open_pull_request("long", files={"long.txt": "x\n" * 20_001})
    for number, word in ((1, "files"), (2, "lines")):
        status, told, _ = await bot.call("GET", f"{REPO}/pulls/{number}", Accept="application/vnd.github.v3.diff")
        assert (status, told["errors"][0]["code"]) == (406, "too_large")
        assert f"maximum number of {word}" in told["message"]
    assert len((await bot.call("GET", f"{REPO}/pulls/1/files?per_page=100&page=4"))[1]) == 1


async def test_contents_come_from_the_ref_asked_for(pull: PullRequest, bot: Client) -> None:
    path = f"{REPO}/contents/shop.py"
    base = (await bot.call("GET", path))[1]
    head = (await bot.call("GET", f"{path}?ref={pull.head_sha}"))[1]
    assert b"round" not in base64.b64decode(base["content"])
    assert b"round" in base64.b64decode(head["content"])
    assert "round" in (await bot.call("GET", f"{path}?ref=change", Accept="application/vnd.github.raw+json"))[1]
    assert (await bot.call("GET", f"{REPO}/contents/.github/patchwarden.yml"))[0] == 404
    assert (await bot.call("GET", f"{path}?ref=nowhere"))[0] == 404


async def test_permission_levels_are_those_of_the_collaborator(shop: Repository, bot: Client) -> None:
    shop.collaborator("mona", "maintain")
    shop.collaborator("eve", "none")
    told = (await bot.call("GET", f"{REPO}/collaborators/mona/permission"))[1]
    assert (told["permission"], told["role_name"]) == ("write", "maintain")
    assert (await bot.call("GET", f"{REPO}/collaborators/eve/permission"))[1]["permission"] == "none"
    assert (await bot.call("GET", f"{REPO}/collaborators/unheard-of/permission"))[0] == 404


async def test_an_unchanged_answer_is_304_and_free(bot: Client) -> None:
    _, _, first = await bot.call("GET", REPO)
    status, _, second = await bot.call("GET", REPO, If_None_Match=first["ETag"])
    assert status == 304
    assert int(second["x-ratelimit-remaining"]) == int(first["x-ratelimit-remaining"]) - 1
    assert (await bot.call("GET", REPO))[2]["x-ratelimit-used"] == "2"


async def test_a_renamed_repository_answers_with_a_redirect(shop: Repository, pull: PullRequest, bot: Client) -> None:
    shop.rename("store")
    status, _, headers = await bot.call("GET", f"{REPO}/pulls/1")
    assert status == 301
    assert headers["Location"].endswith(f"/repositories/{shop.state.id}/pulls/1")
    assert (await bot.call("GET", headers["Location"]))[0] == 200


async def test_the_enterprise_layout_answers_under_api_v3() -> None:
    async with GitHub(layout="enterprise") as github:
        github.repository("octo-org", "shop")
        assert github.api_url.endswith("/api/v3")
        assert github.graphql_url.endswith("/api/graphql")
        import aiohttp

        async with aiohttp.ClientSession() as session:
            client = Client(github, session, github.installation_token("octo-org"))
            status, told, _ = await client.call("GET", REPO)
            assert (status, told["url"]) == (200, f"{github.api_url}{REPO}")
            query = {"query": "{ viewer { login } }"}
            async with session.post(
                github.graphql_url, json=query, headers={"Authorization": f"bearer {client.token}"}
            ) as answer:
                assert (await answer.json())["data"]["viewer"]["login"] == "patchwarden"
