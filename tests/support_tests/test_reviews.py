from __future__ import annotations

from typing import Any

import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest

REVIEWS = "/repos/octo-org/shop/pulls/1/reviews"
COMMENTS = "/repos/octo-org/shop/pulls/1/comments"
GOOD = {"path": "shop.py", "line": 6, "side": "RIGHT", "body": "Round once."}


async def test_a_review_with_comments_on_lines_of_the_diff_is_posted_at_once(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    several = {**GOOD, "start_line": 5, "start_side": "RIGHT"}
    removed = {"path": "shop.py", "line": 5, "side": "LEFT", "body": "Why?"}
    body = {"event": "COMMENT", "body": "Two remarks.", "commit_id": pull.head_sha, "comments": [several, removed]}
    status, told, _ = await bot.call("POST", REVIEWS, body)
    assert (status, told["state"], told["user"]["login"]) == (200, "COMMENTED", "patchwarden[bot]")
    posted = github.review_comments(pull)
    assert [(c.path, c.start_line, c.line, c.side) for c in posted] == [
        ("shop.py", 5, 6, "RIGHT"),
        ("shop.py", None, 5, "LEFT"),
    ]
    assert posted[0].diff_hunk.endswith("+    return round(result, 2)")
    assert len((await bot.call("GET", COMMENTS))[1]) == 2
    assert github.violations == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"path": "shop.py", "line": 40, "body": "x"}, "Line could not be resolved"),
        ({"path": "shop.py", "line": 1, "body": "x"}, "Line could not be resolved"),
        ({"path": "shop.py", "line": 6, "side": "DOWN", "body": "x"}, "Line could not be resolved"),
        ({"path": "shop.py", "body": "no line"}, "Line could not be resolved"),
        ({"path": "README.md", "line": 1, "body": "x"}, "Path could not be resolved"),
        ({"path": "shop.py", "start_line": 6, "line": 6, "body": "x"}, "Start line must precede"),
        ({"path": "shop.py", "start_line": 1, "line": 6, "body": "x"}, "Start line must precede"),
        ({"path": "shop.py", "line": 6, "body": " "}, "Body cannot be blank"),
    ],
)
async def test_one_bad_comment_refuses_the_whole_review_without_naming_which(
    github: GitHub, pull: PullRequest, bot: Client, bad: dict[str, Any], message: str
) -> None:
    status, told, _ = await bot.call("POST", REVIEWS, {"event": "COMMENT", "body": "x", "comments": [GOOD, bad]})
    assert (status, told["message"]) == (422, "Unprocessable Entity")
    assert message in told["errors"][0]
    assert github.reviews(pull) == []
    assert github.review_comments(pull) == []


async def test_start_and_end_in_different_hunks_are_refused(github: GitHub, bot: Client) -> None:
    lines = [f"line {n}\n" for n in range(1, 61)]
    repository = github.repository("octo-org", "long", files={"a.txt": "".join(lines)})
    lines[4], lines[49] = "five\n", "fifty\n"
    pull = repository.open_pull_request(files={"a.txt": "".join(lines)})
    path = "/repos/octo-org/long/pulls/1/reviews"
    across = {"path": "a.txt", "start_line": 5, "line": 50, "body": "x"}
    assert (await bot.call("POST", path, {"event": "COMMENT", "comments": [across]}))[0] == 422
    for line in (2, 8, 47, 53):
        fine = {"path": "a.txt", "line": line, "body": "context lines take comments"}
        assert (await bot.call("POST", path, {"event": "COMMENT", "comments": [fine]}))[0] == 200
    for line in (1, 9, 46, 54):
        outside = {"path": "a.txt", "line": line, "body": "x"}
        assert (await bot.call("POST", path, {"event": "COMMENT", "comments": [outside]}))[0] == 422
    assert len(github.reviews(pull)) == 4


