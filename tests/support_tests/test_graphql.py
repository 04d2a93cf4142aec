from __future__ import annotations

from typing import Any

import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest

THREADS = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 2, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved isOutdated path line comments(first: 1) { nodes { body author { login __typename } } } }
      }
    }
  }
}
"""
RESOLVE = "mutation ($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
MINIMIZE = """
mutation ($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized minimizedReason } }
}
"""


async def _ask(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    status, told, _ = await client.call("POST", "/graphql", {"query": query, "variables": variables})
    assert status == 200
    return dict(told)


@pytest.fixture
async def reviewed(github: GitHub, pull: PullRequest, bot: Client) -> PullRequest:
    comments = [{"path": "shop.py", "line": line, "body": f"on {line}"} for line in (4, 5, 6)]
    body = {"event": "COMMENT", "body": "x", "comments": comments}
    assert (await bot.call("POST", "/repos/octo-org/shop/pulls/1/reviews", body))[0] == 200
    return pull


async def test_threads_are_listed_page_by_page_and_a_bot_has_no_suffix(
    github: GitHub, reviewed: PullRequest, bot: Client
) -> None:
    where = {"owner": "octo-org", "name": "shop", "number": 1}
    first = (await _ask(bot, THREADS, **where))["data"]["repository"]["pullRequest"]["reviewThreads"]
    assert [t["line"] for t in first["nodes"]] == [4, 5]
    assert first["nodes"][0]["comments"]["nodes"][0]["author"] == {"login": "patchwarden", "__typename": "Bot"}
    cursor = first["pageInfo"]["endCursor"]
    rest = (await _ask(bot, THREADS, **where, after=cursor))["data"]["repository"]["pullRequest"]["reviewThreads"]
    assert ([t["line"] for t in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([6], False)
    assert github.violations == []


async def test_resolving_a_thread_needs_contents_write(
    github: GitHub, reviewed: PullRequest, bot: Client, nobody: Client
) -> None:
    thread = f"PRRT_kwDOAAE{github.review_comments(reviewed)[0].id:x}"
    refused = await _ask(bot, RESOLVE, id=thread)
    assert (refused["errors"][0]["type"], refused["errors"][0]["message"]) == (
        "FORBIDDEN",
        "Resource not accessible by integration",
    )
    able = nobody.acting_as(github.installation_token("octo-org", permissions={"contents": "write"}))
    assert (await _ask(able, RESOLVE, id=thread))["data"]["resolveReviewThread"]["thread"]["isResolved"] is True
    assert github.review_comments(reviewed)[0].resolved_by is not None


async def test_a_comment_is_minimized(github: GitHub, pull: PullRequest, bot: Client) -> None:
    made = pull.comment("mona", "old news")
    told = await _ask(bot, MINIMIZE, id=f"IC_kwDOAAE{made.id:x}")
    assert told["data"]["minimizeComment"]["minimizedComment"] == {"isMinimized": True, "minimizedReason": "outdated"}


async def test_a_query_github_would_refuse_is_an_error_and_a_violation(
    github: GitHub, pull: PullRequest, bot: Client, nobody: Client
) -> None:
    told = await _ask(bot, '{ repository(owner: "octo-org", name: "shop") { pullRequests { nods { id } } } }')
    assert "data" not in told
    assert "nods" in str(github.violations[0])
    assert (await nobody.call("POST", "/graphql", {"query": "{ viewer { login } }"}))[0] == 401
    missing = await _ask(bot, '{ repository(owner: "octo-org", name: "none") { id } }')
    assert (missing["data"], missing["errors"][0]["type"]) == ({"repository": None}, "NOT_FOUND")
    unbounded = '{ repository(owner: "octo-org", name: "shop") { pullRequest(number: 1) { comments { totalCount } } } }'
    assert (await _ask(bot, unbounded))["errors"][0]["type"] == "MISSING_PAGINATION_BOUNDARIES"
