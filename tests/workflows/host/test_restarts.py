from typing import Any

from workflows.host.restarts import BREAKER_S, STORM_STARTS, Restarts
from workflows.host.uptime import Uptime


def cycle(restarts: Restarts, clock: Any, up_s: float = 0.0) -> float:
    restarts.begun()
    clock.now += up_s
    restarts.ended(up_s=up_s)
    return restarts.wait_s()


def test_waits_double_with_each_start_that_does_not_last(clock: Any) -> None:
    restarts = Restarts(clock.monotonic, lambda: 0.0)
    assert restarts.wait_s() <= 0
    waits = [round(cycle(restarts, clock), 3) for _ in range(STORM_STARTS - 1)]
    assert waits == [0.2, 0.4, 0.8, 1.6]


def test_jitter_shortens_a_wait_by_at_most_half(clock: Any) -> None:
    assert 0.1 <= cycle(Restarts(clock.monotonic, lambda: 0.999), clock) < 0.2


def test_a_run_that_lasted_clears_the_past(clock: Any) -> None:
    restarts = Restarts(clock.monotonic, lambda: 0.0)
    for _ in range(3):
        cycle(restarts, clock)
    assert round(cycle(restarts, clock, up_s=61), 3) == 0.2
    assert restarts.failures == 1


def test_a_storm_of_starts_opens_the_breaker_and_lets_one_through_after_it(clock: Any) -> None:
    restarts = Restarts(clock.monotonic, lambda: 0.0)
    for _ in range(STORM_STARTS):
        assert not restarts.blocked()
        cycle(restarts, clock)
    assert restarts.blocked()
    assert restarts.wait_s() == BREAKER_S
    clock.now += BREAKER_S
    assert not restarts.blocked()
    cycle(restarts, clock)
    assert restarts.blocked()


def test_starts_of_long_ago_are_no_storm(clock: Any) -> None:
    restarts = Restarts(clock.monotonic, lambda: 0.0)
    for _ in range(2 * STORM_STARTS):
        cycle(restarts, clock)
        clock.now += 100
        assert not restarts.blocked()


def test_somebody_asking_for_a_restart_is_served(clock: Any) -> None:
    restarts = Restarts(clock.monotonic, lambda: 0.0)
    for _ in range(STORM_STARTS):
        cycle(restarts, clock)
    restarts.forgive()
    assert not restarts.blocked()
    assert restarts.wait_s() <= 0


def test_uptime_is_the_share_of_the_time_since_the_server_first_answered(clock: Any) -> None:
    uptime = Uptime(clock.monotonic)
    assert not uptime.wanted
    assert uptime.percentage() == 100
    uptime.want()
    clock.now += 2
    assert uptime.percentage() == 100
    uptime.up()
    clock.now += 6
    assert uptime.down() == 6
    clock.now += 2
    assert uptime.percentage() == 75
    uptime.up()
    clock.now += 8
    assert uptime.percentage() == 87.5


def test_a_server_that_never_came_up_has_no_uptime(clock: Any) -> None:
    uptime = Uptime(clock.monotonic)
    uptime.want()
    uptime.down()
    assert uptime.percentage() == 0
    clock.now += 5
    assert uptime.percentage() == 0
