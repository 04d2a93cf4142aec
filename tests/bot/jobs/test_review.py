from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import PermanentError, SupersededError, TransientError
from bot.jobs import ALL
from bot.models import WorkItem
from support.fake_rules import Request
from support.jobs import CLEAN, MARKED


async def test_a_head_is_checked_out_reviewed_published_and_remembered(shop: Any) -> None:
    head = shop.push({"app.py": MARKED})
    await shop.review()

    (run,) = shop.bot.github.check_runs.values()
    assert (run["head_sha"], run["external_id"], run["name"]) == (head, f"7:1:review@{head}", "Patchwarden")
    assert run["history"][0] == "queued"
    assert run["history"][-1] == run["conclusion"] == "failure"
    assert 2 in {c["line"] for c in shop.bot.github.review_comments.values()}
    assert "app.py" in shop.summary()
    (record,) = await shop.records()
    assert (record.head_sha, record.verdict, record.repository) == (head, "failed", "octo-org/shop")
    assert record.findings


async def test_a_clean_head_is_green(shop: Any) -> None:
    shop.push({"app.py": CLEAN + "\n\nX = 1\n", "tests/test_app.py": "def test_x():\n    pass\n"})
    await shop.review()

    assert shop.runs() == [("completed", "success")]
    assert shop.bot.github.reviews == {}


