import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.workflows.doubles import OpenPool, gone, until
from workflows.errors import UnknownServerError
from workflows.host.models import MCPServerConfig, MCPServerStatus, ToolPolicy
from workflows.models import ErrorCode, Outcome, ToolResult

Manifest = Callable[..., MCPServerConfig]


async def echo(pool: Any, text: str = "hi", server: str = "raw", timeout_s: float = 20) -> ToolResult:
    return await pool.call(server, "echo", {"text": text}, timeout_s=timeout_s)


async def test_a_call_starts_the_server_and_later_calls_find_it_running(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        assert pool.pid("raw") is None
        first, second = await echo(pool), await echo(pool, "again")
        assert (first.outcome, first.content["text"], second.content["text"]) == (Outcome.OK, "hi", "again")
        assert first.content["pid"] == second.content["pid"] == pool.pid("raw")
        assert pool.status("raw").protocol_version == "2025-11-25"


async def test_both_protocol_eras_are_spoken_and_probed(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("modern", "modern.py"), server("raw", "raw.py")) as pool:
        pool.prestart("modern", "raw", "unknown")
        result = await pool.call("modern", "add", {"a": 1, "b": 2}, timeout_s=30)
        assert (result.outcome, result.content["total"]) == (Outcome.OK, 3)
        await echo(pool)
        for name, version in (("modern", "2026-07-28"), ("raw", "2025-11-25")):
            status = await pool.probe(name)
            assert (status.status, status.protocol_version) == (MCPServerStatus.HEALTHY, version)
            assert status.response_time_ms > 0
        failed = await pool.call("modern", "fail", {}, timeout_s=20)
        assert (failed.outcome, failed.failure and failed.failure.code) == (Outcome.TOOL_ERROR, ErrorCode.INTERNAL)
        # what was negotiated is remembered, so the second start asks for nothing and works the same
        os.kill(pool.pid("modern") or 0, signal.SIGKILL)
        await until(lambda: pool.pid("modern") is None)
        again = await pool.call("modern", "add", {"a": 2, "b": 2}, timeout_s=30)
        assert again.content["total"] == 4
        assert again.content["pid"] != result.content["pid"]


async def test_a_crash_during_a_call_is_told_at_once_and_the_next_call_is_served(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        first = await echo(pool)
        crashed = await pool.call("raw", "crash", {}, timeout_s=20)
        assert crashed.outcome is Outcome.CRASHED
        assert crashed.duration_ms < 2000
        assert crashed.failure is not None
        assert crashed.failure.message == "raw ended with exit code 7: about to crash during the call"
        again = await echo(pool)
        assert again.outcome is Outcome.OK
        assert again.content["pid"] != first.content["pid"]
        status = pool.status("raw")
        assert status.status is MCPServerStatus.DEGRADED
        assert "exit code 7" in (status.error_message or "")
        assert status.uptime_percentage < 100


async def test_calls_in_flight_crash_and_calls_in_the_queue_are_served_by_the_next_run(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=2)) as pool:
        await echo(pool)
        doomed = [
            asyncio.create_task(pool.call("raw", tool, {"seconds": 30}, timeout_s=20)) for tool in ("slow", "crash")
        ]
        queued = [asyncio.create_task(echo(pool, str(number))) for number in range(20)]
        assert {(await task).outcome for task in doomed} == {Outcome.CRASHED}
        assert [(await task).content["text"] for task in queued] == [str(number) for number in range(20)]


async def test_a_killed_server_is_started_again_without_a_call(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        await echo(pool)
        pid = pool.pid("raw")
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pool.pid("raw") not in (None, pid))
        assert (await echo(pool)).ok


async def test_a_call_without_an_answer_times_out_and_frees_its_place(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=1)) as pool:
        await echo(pool)
        late = await pool.call("raw", "slow", {"seconds": 20}, timeout_s=0.2)
        assert (late.outcome, late.failure and late.failure.code) == (Outcome.TIMEOUT, ErrorCode.TIMEOUT)
        assert (await echo(pool, timeout_s=3)).ok


