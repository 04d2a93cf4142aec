"""simple-warp runs named commands, confined and bounded, and says what confined them."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from servers.guard.environ import Environ
from servers.simple_warp.parsers import parse
from servers.simple_warp.sandbox import Sandbox

from .conftest import Connect


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "a.py").write_text("import os\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "b c.py").write_text("import sys\n")
    return folder


def operator_file(tmp_path: Path, **commands: str) -> dict[str, str]:
    """Operator commands that run Python code, in a profile that lets them run without bubblewrap."""
    text = ""
    for name, table in commands.items():
        text += f"[{name}]\n{textwrap.dedent(table)}\n"
    file = tmp_path / "commands.toml"
    file.write_text(text)
    return {"WARP_COMMANDS_FILE": str(file), "MCP_PROFILE": "workflow", "WORKSPACE_ROOTS": str(tmp_path)}


def python(code: str, **extra: object) -> str:
    lines = [
        f"program = {json.dumps(sys.executable)}",
        f"argv = ['-I', '-c', {json.dumps(code)}, '{{args}}', '{{paths}}']",
    ]
    lines += [f"{key} = {json.dumps(value)}" for key, value in extra.items()]
    return "\n".join(lines)


async def test_a_linter_runs_by_name_on_the_paths_given(connect: Connect, workspace: Path) -> None:
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace)) as session:
        answer = await session.answer("run_named", name="ruff", paths=["a.py", "sub/b c.py"])
        codes = [(Path(row["filename"]).name, row["code"]) for row in json.loads(answer["stdout"])]
        assert codes == [("a.py", "F401"), ("b c.py", "F401")]
        assert (answer["exit_code"], answer["ok"], answer["timed_out"], answer["truncated"]) == (1, True, False, False)
        assert answer["sandbox"]["kind"] in {"rlimits", "bubblewrap"}
        assert not (workspace / ".ruff_cache").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "bidi\u202e", "nul\0", "-x\n"])
async def test_paths_that_leave_the_workspace_are_refused(path: str, connect: Connect, workspace: Path) -> None:
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace)) as session:
        error = await session.failure("run_named", name="ruff", paths=[path])
        assert error["code"] in {"denied", "invalid_argument"}


async def test_links_out_missing_paths_arguments_and_names_are_refused(connect: Connect, workspace: Path) -> None:
    (workspace / "link.py").symlink_to("/etc/passwd")
    (workspace / "-q").write_text("x = 1\n")
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace)) as session:
        assert (await session.failure("run_named", name="ruff", paths=["link.py"]))["code"] == "denied"
        assert (await session.failure("run_named", name="ruff", paths=["none.py"]))["code"] == "not_found"
        assert (await session.failure("run_named", name="ruff", args=["--fix"]))["code"] == "denied"
        assert (await session.failure("run_named", name="/bin/sh"))["code"] == "not_found"
        assert (await session.failure("run_named", name="ruff", workspace="/"))["code"] == "denied"
        assert (await session.failure("run_named", name="ruff", paths=["a.py"] * 10_001))["code"] == "too_large"
        assert (await session.answer("run_named", name="ruff", paths=["-q"]))["ok"] is True


async def test_a_workspace_below_one_of_several_roots(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    roots = f"{tmp_path / 'nowhere'}{os.pathsep}{tmp_path}"
    async with connect("simple_warp", WORKSPACE_ROOTS=roots) as session:
        answer = await session.answer("run_named", name="ruff", paths=["a.py"], workspace=str(workspace))
        assert answer["exit_code"] == 1


async def test_an_operators_command_with_an_allowed_argument_environment_and_input(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    code = "import os,sys,json; print(json.dumps([sys.argv[1:], sys.stdin.read(), sorted(os.environ), os.getcwd()]))"
    values = operator_file(
        tmp_path,
        probe=python(code, stdin="hello", allowed_args=["--fast"], ok_exit_codes=[0]) + "\nenv = {X = '{scratch}/x'}",
    )
    async with connect("simple_warp", **values, WARP_CHILD_ENV_ALLOWLIST="NAMED", NAMED="n", SECRET="s") as session:
        answer = await session.answer(
            "run_named", name="probe", args=["--fast"], paths=["a.py"], workspace=str(workspace)
        )
        argv, stdin, names, cwd = json.loads(answer["stdout"])
    assert argv == ["--fast", "./a.py"]
    assert stdin == "hello"
    assert cwd == str(workspace)
    assert {"X", "NAMED", "HOME", "TMPDIR", "PATH"} <= set(names)
    assert "SECRET" not in names
    assert not {name for name in names if name.startswith(("PATCHWARDEN", "GITHUB", "WORKSPACE", "WARP"))}


async def test_a_commands_home_is_thrown_away(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    code = "import os,pathlib; p=pathlib.Path(os.environ['HOME']); (p/'x').write_text('1'); print(p)"
    values = operator_file(tmp_path, home=python(code))
    async with connect("simple_warp", **values) as session:
        answer = await session.answer("run_named", name="home", workspace=str(workspace))
    assert answer["exit_code"] == 0
    assert not Path(answer["stdout"].strip()).exists()


async def test_time_output_memory_files_and_core_are_limited(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    values = operator_file(
        tmp_path,
        slow=python("import time; time.sleep(60)", timeout_s=0.5),
        loud=python("import sys; sys.stdout.write('x' * 5_000_000)", max_output_bytes=2048),
        hungry=python("x = bytearray(800_000_000); print(len(x))", memory_mb=256),
        wide=python("open('big', 'wb').write(b'0' * 100_000_000)", cwd="scratch"),
        many=python("f = [open('/dev/null') for _ in range(2000)]"),
    )
    async with connect("simple_warp", **values) as session:

        async def run(name: str) -> dict[str, object]:
            return await session.answer("run_named", name=name, workspace=str(workspace))

        started = time.monotonic()
        slow = await run("slow")
        assert (slow["timed_out"], slow["ok"]) == (True, False)
        assert time.monotonic() - started < 10
        loud = await run("loud")
        assert (loud["stdout"], loud["truncated"], loud["exit_code"]) == ("x" * 2048, True, 0)
        hungry = await run("hungry")
        assert "MemoryError" in str(hungry["stderr"])
        assert (await run("wide"))["ok"] is False
        assert "Too many open files" in str((await run("many"))["stderr"])


async def test_a_command_without_network_cannot_connect_where_the_answer_says_none(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    code = "import socket; s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', PORT)); print('connected')"
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        values = operator_file(
            tmp_path,
            closed=python(code.replace("PORT", str(port))),
            open=python(code.replace("PORT", str(port)), network=True),
        )
        async with connect("simple_warp", **values) as session:
            shut = await session.answer("run_named", name="closed", workspace=str(workspace))
            free = await session.answer("run_named", name="open", workspace=str(workspace))
    assert free["sandbox"]["network"] == "host"
    assert free["stdout"] == "connected\n"
    assert (shut["stdout"] == "") is (shut["sandbox"]["network"] == "none")


async def test_a_program_that_is_missing_is_unavailable_with_the_mend(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    values = operator_file(tmp_path, ghost='program = "no-such-program-anywhere"')
    async with connect("simple_warp", **values) as session:
        error = await session.failure("run_named", name="ghost", workspace=str(workspace))
        assert (error["code"], error["retryable"]) == ("unavailable", False)
        assert "install" in error["message"]
        assert (await session.answer("test_connection"))["missing"] == ["ghost"]


async def test_a_program_of_the_workspace_is_never_found(
    connect: Connect, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = workspace / "planted"
    planted.write_text("#!/bin/sh\necho planted\n")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}{workspace}{os.pathsep}{os.defpath}")
    monkeypatch.chdir(workspace)
    async with connect("simple_warp", **operator_file(tmp_path, planted='program = "planted"')) as session:
        assert (await session.failure("run_named", name="planted", workspace=str(workspace)))["code"] == "unavailable"


async def test_an_operators_command_is_not_run_on_hostile_code_without_a_real_sandbox(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    values = {**operator_file(tmp_path, probe=python("print(1)")), "MCP_PROFILE": "pr-review"}
    async with connect("simple_warp", **values) as session:
        kind = (await session.answer("test_connection"))["sandbox"]["kind"]
        if kind == "bubblewrap":
            assert (await session.answer("run_named", name="probe", workspace=str(workspace)))["stdout"] == "1\n"
        else:
            assert (await session.failure("run_named", name="probe", workspace=str(workspace)))["code"] == "denied"


async def test_credentials_in_output_are_masked_and_counted(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    code = "print('k = ' + 'ghp' + '_' + 'a1B2' * 9)"
    async with connect("simple_warp", **operator_file(tmp_path, leak=python(code))) as session:
        answer = await session.answer("run_named", name="leak", workspace=str(workspace))
    assert answer["redactions"] == 1
    assert "a1B2a1B2" not in answer["stdout"]
    assert len(answer["stdout"]) == len("k = ghp_\n") + 36


async def test_large_output_fits_one_message(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    values = operator_file(tmp_path, quotes=python("print('\"' * 6_000_000)", max_output_bytes=16_777_216))
    async with connect("simple_warp", **values) as session:
        answer = await session.answer("run_named", name="quotes", workspace=str(workspace))
    assert answer["truncated"] is True
    assert 2_000_000 < len(answer["stdout"]) < 4_000_000


async def test_commands_and_rules_are_listed(connect: Connect, workspace: Path) -> None:
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace), WARP_ALLOWED_COMMANDS="ruff") as session:
        commands = (await session.answer("list_commands"))["commands"]
        assert [(c["name"], c["argv"][0], c["source"], c["network"]) for c in commands] == [
            ("ruff", "ruff", "bundled", False)
        ]
        rules = await session.answer("show_security_rules")
        assert rules["allowed"] == ["ruff"]
        assert rules["limits"]["max_open_files"] == 1024
        state = (await session.answer("test_connection"))["sandbox"]
        assert state["available"] is (state["kind"] == "bubblewrap")


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ('program = "../evil"', "program"),
        ('program = "a/b"', "program"),
        ('program = "ruff"\nshell = true', "shell"),
        ('program = "ruff"\nenv = {LD_PRELOAD = "x"}', "LD_PRELOAD"),
        ('program = "ruff"\ntimeout_s = 0', "timeout_s"),
        ("program = ", "WARP_COMMANDS_FILE"),
    ],
)
def test_a_malformed_definition_stops_the_start_and_is_named(table: str, word: str, tmp_path: Path) -> None:
    from servers.simple_warp.server import build

    with pytest.raises(ValueError, match=word):
        build(Environ(operator_file(tmp_path, bad=table)))


@pytest.mark.parametrize("value", ["none", "container"])
def test_a_sandbox_that_is_none_is_refused_at_the_start(value: str) -> None:
    from servers.simple_warp.server import build

    with pytest.raises(ValueError, match="WARP_SANDBOX"):
        build(Environ({"WARP_SANDBOX": value}))


async def test_a_demanded_bubblewrap_that_does_not_work_is_unavailable(
    connect: Connect, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (fake / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}{os.pathsep}{os.defpath}")
    assert (await Sandbox("", []).means()).kind == "rlimits"
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace), WARP_SANDBOX="bubblewrap") as session:
        error = await session.failure("run_named", name="ruff", paths=["a.py"])
        assert (error["code"], error["retryable"]) == ("unavailable", False)


def test_reports_become_findings() -> None:
    sarif = {
        "runs": [
            {
                "tool": {"driver": {"name": "t"}},
                "results": [
                    {
                        "ruleId": "r",
                        "level": "error",
                        "message": {"text": "m"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "file:///w/a%20b.py"},
                                    "region": {"startLine": 3},
                                }
                            }
                        ],
                    }
                ],
            }
        ]
    }
    [finding] = parse("sarif", json.dumps(sarif), "/w").findings
    assert (finding.file_path, finding.line_number, finding.severity) == ("a b.py", 3, "high")
    xml = (
        '<testsuite name="s"><testcase name="a" file="/w/t.py" line="4"><failure message="no"/></testcase>'
        '<testcase name="b"/><testcase name="c"><skipped/></testcase></testsuite>'
    )
    junit = parse("junit", xml, "/w")
    assert junit.report is not None
    assert (junit.report.passed, junit.report.failed, junit.report.skipped) == (1, 1, 1)
    assert junit.findings[0].file_path == "t.py"
    assert parse("junit", '<!DOCTYPE x [<!ENTITY a "b">]><x/>', "/w").warnings
    assert parse("ruff", "{broken", "/w").warnings
    assert parse("sarif", "[]", "/w").warnings


async def test_the_trip_through_the_server_costs_little_beside_the_program(connect: Connect, workspace: Path) -> None:
    async with connect("simple_warp", WORKSPACE_ROOTS=str(workspace)) as session:
        await session.answer("run_named", name="ruff", paths=["a.py"])
        spent: list[float] = []
        for _ in range(5):
            started = time.perf_counter()
            answer = await session.answer("run_named", name="ruff", paths=["a.py"])
            spent.append((time.perf_counter() - started) * 1000 - answer["duration_ms"])
    assert min(spent) < 50


async def test_over_stdio(spawn: Connect, workspace: Path) -> None:
    async with spawn("simple_warp", WORKSPACE_ROOTS=str(workspace)) as session:
        assert (await session.answer("run_named", name="ruff", paths=["a.py"]))["exit_code"] == 1
        assert (await session.failure("run_named", name="ruff", paths=["/etc/passwd"]))["code"] == "denied"