async def test_a_push_edits_the_summary_and_repeats_nothing(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    await shop.review()
    before = len(shop.bot.github.review_comments)
    shop.push({"app.py": "import os\n\n\n" + MARKED})
    await shop.review()

    assert len(shop.bot.github.review_comments) == before
    assert len(shop.bot.github.by_us(shop.bot.github.issue_comments)) == 1
    assert shop.runs() == [("completed", "failure")] * 2


async def test_mended_findings_are_called_fixed(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    await shop.review()
    shop.push({"app.py": CLEAN + "\n\nX = 1\n"})
    await shop.review()

    assert "Fixed since" in shop.summary()
    assert shop.runs()[-1] == ("completed", "success")


async def test_the_same_head_is_reviewed_once_until_somebody_asks(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    await shop.review()
    sent = len(shop.bot.github.asked("POST"))
    await shop.review(reason="reopened")
    assert len(shop.bot.github.asked("POST")) == sent

    await shop.review(force=True, run="c1-1")
    assert len(shop.runs()) == 2
    assert len(shop.bot.github.reviews) == 1
    assert len(await shop.records()) == 2


async def test_a_closed_pull_request_is_left_alone(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    shop.bot.github.pulls[1].state = "closed"
    await shop.review()

    assert shop.runs() == []


@pytest.mark.parametrize(
    ("config", "more", "reviewed"),
    [
        ("", {}, False),
        ("drafts: true\n", {}, True),
        ("", {"force": True, "run": "c1-1"}, True),
    ],
)
async def test_drafts_are_reviewed_only_when_wanted(
    shop: Any, config: str, more: dict[str, Any], reviewed: bool
) -> None:
    shop.push({"app.py": MARKED})
    shop.bot.github.pulls[1].draft = True
    if config:
        shop.configure(config)
    await shop.review(**more)

    assert bool(shop.runs()) is reviewed


async def test_automatic_reviews_can_be_switched_off(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    shop.configure("auto_review: false\n")
    await shop.review()
    assert shop.runs() == []

    await shop.review(force=True, run="c1-1")
    assert len(shop.runs()) == 1


async def test_the_settings_are_those_of_the_base(shop: Any) -> None:
    shop.push({"app.py": MARKED, ".github/patchwarden.yml": "fail_on: never\n"})
    await shop.review()

    assert shop.runs() == [("completed", "failure")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fail_on: high\nfail_onn: low\n", "line 2"),
        ("fail_on: [\n", "patchwarden.yml"),
        (b"\xff\xfe".decode("latin-1") * 60_000, "larger than"),
    ],
)
async def test_settings_that_cannot_be_used_ask_for_action(shop: Any, text: str, words: str) -> None:
    shop.push({"app.py": MARKED})
    shop.configure(text)
    await shop.review()

    (run,) = shop.bot.github.check_runs.values()
    assert run["conclusion"] == "action_required"
    assert words in run["output"]["summary"]
    assert shop.bot.github.issue_comments == {}


async def test_a_head_that_moves_during_the_review_is_followed(shop: Any) -> None:
    first = shop.push({"app.py": MARKED})
    answer, moved = shop.bot.github.answer, []

    def during(request: Request, headers: Any) -> Any:
        if request.method == "POST" and request.path.endswith("/check-runs") and not moved:
            answered = answer(request, headers)
            moved.append(shop.push({"app.py": CLEAN + "\n\nX = 1\n"}))
            return answered
        return answer(request, headers)

    shop.bot.github.answer = during
    await shop.review()

    by_sha = {run["head_sha"]: run["conclusion"] for run in shop.bot.github.check_runs.values()}
    assert by_sha == {first: "cancelled", moved[0]: "success"}
    assert shop.bot.github.reviews == {}
    assert moved[0][:7] in shop.summary()


async def test_a_newer_wish_stops_the_review_and_ends_its_check_run(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    item = shop.item()
    answer = shop.bot.github.answer

    def during(request: Request, headers: Any) -> Any:
        if request.method == "POST" and request.path.endswith("/check-runs"):
            wish_again.set()
        return answer(request, headers)

    wish_again = asyncio.Event()
    shop.bot.github.answer = during

    async def newer() -> None:
        await wish_again.wait()
        async with shop.bot.database.begin() as tx:
            await tx.work.want(item.model_copy(update={"ordinal": 10_000}))

    async with asyncio.timeout(20):
        other = asyncio.create_task(newer())
        with pytest.raises(SupersededError):
            await shop.bot.work(item)
        await other

    assert shop.runs() == [("completed", "cancelled")]
    assert shop.bot.github.issue_comments == {}


async def test_a_review_stopped_for_a_newer_wish_ends_its_check_run_on_the_way_out(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    item = shop.item()
    opened = asyncio.Event()
    answer = shop.bot.github.answer

    def during(request: Request, headers: Any) -> Any:
        if request.method == "PATCH":
            opened.set()
        return answer(request, headers)

    shop.bot.github.answer = during
    # The runner cancels the job when the beating lease learns of the newer wish.
    task = asyncio.create_task(shop.bot.work(item))
    async with asyncio.timeout(20):
        await opened.wait()
        async with shop.bot.database.begin() as tx:
            await tx.work.want(item.model_copy(update={"ordinal": 10_000}))
        task.cancel()
        with pytest.raises((asyncio.CancelledError, SupersededError)):
            await task

    assert shop.runs() == [("completed", "cancelled")]


async def test_a_worker_told_to_stop_leaves_the_check_run_to_the_next(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    opened = asyncio.Event()
    answer = shop.bot.github.answer

    def during(request: Request, headers: Any) -> Any:
        if request.method == "POST" and request.path.endswith("/check-runs"):
            opened.set()
        return answer(request, headers)

    shop.bot.github.answer = during
    task = asyncio.create_task(shop.review())
    async with asyncio.timeout(20):
        await opened.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [conclusion for _, conclusion in shop.runs()] == [None]

    shop.bot.github.answer = answer
    await shop.review()
    assert shop.runs() == [("completed", "failure")]


@pytest.mark.parametrize("cut", range(1, 19))
async def test_a_review_whose_worker_dies_after_any_request_posts_nothing_twice(shop: Any, cut: int) -> None:
    shop.push({"app.py": MARKED})
    answer, count = shop.bot.github.answer, 0

    def flaky(request: Request, headers: Any) -> Any:
        nonlocal count
        count += 1
        if count == cut:
            # GitHub has done it, and nobody learnt of it.
            answer(request, headers)
            raise ConnectionResetError("lost")
        return answer(request, headers)

    shop.bot.github.answer = flaky
    for _ in range(3):
        try:
            await shop.review()
        except TransientError:
            continue
        break

    github = shop.bot.github
    assert len(github.reviews) == 1
    lines = [(c["path"], c["line"]) for c in github.review_comments.values()]
    assert len(lines) == len(set(lines))
    assert len(github.by_us(github.issue_comments)) == 1
    assert shop.runs() == [("completed", "failure")]
    (run,) = github.check_runs.values()
    notes = [(a["path"], a["start_line"], a["title"]) for a in github.annotations[run["id"]]]
    assert len(notes) == len(set(notes)) > 0


async def test_a_repository_that_cannot_be_fetched_is_a_permanent_failure_that_is_told(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    shop.bot.github.clone_url = "ftp://nowhere.example/x.git"
    with pytest.raises(PermanentError):
        await shop.review()

    await shop.bot.work(shop.item(), give_up="The clone address must start with https.")
    (run,) = shop.bot.github.check_runs.values()
    assert run["conclusion"] == "neutral"
    assert run["output"]["title"] == "Review could not run"
    assert "0d1f2e3a" in run["output"]["summary"]
    assert "clone address" in run["output"]["summary"]


async def test_giving_up_without_access_ends_quietly(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    item: WorkItem = shop.item()
    del shop.bot.github.pulls[1]

    await shop.bot.work(item, give_up="gone")

    assert shop.runs() == []


async def test_progress_is_shown_while_the_review_runs(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    await shop.review()

    first = shop.bot.github.asked("PATCH", "/check-runs/")[0]
    assert first.body["status"] == "in_progress"
    assert "in progress" in first.body["output"]["summary"]


async def test_no_token_is_in_anything_posted_or_stored(shop: Any) -> None:
    shop.push({"app.py": MARKED})
    await shop.review()

    (token,) = shop.bot.github.tokens
    sent = repr([(request.path, request.body) for request in shop.bot.github.requests])
    assert token not in sent
    assert token not in repr(await shop.records())
    assert token not in shop.repo.root.joinpath(".git/config").read_text()


def test_every_job_is_named_as_its_work() -> None:
    assert {job.name for job in ALL} == {"review", "reply", "installation"}