async def test_the_tools_own_limit_counts_too(open_pool: OpenPool, server: Manifest) -> None:
    config = server("raw", "raw.py").model_copy(update={"tools": {"slow": ToolPolicy(effect="R", timeout=0.2)}})
    async with open_pool(config) as pool:
        late = await pool.call("raw", "slow", {"seconds": 20}, timeout_s=20)
        assert late.outcome is Outcome.TIMEOUT
        assert late.failure is not None
        assert late.failure.message == "raw did not answer 'slow' within 0.2 s"


async def test_time_in_the_queue_counts_and_such_a_call_was_never_sent(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=1)) as pool:
        await echo(pool)
        blocker = asyncio.create_task(pool.call("raw", "slow", {"seconds": 1}, timeout_s=20))
        await asyncio.sleep(0)
        waited = await echo(pool, timeout_s=0.2)
        assert waited.outcome is Outcome.UNAVAILABLE
        assert "had no time" in (waited.failure.message if waited.failure else "")
        assert (await blocker).ok


async def test_no_more_calls_run_at_once_than_the_manifest_allows(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=2)) as pool:
        await echo(pool)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.gather(*(pool.call("raw", "slow", {"seconds": 0.2}, timeout_s=20) for _ in range(6)))
        assert 0.6 <= loop.time() - started < 2


