import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from tests.workflows.doubles import OpenPool, until
from workflows.host.health import HealthMonitor
from workflows.host.models import MCPServerConfig, MCPServerStatus
from workflows.models import HealthSample

Manifest = Callable[..., MCPServerConfig]


class MemoryLog:
    def __init__(self) -> None:
        self.samples: list[HealthSample] = []
        self.broken = False

    async def record(self, sample: HealthSample) -> None:
        if self.broken:
            raise ConnectionError("the database is away")
        self.samples.append(sample)


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


async def echo(pool: Any) -> None:
    assert (await pool.call("raw", "echo", {"text": "x"}, timeout_s=20)).ok


async def test_a_server_nobody_used_is_neither_started_nor_logged(
    open_pool: OpenPool, server: Manifest, log: MemoryLog
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        monitor = HealthMonitor(pool, log)
        await monitor.look()
        shown = monitor.snapshot()["raw"]
        assert (shown.started, shown.error_message) == (False, "not started yet")
        assert pool.pid("raw") is None
    assert log.samples == []


async def test_a_quiet_server_is_probed_and_one_that_answered_is_not(
    open_pool: OpenPool, server: Manifest, log: MemoryLog
) -> None:
    # this server never answers a probe: only a call can show that it is well
    async with open_pool(server("raw", "raw.py", "deaf")) as pool:
        monitor = HealthMonitor(pool, log)
        await echo(pool)
        await monitor.look()
        assert [sample.status for sample in log.samples] == ["healthy"]
        assert log.samples[0].server_name == "raw"
        assert log.samples[0].response_time_ms > 0


async def test_a_busy_server_is_left_in_peace(open_pool: OpenPool, server: Manifest, log: MemoryLog) -> None:
    async with open_pool(server("raw", "raw.py", "deaf")) as pool:
        monitor = HealthMonitor(pool, log)
        await echo(pool)
        await monitor.look()
        call = asyncio.create_task(pool.call("raw", "slow", {"seconds": 1}, timeout_s=20))
        await until(lambda: pool.busy("raw"))
        async with asyncio.timeout(2):
            await monitor.look()
        assert len(log.samples) == 1
        assert (await call).ok


async def test_one_failed_look_degrades_three_are_an_outage_and_two_good_ones_end_it(
    open_pool: OpenPool, server: Manifest, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.host.client._PROBE_S", 0.05)
    async with open_pool(server("raw", "raw.py")) as pool:
        monitor = HealthMonitor(pool, log)
        await echo(pool)
        await monitor.look()
        pid = pool.pid("raw")
        os.kill(pid, signal.SIGSTOP)
        with structlog.testing.capture_logs() as lines:
            for _ in range(3):
                await monitor.look()
            assert [sample.status for sample in log.samples] == ["healthy", "degraded", "degraded", "unhealthy"]
            assert "did not answer" in (log.samples[-1].error_message or "")
            # it hangs, so it is replaced
            await until(
                lambda: pool.pid("raw") not in (None, pid) and pool.status("raw").protocol_version is not None, 8
            )
            await monitor.look()
            assert monitor.snapshot()["raw"].status is MCPServerStatus.DEGRADED
            await monitor.look()
            assert monitor.snapshot()["raw"].status is MCPServerStatus.HEALTHY
        events = [line["event"] for line in lines if line["event"] in {"server_down", "server_recovered"}]
        assert events == ["server_down", "server_recovered"]


async def test_a_server_that_cannot_start_is_reported_with_its_reason(
    open_pool: OpenPool, server: Manifest, log: MemoryLog
) -> None:
    async with open_pool(server("raw", "raw.py", "exits")) as pool:
        monitor = HealthMonitor(pool, log)
        await pool.call("raw", "echo", {"text": "x"}, timeout_s=20)
        for _ in range(3):
            await monitor.look()
        assert [sample.status for sample in log.samples] == ["degraded", "degraded", "offline"]
        assert log.samples[-1].error_message == "raw ended with exit code 3: no licence"


async def test_the_watch_goes_on_when_its_log_is_away(
    open_pool: OpenPool, server: Manifest, log: MemoryLog, clock: Any
) -> None:
    log.broken = True
    async with open_pool(server("raw", "raw.py")) as pool:
        await echo(pool)
        monitor = HealthMonitor(pool, log, clock, interval_s=30, random=lambda: 0.5)
        watch = asyncio.create_task(monitor.run())
        await until(lambda: sum(clock.slept) >= 90)
        watch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watch
        assert clock.slept[:15] == [2] * 15
        assert monitor.snapshot()["raw"].status is MCPServerStatus.HEALTHY


async def test_a_server_that_begins_between_two_looks_is_seen_at_once(
    open_pool: OpenPool, server: Manifest, log: MemoryLog, clock: Any
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        monitor = HealthMonitor(pool, log, clock, interval_s=1_000_000, random=lambda: 0.5)
        watch = asyncio.create_task(monitor.run())
        await until(lambda: len(clock.slept) >= 3)
        assert log.samples == []
        await echo(pool)
        await until(lambda: len(log.samples) >= 1)
        watch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watch
        assert [sample.server_name for sample in log.samples] == ["raw"]
