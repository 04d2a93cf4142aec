from __future__ import annotations

import re

import aiohttp
import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest
from support.github.page.markdown import render

PAGE = "http://127.0.0.1/octo-org/shop"


async def _get(url: str) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers={"Accept": "text/html"}) as answer,
    ):
        return answer.status, await answer.text(), answer.headers.get("Content-Security-Policy", "")


async def test_the_page_shows_summary_review_suggestion_and_check(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    repo = "/repos/octo-org/shop"
    summary = "### 1 finding\n\n<details><summary>More</summary>\n\n| a | b |\n|:-|-:|\n| 1 | 2 |\n\n</details>"
    await bot.call("POST", f"{repo}/issues/1/comments", {"body": summary})
    change = {"path": "shop.py", "start_line": 5, "line": 6, "body": "```suggestion\n    return sum(prices)\n```"}
    await bot.call("POST", f"{repo}/pulls/1/reviews", {"event": "COMMENT", "body": "Look.", "comments": [change]})
    note = {"path": "shop.py", "start_line": 5, "end_line": 5, "annotation_level": "failure", "message": "<b>no</b>"}
    output = {"title": "1 finding", "summary": "**One.**", "annotations": [note]}
    run = {"name": "Patchwarden", "head_sha": pull.head_sha, "conclusion": "failure", "output": output}
    await bot.call("POST", f"{repo}/check-runs", run)
    status, page, policy = await _get(pull.url)
    assert status == 200
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "<script" not in page
    assert "<details><summary>More</summary>" in page
    assert '<tr class="deletion"><td class="sign">−</td><td class="code">    result = sum(prices)</td></tr>' in page
    assert '<tr class="addition"><td class="sign">+</td><td class="code">    return sum(prices)</td></tr>' in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "1 annotation" in page
    for link in re.findall(r'href="(/[^"#]+)', page):
        if "/octo-org/shop/" in link:
            assert (await _get(f"{github.address}{link}"))[0] == 200, link


async def test_every_repository_and_pull_request_is_listed(github: GitHub, pull: PullRequest) -> None:
    status, page, _ = await _get(f"{github.address}/")
    assert (status, "/octo-org/shop/pull/1" in page, "Round totals" in page) == (200, True, True)
    assert (await _get(f"{github.address}/octo-org/shop/pull/9"))[0] == 404
    assert (await _get(f"{github.address}/octo-org/shop/blob/{pull.head_sha}/shop.py"))[0] == 200
    assert (await _get(f"{pull.url}.diff"))[1].startswith("diff --git")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        "<iframe src=//evil></iframe>",
        "<svg onload=alert(1)>",
        "<div style='position:fixed'>x</div>",
        "<p><b>unclosed",
        "</div></main><h1>out</h1>",
    ],
)
def test_hostile_markdown_renders_to_harmless_balanced_html(text: str) -> None:
    shown = render(text, page=PAGE)
    assert not re.search(r"<(script|iframe|svg|main)|\son\w+=|javascript:|style=", shown), shown
    assert shown.count("<b>") == shown.count("</b>")
    assert shown.count("<div") == shown.count("</div>")


def test_mentions_and_issue_numbers_become_links_except_in_code() -> None:
    shown = render("@mona and #7, but `@hubot #8` and mail@example.com", page=PAGE)
    assert '<a class="mention" href="http://127.0.0.1/mona">@mona</a>' in shown
    assert f'href="{PAGE}/pull/7"' in shown
    assert shown.count("<a ") == 3
    assert "<code>@hubot #8</code>" in shown


def test_alerts_look_like_alerts() -> None:
    assert 'class="alert alert-warning"' in render("> [!WARNING]\n> Careful.", page=PAGE)
