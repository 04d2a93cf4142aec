"""From the webhook to the review on the pull request, with every part real but GitHub itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from e2e.planted import EXPECTED, FILES, SECRET

from bot.web.ingest import HANDLED_EVENTS
from support.github import CheckRun, GitHub, PullRequest
from support.service import Service, service, until

pytestmark = [pytest.mark.timeout(240)]
REVIEW_LIMIT_S = 90.0
FINGERPRINT = re.compile(r"<!-- patchwarden:finding[^>]*fp=([0-9a-f]+)")


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with GitHub() as running:
        yield running
        assert running.violations == []


@pytest.fixture
async def running(github: GitHub, tmp_path: Path) -> AsyncIterator[Service]:
    async with service(github, tmp_path / "service") as started:
        yield started


async def concluded(github: GitHub, pull: PullRequest, service: Service, *, number: int = 1) -> CheckRun:
    """Wait for the n-th check run of the current head to be completed."""

    def done() -> CheckRun | None:
        runs = [run for run in github.check_runs(pull.head_sha) if run.status == "completed"]
        return runs[number - 1] if len(runs) >= number else None

    return await until(done, limit_s=REVIEW_LIMIT_S, what="the check run to be completed", also=service.tail)


def summaries(github: GitHub, pull: PullRequest) -> list[str]:
    return [c.body for c in github.comments(pull) if c.body.startswith("<!-- patchwarden:summary")]


def ours(github: GitHub, pull: PullRequest) -> list[str]:
    return [c.body for c in github.comments(pull) if c.author.login == "patchwarden[bot]"]


async def test_a_planted_pull_request_is_reviewed_on_the_right_lines(github: GitHub, running: Service) -> None:
    repository = github.repository("octo-org", "shop", files={"README.md": "# Shop\n"})
    pull = repository.open_pull_request("feature", files=FILES, title="Add orders")

    run = await concluded(github, pull, running)

    places = {(a["path"], a["start_line"]) for a in run.annotations}
    missed = {what: place for what, place in EXPECTED.items() if place not in places}
    assert missed == {}
    assert (run.name, run.conclusion) == ("Patchwarden", "failure")
    (summary,) = summaries(github, pull)
    assert "Dockerfile" in summary
    assert SECRET not in json.dumps([summary, run.summary, run.text, *run.annotations], default=str)
    (review,) = github.reviews(pull)
    comments = github.review_comments(pull)
    assert 1 <= len(comments) <= 10
    assert all(SECRET not in c.body for c in comments)
    assert review.state.lower() == "commented"
    marks = [FINGERPRINT.search(c.body) for c in comments]
    assert all(marks)


async def test_a_clean_pull_request_passes_in_few_words(github: GitHub, running: Service) -> None:
    repository = github.repository("octo-org", "shop")
    files = {
        "app.py": '"""Adds."""\n\n\ndef add(a: int, b: int) -> int:\n    """Add."""\n    return a + b\n',
        "tests/test_app.py": "from app import add\n\n\ndef test_adds() -> None:\n    assert add(1, 2) == 3\n",
    }
    pull = repository.open_pull_request("clean", files=files)

    run = await concluded(github, pull, running)

    assert (run.conclusion, run.annotations) == ("success", []), (run.title, run.annotations)
    assert github.reviews(pull) == []
    (summary,) = summaries(github, pull)
    assert len([line for line in summary.splitlines() if line.strip()]) <= 6


async def test_a_push_edits_the_summary_and_repeats_no_open_finding(github: GitHub, running: Service) -> None:
    repository = github.repository("octo-org", "shop")
    pull = repository.open_pull_request("feature", files=FILES)
    await concluded(github, pull, running)
    before = {m.group(1) for c in github.review_comments(pull) if (m := FINGERPRINT.search(c.body))}

    pull.push({"shop/total.py": "def total(prices: list[int]) -> int:\n    return sum(prices)\n"})
    await concluded(github, pull, running)

    (summary,) = summaries(github, pull)
    assert pull.head_sha[:7] in summary
    after = [m.group(1) for c in github.review_comments(pull) if (m := FINGERPRINT.search(c.body))]
    assert len(after) == len(set(after))
    assert before == set(after)


async def test_a_redelivered_webhook_changes_nothing(github: GitHub, running: Service) -> None:
    repository = github.repository("octo-org", "shop")
    pull = repository.open_pull_request("feature", files={"run.sh": "#!/bin/sh\nrm -rf $1/x\n"})
    await concluded(github, pull, running)
    await github.delivered()
    writes = [e for e in github.requests if e.method != "GET"]

    github.deliveries.redeliver(next(a for a in github.webhooks if a.event == "pull_request"))
    await github.delivered()

    assert github.webhooks[-1].status == 200
    assert [e for e in github.requests if e.method != "GET"] == writes
    assert len(github.check_runs(pull.head_sha)) == 1


async def test_the_review_command_reviews_again_and_help_answers(github: GitHub, running: Service) -> None:
    repository = github.repository("octo-org", "shop")
    repository.collaborator("mona", "write")
    pull = repository.open_pull_request("feature", files={"run.sh": "#!/bin/sh\nrm -rf $1/x\n"}, draft=True)
    await github.delivered()
    comment = pull.comment("mona", "Thanks!\n\n```\n/review\n```\n> /review\n\n/help")
    helped = await until(
        lambda: [c for c in ours(github, pull) if "/review" in c],
        limit_s=REVIEW_LIMIT_S, what="the answer to /help", also=running.tail,
    )  # fmt: skip
    assert len(helped) == 1
    assert github.check_runs(pull.head_sha) == []
    del comment

    pull.comment("mona", "/review")

    run = await concluded(github, pull, running)
    assert run.conclusion is not None
    pull.comment("stranger", "/review")
    refused = await until(
        lambda: [c for c in ours(github, pull) if "write" in c.lower() and "stranger" in c],
        limit_s=REVIEW_LIMIT_S, what="the refusal", also=running.tail,
    )  # fmt: skip
    assert len(refused) == 1
    assert len(github.check_runs(pull.head_sha)) == 1


async def test_ctrl_c_stops_cleanly_and_leaves_no_process(github: GitHub, tmp_path: Path) -> None:
    async with service(github, tmp_path / "service") as running:
        status, text = await running.get("/readyz")
        assert status == 200, text
        await until(running.worker_pids, limit_s=30, what="the worker")
        pids = running.worker_pids()
        code = await running.stop()
    assert code == 0, running.tail()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert "Traceback" not in running.log


async def test_a_webhook_sent_while_the_service_was_down_is_fetched_after_the_start(
    github: GitHub, running: Service
) -> None:
    repository = github.repository("octo-org", "shop", files={"README.md": "# Shop\n"})
    taken = repository.open_pull_request("taken", files={"run.sh": "#!/bin/sh\nrm -rf $1/x\n"})
    await concluded(github, taken, running)
    await running.stop()
    missed = repository.open_pull_request("missed", files={"go.sh": "#!/bin/sh\nrm -rf $1/y\n"})
    await github.delivered()
    lost = {a.guid for a in github.webhooks if not a.ok and a.event in HANDLED_EVENTS}
    assert lost
    for attempt in github.webhooks:
        assert attempt.delivered_at is not None
        attempt.delivered_at -= timedelta(minutes=5)  # as old as a catch-up wants them

    await running.start()

    await concluded(github, missed, running)
    await github.delivered()
    assert {a.guid for a in github.webhooks if a.redelivery} == lost
    assert len(summaries(github, missed)) == 1
    assert len(github.check_runs(taken.head_sha)) == 1
    assert "looked for missed deliveries" in running.log


@pytest.mark.parametrize("whole", [False, True], ids=["worker", "whole service"])
async def test_a_review_killed_in_the_middle_is_finished_once(github: GitHub, tmp_path: Path, *, whole: bool) -> None:
    repository = github.repository("octo-org", "shop")
    async with service(github, tmp_path / "service") as running:
        pull = repository.open_pull_request("feature", files=FILES)
        await until(
            lambda: any(r.status == "in_progress" for r in github.check_runs(pull.head_sha)),
            limit_s=REVIEW_LIMIT_S, what="the review to begin", also=running.tail,
        )  # fmt: skip
        if whole:
            await running.kill()
            await running.start()
        else:
            running.kill_worker()

        run = await concluded(github, pull, running)

        await asyncio.wait_for(github.delivered(), 30)
        assert run.conclusion == "failure"
        assert len(github.check_runs(pull.head_sha)) == 1
        assert len(summaries(github, pull)) == 1
        assert len(github.reviews(pull)) == 1
        places = [(a["path"], a["start_line"], a["title"]) for a in run.annotations]
        assert len(places) == len(set(places))
