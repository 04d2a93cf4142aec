"""The embedded Valkey: one a folder, none left behind, back after a crash."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.valkey import ValkeyError, _say, embedded_valkey
from support.waiting import until

ROOT = Path(__file__).parents[3]


def serves(url: str) -> bool:
    return _say(Path(url.removeprefix("unix://")), b"PING\r\n").startswith(b"+PONG")


def pid_of(url: str) -> int:
    answer = b""
    path = Path(url.removeprefix("unix://"))
    import socket

    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(path))
        client.sendall(b"INFO server\r\n")
        while b"process_id:" not in answer:
            answer += client.recv(65536)
    return int(answer.split(b"process_id:")[1].split(b"\r\n")[0])


async def test_it_keeps_what_it_was_told_over_a_restart(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        await redis.set("key", "value")
    assert not serves(url)
    async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert await redis.get("key") == b"value"
        assert await redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert await redis.config_get("port") == {"port": "0"}


async def test_a_second_service_on_the_same_folder_is_told_so(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as url:
        with pytest.raises(ValkeyError, match="PATCHWARDEN_DATA_DIR"):
            async with embedded_valkey(tmp_path):
                pass
        assert serves(url)


async def test_a_killed_server_is_started_again_at_the_same_address(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as url:
        first = pid_of(url)
        os.kill(first, signal.SIGKILL)
        await until(lambda: serves(url) and pid_of(url) != first, limit_s=10, what="restart")


async def test_a_folder_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    async with embedded_valkey(folder) as url:
        path = Path(url.removeprefix("unix://"))
        assert len(os.fsencode(path)) < 100
        assert path.parent.stat().st_mode & 0o077 == 0
        assert serves(url)
    path.parent.rmdir()


SERVICE = """
import asyncio, sys
from pathlib import Path
from bot.valkey import embedded_valkey
async def main():
    async with embedded_valkey(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_the_server_of_a_killed_service_ends_and_its_data_is_taken_over(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, str(tmp_path), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    async with Redis.from_url(url) as redis:
        await redis.set("key", "value")
    process.kill()
    await process.wait()
    async with embedded_valkey(tmp_path) as again, Redis.from_url(again) as redis:
        assert again == url
        assert await redis.get("key") == b"value"


async def test_an_orphan_that_still_runs_is_shut_down_first(tmp_path: Path) -> None:
    from bot.valkey import _command, _program

    folder = tmp_path / "valkey"
    folder.mkdir()
    path = folder / "valkey.sock"
    orphan = await asyncio.create_subprocess_exec(*_command(_program(), folder, path, folder / "log"))
    await until(lambda: serves(f"unix://{path}"), what="the orphan's start")
    async with embedded_valkey(tmp_path) as url:
        assert await asyncio.wait_for(orphan.wait(), 5) == 0
        assert pid_of(url) != orphan.pid


async def test_a_server_that_does_not_start_is_said_with_its_own_words(tmp_path: Path) -> None:
    appendonly = tmp_path / "valkey" / "appendonlydir"
    appendonly.mkdir(parents=True)
    (appendonly / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(ValkeyError, match="ended at once"):
        async with embedded_valkey(tmp_path):
            pass