async def test_the_old_position_still_places_a_comment(github: GitHub, pull: PullRequest, bot: Client) -> None:
    body = {"event": "COMMENT", "comments": [{"path": "shop.py", "position": 5, "body": "x"}]}
    assert (await bot.call("POST", REVIEWS, body))[0] == 200
    placed = github.review_comments(pull)[0]
    assert (placed.line, placed.side) == (5, "RIGHT")


async def test_one_pending_review_per_user_and_it_is_hidden_until_submitted(
    github: GitHub, pull: PullRequest, bot: Client, nobody: Client
) -> None:
    status, pending, _ = await bot.call("POST", REVIEWS, {"comments": [GOOD]})
    assert (status, pending["state"]) == (200, "PENDING")
    status, told, _ = await bot.call("POST", REVIEWS, {"event": "COMMENT", "body": "x"})
    assert status == 422
    assert "one pending review" in told["errors"][0]
    person = nobody.acting_as(github.user_token("mona"))
    assert (await person.call("GET", REVIEWS))[1] == []
    assert (await person.call("GET", COMMENTS))[1] == []
    assert len((await bot.call("GET", REVIEWS))[1]) == 1
    one = f"{REVIEWS}/{pending['id']}"
    assert (await bot.call("POST", f"{one}/events", {"event": "COMMENT", "body": "Done."}))[1]["state"] == "COMMENTED"
    assert (await bot.call("DELETE", one))[0] == 422
    assert len((await person.call("GET", COMMENTS))[1]) == 1


async def test_nobody_approves_their_own_pull_request(github: GitHub, pull: PullRequest, nobody: Client) -> None:
    author = nobody.acting_as(github.user_token("hubot"))
    author.github.world.repositories[pull.repository.state.id].roles["hubot"] = "write"
    status, told, _ = await author.call("POST", REVIEWS, {"event": "APPROVE"})
    assert (status, told["errors"]) == (422, ["Can not approve your own pull request"])


async def test_a_review_of_an_unknown_commit_or_without_words_is_refused(pull: PullRequest, bot: Client) -> None:
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT", "body": "x", "commit_id": "0" * 40}))[0] == 422
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT"}))[0] == 422
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT", "body": "x" * 65_537}))[0] == 422


async def test_a_review_of_an_earlier_commit_stands_on_that_commits_diff_and_is_outdated_by_a_push(
    github: GitHub, pull: PullRequest, bot: Client
) -> None:
    first = pull.head_sha
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT", "commit_id": first, "comments": [GOOD]}))[0] == 200
    pull.push({"shop.py": "print('all new')\n"})
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT", "commit_id": first, "comments": [GOOD]}))[0] == 200
    assert (await bot.call("POST", REVIEWS, {"event": "COMMENT", "comments": [GOOD]}))[0] == 422
    told = (await bot.call("GET", COMMENTS))[1]
    assert [(c["line"], c["original_line"]) for c in told] == [(None, 6), (None, 6)]


async def test_single_comments_replies_and_file_comments(github: GitHub, pull: PullRequest, bot: Client) -> None:
    status, first, _ = await bot.call("POST", COMMENTS, {**GOOD, "commit_id": pull.head_sha})
    assert status == 201
    answer = {"body": "Because of the tests."}
    status, reply, _ = await bot.call("POST", f"{COMMENTS}/{first['id']}/replies", answer)
    assert (status, reply["in_reply_to_id"]) == (201, first["id"])
    assert (await bot.call("POST", f"{COMMENTS}/{reply['id']}/replies", answer))[0] == 422
    status, told, _ = await bot.call("POST", COMMENTS, {**GOOD, "line": 99, "commit_id": pull.head_sha})
    assert (status, told["errors"][0]["field"]) == (422, "pull_request_review_thread.line")
    whole = {"path": "shop.py", "body": "Split this file.", "subject_type": "file", "commit_id": pull.head_sha}
    assert (await bot.call("POST", COMMENTS, whole))[0] == 201
    one = f"/repos/octo-org/shop/pulls/comments/{first['id']}"
    assert (await bot.call("PATCH", one, {"body": "Better."}))[1]["body"] == "Better."
    assert (await bot.call("DELETE", one))[0] == 204
    assert github.violations == []
