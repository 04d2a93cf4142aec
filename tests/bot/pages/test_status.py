"""Which state a part is in, and the one sentence about all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot import status
from bot.models import Backlog, ServerState, WorkerBeat
from bot.pages import ALL
from bot.pages.home import github_web_url
from bot.status import Component, State

NOW = datetime(2026, 11, 22, 14, 40, tzinfo=UTC)
BEAT = WorkerBeat(worker_id="box-1-ab", started_at=NOW, last_seen=NOW, running=2)


def seen(name: str, word: str, *, age: timedelta = timedelta(seconds=5)) -> ServerState:
    return ServerState(
        server_name=name, status=word, response_time_ms=12.0, error_message="/srv/secret", checked_at=NOW - age
    )


def platform(**changes: Component) -> list[Component]:
    parts = {
        "web": status.web("1.0"),
        "worker": status.worker([BEAT]),
        "queue": status.queue(Backlog(), reachable=True),
        "database": status.database("sqlite", answered_ms=1.0),
    }
    return list({**parts, **changes}.values())


def test_the_registry_has_unique_paths_and_titles() -> None:
    assert len({page.path for page in ALL}) == len({page.title for page in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("word", "state", "statuspage"),
    [
        ("healthy", State.OPERATIONAL, "operational"),
        ("degraded", State.DEGRADED, "degraded_performance"),
        ("unhealthy", State.FAILING, "partial_outage"),
        ("offline", State.DOWN, "major_outage"),
        ("surprised", State.NO_DATA, "operational"),
    ],
)
def test_a_server_is_in_the_state_its_last_look_found(word: str, state: State, statuspage: str) -> None:
    (server,) = status.servers([], [seen("enhanced-git", word)], NOW)
    assert (server.state, server.state.statuspage) == (state, statuspage)
    assert "/srv/secret" not in server.detail


def test_a_server_nobody_used_has_not_started_and_nothing_is_wrong_with_it() -> None:
    (server,) = status.servers(["groq-llm"], [], NOW)
    assert server.state is State.IDLE
    assert not server.state.monitored
    assert status.overall(platform(), [server]).indicator == "none"


def test_an_old_look_says_nothing_about_now() -> None:
    (server,) = status.servers([], [seen("a", "offline", age=timedelta(minutes=11))], NOW)
    assert server.state is State.NO_DATA


def test_servers_of_the_catalogue_and_those_seen_are_one_list() -> None:
    found = status.servers(["b", "a"], [seen("c", "healthy"), seen("a", "healthy")], NOW)
    assert [s.name for s in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("changes", "servers", "indicator", "sentence"),
    [
        ({}, [], "none", "All systems operational"),
        (
            {"database": status.database("sqlite", answered_ms=None)},
            [],
            "critical",
            "Reviews are not running: the database does not answer",
        ),
        ({"worker": status.worker([])}, [], "major", "Reviews are waiting: no worker is running"),
        ({"queue": status.queue(Backlog(), reachable=False)}, [], "minor", "Reviews run, with delay"),
        (
            {},
            [seen("a", "offline"), seen("b", "unhealthy")],
            "minor",
            "Reviews run, but in part: a and b are not available",
        ),
        ({}, [seen("a", "degraded")], "minor", "Reviews run; a is slow or coming back"),
    ],
)
def test_the_sentence_names_what_hurts_most(
    changes: dict[str, Component], servers: list[ServerState], indicator: str, sentence: str
) -> None:
    overall = status.overall(platform(**changes), status.servers([], servers, NOW))
    assert (overall.indicator, overall.sentence) == (indicator, sentence)


def test_a_long_wait_makes_the_queue_degraded_and_the_dead_are_counted() -> None:
    queue = status.queue(Backlog(waiting=2, unrouted=1, dead=4, oldest_wait_s=700), reachable=True)
    assert queue.state is State.DEGRADED
    assert queue.detail == "3 waiting, the oldest for 11 m 40 s, 4 given up"


def test_without_the_database_nothing_is_claimed() -> None:
    parts = [status.worker(None), status.queue(None, reachable=True), *status.servers(["a"], None, NOW)]
    assert {p.state for p in parts} == {State.NO_DATA}


def test_the_tally_counts_every_part() -> None:
    parts = [*platform(), *status.servers(["a", "b"], [seen("a", "offline")], NOW)]
    assert status.tally(parts) == "4 of 6 operational, 1 down, 1 not started yet"


def test_signs_tell_good_from_bad_without_colour() -> None:
    assert len({State.OPERATIONAL.sign, State.DEGRADED.sign, State.DOWN.sign, State.IDLE.sign, "?"}) == 5


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_pull_requests_are_linked_where_people_see_them(api: str, web: str) -> None:
    assert github_web_url(api) == web