async def test_a_full_queue_turns_calls_away(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=1)) as pool:
        await echo(pool)
        calls = [asyncio.create_task(pool.call("raw", "slow", {"seconds": 20}, timeout_s=20)) for _ in range(258)]
        done, waiting = await asyncio.wait(calls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        results = [task.result() for task in done]
        assert {result.outcome for result in results} == {Outcome.UNAVAILABLE}
        assert "256 calls waiting" in (results[0].failure.message if results[0].failure else "")
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


@pytest.mark.parametrize("tool", ["huge", "huge_id_last"])
async def test_an_answer_over_the_limit_fails_its_call_only(open_pool: OpenPool, server: Manifest, tool: str) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        other = asyncio.create_task(pool.call("raw", "slow", {"seconds": 0.5}, timeout_s=20))
        too_large = await pool.call("raw", tool, {"size": 12_000_000}, timeout_s=20)
        assert (too_large.outcome, too_large.failure and too_large.failure.code) == (
            Outcome.TOO_LARGE,
            ErrorCode.TOO_LARGE,
        )
        large = await pool.call("raw", tool, {"size": 4_000_000}, timeout_s=20)
        assert len(large.content["text"]) == 4_000_000
        assert (await other).ok
        assert (await echo(pool)).ok


async def test_bytes_that_are_not_utf8_and_lines_that_are_no_messages_are_survived(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        assert (await pool.call("raw", "latin", {}, timeout_s=20)).content == {"text": "caf\ufffd"}
        assert (await pool.call("raw", "garbage", {}, timeout_s=20)).content == {"text": "after garbage"}
        assert (await echo(pool)).ok


async def test_a_flood_of_notifications_is_read_without_hoarding_it(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        result = await pool.call("raw", "flood", {"lines": 20_000}, timeout_s=20)
        assert result.content == {"text": "after the flood"}
        assert (await echo(pool)).ok


async def test_a_server_that_stops_reading_holds_nobody_up(open_pool: OpenPool, server: Manifest) -> None:
    loop = asyncio.get_running_loop()
    async with open_pool(server("raw", "raw.py")) as pool:
        assert (await pool.call("raw", "quit_reading", {}, timeout_s=20)).ok
        stuck = [asyncio.create_task(echo(pool, "x" * 1_000_000, timeout_s=0.5)) for _ in range(3)]
        assert {(await call).outcome for call in stuck} == {Outcome.TIMEOUT}
        started = loop.time()
    assert loop.time() - started < 4


async def test_a_server_that_closes_its_output_is_lost_and_replaced(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        lost = await pool.call("raw", "mute", {}, timeout_s=20)
        assert lost.outcome is Outcome.CRASHED
        assert "closed its output" in (lost.failure.message if lost.failure else "")
        assert (await echo(pool)).ok


async def test_a_tools_refusal_keeps_code_and_hint(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        result = await pool.call("raw", "refuse", {}, timeout_s=20)
        assert result.outcome is Outcome.TOOL_ERROR
        assert result.failure is not None
        assert (result.failure.code, result.failure.retry_after_s) == (ErrorCode.RATE_LIMITED, 2)
        unclear = await pool.call("raw", "unclear", {}, timeout_s=20)
        assert unclear.failure is not None
        assert (unclear.failure.code, unclear.failure.message) == (ErrorCode.INTERNAL, "it did not work")


@pytest.mark.parametrize("arguments", [{}, {"text": 1}, {"text": "a", "more": 1}, {"text": "\ud800"}])
async def test_arguments_that_do_not_fit_are_not_sent(
    open_pool: OpenPool, server: Manifest, arguments: dict[str, Any]
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        result = await pool.call("raw", "echo", arguments, timeout_s=20)
        assert (result.outcome, result.failure and result.failure.code) == (Outcome.INVALID, ErrorCode.INVALID_ARGUMENT)
        assert (await echo(pool)).ok


async def test_schemas_that_cannot_be_used_fail_the_call_and_fetch_nothing(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py", "badschema")) as pool:
        for tool in ("echo", "slow"):
            result = await pool.call("raw", tool, {"text": "x"}, timeout_s=20)
            assert (result.outcome, result.failure and result.failure.code) == (Outcome.INVALID, ErrorCode.INTERNAL)
            assert "schema" in (result.failure.message if result.failure else "")


async def test_a_server_that_lists_its_tools_wrongly_is_unavailable_and_says_so(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py", "badlist")) as pool:
        result = await echo(pool)
        assert result.outcome is Outcome.UNAVAILABLE
        assert "breaks the protocol" in (result.failure.message if result.failure else "")


async def test_a_tool_of_the_manifest_the_server_does_not_offer_is_not_found(
    open_pool: OpenPool, server: Manifest
) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        result = await pool.call("raw", "ghost", {}, timeout_s=20)
        assert (result.outcome, result.failure and result.failure.code) == (Outcome.TOOL_ERROR, ErrorCode.NOT_FOUND)


async def test_what_policy_refuses_starts_nothing(open_pool: OpenPool, server: Manifest) -> None:
    config = server("raw", "raw.py", tools={"echo": "W"})
    async with open_pool(config) as pool:
        for name, tool in (("raw", "echo"), ("raw", "unlisted"), ("nobody", "echo")):
            result = await pool.call(name, tool, {"text": "x"}, timeout_s=20)
            assert (result.outcome, result.failure and result.failure.code) == (Outcome.REFUSED, ErrorCode.DENIED)
        assert not pool.status("raw").started


async def test_approved_writes_are_allowed_where_they_can_be(open_pool: OpenPool, server: Manifest) -> None:
    config = server("raw", "raw.py", tools={"echo": "W"})
    async with open_pool(config, profile="workflow", approvals={("raw", "echo")}) as pool:
        assert (await echo(pool)).ok


async def test_a_server_that_hangs_at_initialize_is_given_up_and_ended(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", "hangs", start_timeout=1)) as pool:
        result = await echo(pool)
        assert result.outcome is Outcome.UNAVAILABLE
        assert result.failure is not None
        assert result.failure.message == "raw was not ready within 1 s"
        assert pool.status("raw").status is MCPServerStatus.OFFLINE
        await until(lambda: pool.pid("raw") is None)


async def test_a_pool_closes_while_a_server_is_starting(open_pool: OpenPool, server: Manifest) -> None:
    loop = asyncio.get_running_loop()
    async with open_pool(server("raw", "raw.py", "hangs")) as pool:
        waiting = asyncio.create_task(echo(pool))
        await until(lambda: pool.pid("raw") is not None)
        started = loop.time()
    assert loop.time() - started < 4
    assert (await waiting).outcome is Outcome.UNAVAILABLE


async def test_a_server_that_exits_at_once_says_why(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", "exits")) as pool:
        result = await echo(pool)
        assert result.outcome is Outcome.UNAVAILABLE
        assert result.failure is not None
        assert result.failure.message == "raw ended with exit code 3: no licence"
        assert result.failure.retryable


async def test_a_program_that_is_not_there_says_so(open_pool: OpenPool) -> None:
    config = MCPServerConfig(name="none", command="no-such-program", tools={"t": ToolPolicy(effect="R")})
    async with open_pool(config) as pool:
        result = await pool.call("none", "t", {}, timeout_s=20)
        assert result.outcome is Outcome.UNAVAILABLE
        assert "no-such-program" in (result.failure.message if result.failure else "")


async def test_a_server_that_never_stays_up_is_left_alone_after_five_starts(
    open_pool: OpenPool, server: Manifest, tmp_path: Path
) -> None:
    counted = tmp_path / "starts"
    counted.touch()
    async with open_pool(server("raw", "raw.py", "counting", str(counted))) as pool:
        async with asyncio.timeout(20):
            results = [await echo(pool) for _ in range(7)]
        assert {result.outcome for result in results} == {Outcome.UNAVAILABLE}
        assert counted.read_text().count("start") == 5
        last = results[-1].failure
        assert last is not None
        assert "too often" in last.message
        assert last.retry_after_s is not None
        assert 50 < last.retry_after_s <= 60
        status = pool.status("raw")
        assert (status.status, status.uptime_percentage) == (MCPServerStatus.UNHEALTHY, 0)


async def test_a_server_that_ignores_every_request_to_go_is_killed(open_pool: OpenPool, server: Manifest) -> None:
    loop = asyncio.get_running_loop()
    async with open_pool(server("raw", "raw.py", "stubborn")) as pool:
        pid = (await echo(pool)).content["pid"]
        started = loop.time()
    assert loop.time() - started < 4
    assert gone(pid)


@pytest.mark.parametrize("how", ["clean", "crash"])
async def test_children_of_a_server_go_with_it(open_pool: OpenPool, server: Manifest, how: str) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        child = (await pool.call("raw", "spawn", {}, timeout_s=20)).content["pid"]
        assert not gone(child)
        if how == "crash":
            crashed = await pool.call("raw", "crash", {}, timeout_s=20)
            assert crashed.outcome is Outcome.CRASHED
            await until(lambda: gone(child))
    assert gone(child)


async def test_a_server_gets_an_empty_folder_and_only_the_variables_it_may_have(
    open_pool: OpenPool, server: Manifest
) -> None:
    environment = {
        "WORKSPACE_ROOTS": "/w",
        "OTHER": "no",
        "API_KEY": "s3cret",
        "PATH": "/usr/bin:.:relative",
        "MCP_PROFILE": "developer",
    }
    config = server(
        "raw",
        "raw.py",
        env={"FIXED": "1"},
        env_names=("WORKSPACE_ROOTS", "MCP_PROFILE", "ABSENT"),
        secret_names=("API_KEY",),
    )
    async with open_pool(config, environment=environment) as pool:
        facts = (await pool.call("raw", "facts", {}, timeout_s=20)).content
    assert facts["files"] == []
    given = facts["environment"]
    assert set(given) - {"LC_CTYPE"} == {
        "WORKSPACE_ROOTS",
        "MCP_PROFILE",
        "API_KEY",
        "FIXED",
        "HOME",
        "PATH",
        "LANG",
        "TMPDIR",
    }
    assert given["MCP_PROFILE"] == "pr-review"
    assert given["PATH"].split(":") == [str(Path(sys.executable).parent), "/usr/bin"]
    assert Path(given["HOME"]).parent == Path(facts["cwd"]).parent


async def test_the_last_lines_of_standard_error_are_kept(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", "chatty")) as pool:
        await echo(pool)
        await until(lambda: len(pool.stderr("raw")) == 200 and pool.stderr("raw")[-1] == "line 4999")
        assert pool.stderr("raw")[0] == "line 4800"


async def test_a_check_starts_the_server_and_misses_required_tools(open_pool: OpenPool, server: Manifest) -> None:
    good = server("good", "raw.py")
    bad = good.model_copy(
        update={
            "name": "bad",
            "tools": {"ghost": ToolPolicy(effect="R", required=True), "echo": ToolPolicy(effect="R", required=True)},
        }
    )
    dead = server("dead", "raw.py", "exits")
    async with open_pool(good, bad, dead) as pool:
        found = {name: await pool.check(name) for name in pool.names}
        tools = await pool.list_tools("good")
    assert (found["good"].status, found["good"].error_message) == (MCPServerStatus.HEALTHY, None)
    assert (found["bad"].status, found["bad"].error_message) == (
        MCPServerStatus.UNHEALTHY,
        "required tools are missing: ghost",
    )
    assert (found["dead"].status, found["dead"].error_message) == (
        MCPServerStatus.OFFLINE,
        "dead ended with exit code 3: no licence",
    )
    assert "echo" in {tool.name for tool in tools}


async def test_a_restart_replaces_the_process(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        pid = (await echo(pool)).content["pid"]
        pool.restart("raw")
        await until(lambda: pool.pid("raw") not in (None, pid))
        assert (await echo(pool)).content["pid"] != pid
        assert pool.status("raw").status is MCPServerStatus.HEALTHY


async def test_a_caller_that_goes_away_takes_its_call_with_it(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=1)) as pool:
        await echo(pool)
        call = asyncio.create_task(pool.call("raw", "slow", {"seconds": 30}, timeout_s=60))
        await until(lambda: pool.busy("raw"))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await echo(pool, timeout_s=3)).ok
        await until(lambda: not pool.busy("raw"))


async def test_calls_under_way_fail_when_the_pool_closes(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py", in_flight=1)) as pool:
        await echo(pool)
        calls = [asyncio.create_task(pool.call("raw", "slow", {"seconds": 30}, timeout_s=60)) for _ in range(2)]
        await until(lambda: len(pool._owners["raw"]._queue) == 1)
    sent, queued = [await call for call in calls]
    assert (sent.outcome, queued.outcome) == (Outcome.CRASHED, Outcome.UNAVAILABLE)


async def test_each_call_leaves_one_audit_line_without_bodies(open_pool: OpenPool, server: Manifest) -> None:
    async with open_pool(server("raw", "raw.py")) as pool:
        with structlog.testing.capture_logs() as lines:
            await echo(pool, "s3cret")
            await pool.call("raw", "unlisted", {}, timeout_s=20)
    calls = [line for line in lines if line["event"] == "tool_call"]
    assert [(line["server"], line["tool"], line["outcome"]) for line in calls] == [
        ("raw", "echo", "ok"),
        ("raw", "unlisted", "refused"),
    ]
    assert calls[0]["bytes"] > 0
    assert "s3cret" not in str(lines)


async def test_a_server_dies_with_a_host_that_is_killed(server: Manifest, tmp_path: Path) -> None:
    config = server("raw", "raw.py", "stubborn")
    program = f"""
import asyncio, sys
from pathlib import Path
from workflows.host.models import MCPServerConfig
from workflows.host.pool import ServerPool
async def main():
    config = MCPServerConfig.model_validate_json({config.model_dump_json(by_alias=True)!r})
    async with ServerPool.open([config], scratch=Path({str(tmp_path)!r}), environment={{}}) as pool:
        await pool.call("raw", "echo", {{"text": "x"}}, timeout_s=20)
        print("PID", pool.pid("raw"), flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    host = subprocess.Popen(  # noqa: ASYNC220 - it is killed while this loop looks on
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    try:
        assert host.stdout is not None
        pid = await asyncio.wait_for(asyncio.to_thread(_pid_line, host.stdout), 20)
        host.kill()
        await until(lambda: gone(pid))
    finally:
        host.kill()
        host.wait(5)
        host.stdout.close()


def _pid_line(stream: Any) -> int:
    for line in stream:
        if line.startswith(b"PID "):
            return int(line.split()[1])
    raise AssertionError("the host ended")


async def test_unknown_names_are_errors_where_a_name_is_asked_about(open_pool: OpenPool) -> None:
    async with open_pool() as pool:
        with pytest.raises(UnknownServerError, match="nobody"):
            pool.status("nobody")
        with pytest.raises(UnknownServerError, match="nobody"):
            await pool.check("nobody")
        assert pool.statuses() == {}
        assert not pool.replay_safe("nobody", "x")
        with pytest.raises(ValueError, match="superuser"):
            async with open_pool(profile="superuser"):
                pass


def test_importing_the_pool_does_not_import_the_sdk() -> None:
    program = "import sys, workflows.host.pool, workflows.host.health, workflows.engine; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3]).returncode == 0
