"""What is asked for again of GitHub's log of deliveries, and what is left alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.catch_up import MAX_ASKED, CatchUp, Look
from bot.errors import PermanentError, TransientError
from bot.github.app import GitHubApp
from bot.services import WorkerServices
from bot.storage.database import Database
from bot.web.ingest import HANDLED_EVENTS
from bot.worker import Worker
from support.clock import WoundClock
from support.deliveries import delivery
from support.fake_hooks import LOG, GitHubWithHooks
from support.fake_rules import github_settings
from support.parts import ABSENT, value_of, worker_services
from support.waiting import until


@pytest.fixture
def github() -> GitHubWithHooks:
    return GitHubWithHooks()


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
def services(database: Database, github: GitHubWithHooks, clock: WoundClock) -> WorkerServices:
    app = GitHubApp(None, github_settings(), api=github.api, pace_s=0)
    return replace(worker_services(database), github=app, now=clock)


@pytest.fixture
def catch_up(services: WorkerServices) -> CatchUp:
    return CatchUp(services, HANDLED_EVENTS, first_after_s=0)


def ago(clock: WoundClock, **more: float) -> datetime:
    return clock() - timedelta(**more)


async def test_a_delivery_nobody_answered_is_asked_for_again(
    github: GitHubWithHooks, clock: WoundClock, services: WorkerServices, catch_up: CatchUp
) -> None:
    refused = github.delivered(1, ago(clock, hours=2), 503)
    unanswered = github.delivered(2, ago(clock, hours=1), 0)
    github.delivered(3, ago(clock, minutes=50), 202)

    assert await catch_up.look() == Look(listed=3, missing=2, asked_again=2)

    assert github.asked_again() == [refused, unanswered]
    assert value_of(services.metrics, "patchwarden_missed_deliveries_total", outcome="asked_again") == 2


async def test_what_came_later_is_stored_young_or_of_no_interest_is_left_alone(
    github: GitHubWithHooks, clock: WoundClock, database: Database, catch_up: CatchUp
) -> None:
    github.delivered(1, ago(clock, hours=3), 502)
    github.delivered(2, ago(clock, hours=2), 504)
    github.delivered(3, ago(clock, hours=2), 503, event="star")
    github.delivered(1, ago(clock, hours=1), 200, redelivery=True)
    github.delivered(4, ago(clock, seconds=59), 503)
    async with database.begin() as tx:
        await tx.inbox.add_many([delivery(2)])

    assert await catch_up.look() == Look(listed=5, missing=0)

    assert github.asked_again() == []


async def test_the_log_is_read_page_by_page_and_no_further_than_three_days(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    for number in range(150):
        github.delivered(number, ago(clock, days=3, minutes=150 - number), 503)
    oldest = github.delivered(200, ago(clock, days=2, hours=23), 503)
    for number in range(300, 420):
        github.delivered(number, ago(clock, hours=2), 202)

    assert await catch_up.look() == Look(listed=121, missing=1, asked_again=1)

    assert github.asked_again() == [oldest]
    assert [r.query.get("page", "1") for r in github.asked("GET", LOG)] == ["1", "2"]


async def test_a_very_long_log_is_read_in_part_and_said_so(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    for number in range(1050):
        github.delivered(number, ago(clock, hours=1), 202)

    look = await catch_up.look()

    assert (look.listed, look.cut, look.complete) == (1000, True, False)
    assert len(github.asked("GET", LOG)) == 10


async def test_after_a_complete_look_only_newer_deliveries_are_read(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    for number in range(300):
        github.delivered(number, ago(clock, hours=1), 202)
    young = github.delivered(400, ago(clock, seconds=30), 503)
    assert (await catch_up.look()).complete
    clock.forward(3600)

    look = await catch_up.look()

    assert look == Look(listed=1, missing=1, asked_again=1)
    assert github.asked_again() == [young]


async def test_a_delivery_that_keeps_failing_is_asked_for_until_it_is_three_days_old(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    first = github.delivered(1, ago(clock, days=2, hours=23), 401)

    for asked in (1, 1, 0, 0):
        look = await catch_up.look()
        assert look.asked_again == asked
        clock.forward(1800)
        if asked:
            github.delivered(1, clock(), 401, redelivery=True)
        clock.forward(120)

    assert github.asked_again() == [first, first]
    assert (await catch_up.look()).complete


async def test_a_hundred_are_asked_for_at_a_time_the_oldest_first(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    ids = [github.delivered(number, ago(clock, minutes=200 - number), 503) for number in range(130)]

    look = await catch_up.look()

    assert (look.missing, look.asked_again, look.left) == (130, MAX_ASKED, 30)
    assert github.asked_again() == ids[:MAX_ASKED]


async def test_one_github_will_not_send_does_not_stop_the_others(
    github: GitHubWithHooks, clock: WoundClock, services: WorkerServices, catch_up: CatchUp
) -> None:
    github.delivered(1, ago(clock, hours=2), 503)
    github.delivered(2, ago(clock, hours=1), 503)
    github.fail_next("POST", "/attempts", 422, "too old")

    assert await catch_up.look() == Look(listed=2, missing=2, asked_again=1, refused=1)

    assert value_of(services.metrics, "patchwarden_missed_deliveries_total", outcome="refused") == 1


async def test_an_app_without_webhook_is_quiet(github: GitHubWithHooks, catch_up: CatchUp) -> None:
    github.has_webhook = False

    assert await catch_up.look() == Look(0, 0)


@pytest.mark.parametrize("path", [f"{LOG}$", "/attempts"])
async def test_a_failed_look_is_made_again(
    path: str, github: GitHubWithHooks, clock: WoundClock, services: WorkerServices
) -> None:
    missing = github.delivered(1, ago(clock, hours=1), 503)
    github.fail_next("POST" if "attempts" in path else "GET", path, 502)
    catch_up = CatchUp(services, HANDLED_EVENTS, first_after_s=0, again_after_s=0)
    with pytest.raises(TransientError):
        await catch_up.catch_up()

    await catch_up.catch_up()

    assert github.asked_again()[-1] == missing
    requests = len(github.requests)
    await catch_up.catch_up()
    assert len(github.requests) == requests, "it is not time for another look"


async def test_a_lost_connection_and_nonsense_are_worth_another_try(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    github.drop_next("GET", LOG, recorded=False)
    with pytest.raises(TransientError):
        await catch_up.look()
    github.delivered(1, ago(clock, hours=1), 503)
    del github.log[0]["guid"]
    with pytest.raises(TransientError):
        await catch_up.look()


async def test_an_app_github_does_not_accept_asks_for_nothing_more(
    github: GitHubWithHooks, clock: WoundClock, catch_up: CatchUp
) -> None:
    for number in range(3):
        github.delivered(number, ago(clock, hours=1), 503)
    github.fail_next("POST", "/attempts", 403, "Resource not accessible by integration")

    with pytest.raises(PermanentError):
        await catch_up.look()

    assert len(github.asked_again()) == 1


async def test_a_worker_looks_while_it_runs(
    github: GitHubWithHooks, clock: WoundClock, services: WorkerServices
) -> None:
    missing = github.delivered(1, ago(clock, hours=1), 503)
    worker = Worker(services, {}, ABSENT, redis_url=None)
    worker.add_loop(0.01, CatchUp(services, HANDLED_EVENTS, first_after_s=0.05).catch_up)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        await until(lambda: github.asked_again() == [missing], what="the delivery to be asked for")
    finally:
        stop.set()
        await asyncio.wait_for(running, 15)
