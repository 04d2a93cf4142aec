"""The doorbell rings when it can, and says quickly when it cannot."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.queue import ROUTE_QUEUE, RUN_QUEUE, ArqQueue, NullQueue, from_json, open_pool, to_json
from support.deliveries import guid
from support.valkey import ValkeyServer


@pytest.fixture
def empty_valkey(valkey: ValkeyServer) -> ValkeyServer:
    valkey.command("FLUSHALL")
    return valkey


async def test_rings_arrive_as_json(empty_valkey: ValkeyServer) -> None:
    async with ArqQueue.open(empty_valkey.url) as queue:
        assert await queue.reachable()
        assert await queue.ring_route([guid(1), guid(2)])
        assert await queue.ring_run("11:1:review", "5")
    assert empty_valkey.command(f"ZCARD {ROUTE_QUEUE}") == b":1\r\n"
    stored = empty_valkey.command("GET arq:job:11:1:review:5").split(b"\r\n")[1]
    job = from_json(stored)
    assert (job["f"], job["a"]) == ("run", ["11:1:review"])


async def test_two_rings_for_one_wish_are_one_and_for_two_wishes_two(empty_valkey: ValkeyServer) -> None:
    async with ArqQueue.open(empty_valkey.url) as queue:
        for tag in ("1", "1", "2"):
            assert await queue.ring_run("s", tag)
    assert empty_valkey.command(f"ZCARD {RUN_QUEUE}") == b":2\r\n"


async def test_a_dead_queue_is_said_quickly_and_then_left_alone_for_a_while(tmp_path: Path) -> None:
    failures = 0

    def count() -> None:
        nonlocal failures
        failures += 1

    async with ArqQueue.open(f"unix://{tmp_path}/nobody", on_failure=count) as queue:
        started = time.monotonic()
        outcomes = await asyncio.gather(*(queue.ring_run("s", str(n)) for n in range(50)))
        assert not any(outcomes)
        assert not await queue.ring_route([guid(1)])
        assert not await queue.reachable()
        assert time.monotonic() - started < 4
    assert failures == 51


async def test_the_queue_works_again_when_the_server_is_back() -> None:
    from support.valkey import valkey_server

    with valkey_server() as server:
        async with ArqQueue.open(server.url) as queue:
            assert await queue.ring_run("s", "1")
            server.kill()
            assert not await queue.ring_run("s", "2")
            server.start()
            queue._quiet_until = 0
            assert await queue.ring_run("s", "3")


async def test_no_queue_rings_nobody() -> None:
    queue = NullQueue()
    assert not await queue.ring_route([guid(1)])
    assert not await queue.ring_run("s", "1")
    assert not await queue.reachable()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h", {"host": "h"}),
        (
            "rediss://u:p%40ss@h:7/3",
            {
                "host": "h",
                "port": 7,
                "db": 3,
                "username": "u",
                "password": "p@ss",
                "ssl_check_hostname": True,
            },
        ),
        ("redis://:x@h/1?db=2", {"host": "h", "db": 2, "password": "x"}),
        ("unix:///run/a%20b.sock?db=4", {"path": "/run/a b.sock", "db": 4}),
        ("unix:///run/a.sock", {"path": "/run/a.sock"}),
    ],
)
def test_addresses_are_read(url: str, expected: dict[str, object]) -> None:
    options = open_pool(url, retries=1).connection_pool.connection_kwargs
    known = {"host", "port", "path", "db", "username", "password", "ssl_check_hostname"}
    assert {name: value for name, value in options.items() if name in known} == expected


def test_what_is_not_a_ring_is_refused() -> None:
    with pytest.raises(TypeError):
        from_json(b"[]")
    assert from_json(to_json({"r": ValueError("x")})) == {"r": "x"}
