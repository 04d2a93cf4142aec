"""Programs are started without a shell, bounded while reading, and gone afterwards."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from servers.guard.process import Limits, run

ENV = {"PATH": os.defpath}


async def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        if ") Z " in stat:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_output_exit_code_and_stdin(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read()[::-1]); sys.stderr.write('e'); sys.exit(3)"
    done = await run([sys.executable, "-c", code], cwd=str(tmp_path), env=ENV, limits=Limits(20, 100), stdin=b"abc")
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"cba", b"e")
    assert not done.timed_out
    assert not done.truncated


async def test_a_program_beyond_its_time_dies_with_its_whole_group(tmp_path: Path) -> None:
    script = f"{sys.executable} -c 'import time; time.sleep(60)' & echo $!; wait"
    done = await run(["/bin/sh", "-c", script], cwd=str(tmp_path), env=ENV, limits=Limits(0.5, 100))
    assert done.timed_out
    assert await gone(int(done.stdout))


async def test_a_child_left_behind_dies_when_its_parent_ends(tmp_path: Path) -> None:
    done = await run(["/bin/sh", "-c", "sleep 60 & echo $!"], cwd=str(tmp_path), env=ENV, limits=Limits(20, 100))
    assert not done.timed_out
    assert done.duration_ms < 5000
    assert await gone(int(done.stdout))


async def test_a_child_that_left_the_group_and_holds_the_pipes_does_not_hang_the_caller(tmp_path: Path) -> None:
    code = (
        "import os,sys,time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(8)\n    os._exit(0)\nprint('leader')\n"
    )
    done = await run([sys.executable, "-c", code], cwd=str(tmp_path), env=ENV, limits=Limits(20, 100))
    assert done.stdout == b"leader\n"
    assert done.duration_ms < 6000


@pytest.mark.parametrize("stop", [True, False])
async def test_output_is_cut_while_reading(stop: bool, tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(200): sys.stdout.write('x' * 100000)"
    limits = Limits(20, 1000, stop_at_cap=stop)
    done = await run([sys.executable, "-c", code], cwd=str(tmp_path), env=ENV, limits=limits)
    assert done.stdout == b"x" * 1000
    assert done.truncated
    assert not done.timed_out
    assert (done.exit_code == 0) is not stop


async def test_cancelling_the_caller_kills_the_program(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.create_task(
        run(["/bin/sh", "-c", f"echo $$ > {file}; sleep 60"], cwd=str(tmp_path), env=ENV, limits=Limits(60, 100))
    )
    for _ in range(500):
        if file.exists() and file.read_text().strip():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(int(file.read_text()))
