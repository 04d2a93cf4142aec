"""Runs the steps analysers plan: named commands as their format says, secrets by the real server in memory."""

from __future__ import annotations

import asyncio
import functools
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp import Client

from review.analyser import Analyser, ReviewSubject, StepResults
from review.models import Finding
from servers.api_key_sniffer.server import build
from servers.guard.environ import Environ
from workflows.models import ExecutionStatus, Outcome, StepResult, ToolResult, WorkflowStep

SIMPLE_WARP = Path(__file__).parents[2] / "servers" / "simple_warp"
COMMANDS: dict[str, dict[str, Any]] = tomllib.loads((SIMPLE_WARP / "commands.toml").read_text())


def program_of(command: str) -> str:
    """The program beside the interpreter, or on the path."""
    name = COMMANDS[command]["program"]
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed: run `make install`"
    return found


def argv_of(command: str, paths: Sequence[str], scratch: str) -> list[str]:
    """Arguments with the placeholders filled in."""
    result: list[str] = []
    for part in COMMANDS[command]["argv"]:
        if part == "{paths}":
            result += [f"./{path}" for path in paths]
        else:
            result.append(part.replace("{engines}", str(SIMPLE_WARP / "engines")).replace("{scratch}", scratch))
    return result


def run_command(command: str, paths: Sequence[str], workspace: str) -> dict[str, Any]:
    """What ``run_named`` answers."""
    row = COMMANDS[command]
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [program_of(command), *argv_of(command, paths, scratch)],
            cwd=workspace if row["cwd"] == "workspace" else scratch,
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
                "HOME": scratch,
                "TMPDIR": scratch,
                "LC_ALL": "C.UTF-8",
                **row["env"],
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=row["timeout_s"],
            check=False,
        )
    return {
        "exit_code": done.returncode,
        "ok": done.returncode in row["ok_exit_codes"],
        "stdout": done.stdout.decode("utf-8", "replace"),
        "stderr": done.stderr.decode("utf-8", "replace"),
        "timed_out": False,
        "truncated": False,
        "duration_ms": 0,
    }


def step_result(step: WorkflowStep, content: dict[str, Any]) -> StepResult:
    """A finished step with this answer."""
    result = ToolResult(server=step.mcp_server, tool=step.tool_name, outcome=Outcome.OK, content=content)
    return StepResult(name=step.name, status=ExecutionStatus.SUCCEEDED, result=result, attempts=1)


@functools.cache
def _sniffer() -> Any:
    return build(Environ({}))


def scan_diff(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What ``scan_diff`` of the api-key-sniffer answers."""

    async def call() -> dict[str, Any]:
        async with Client(_sniffer()) as client:
            answer = await client.call_tool("scan_diff", dict(arguments))
            assert not answer.is_error, answer
            return answer.structured_content or {}

    return asyncio.run(call())


def run_steps(steps: Sequence[WorkflowStep]) -> dict[str, StepResult]:
    """Runs every step for real."""
    results = {}
    for step in steps:
        if step.tool_name == "scan_diff":
            content = scan_diff(step.arguments)
        else:
            content = run_command(step.arguments["name"], step.arguments["paths"], step.arguments["workspace"])
        results[step.name] = step_result(step, content)
    return results


def review_with(analyser: Analyser, subject: ReviewSubject, results: StepResults | None = None) -> list[Finding]:
    """Plan, run, interpret. Findings in line order."""
    answers = run_steps(analyser.plan(subject)) if results is None else results
    return sorted(analyser.interpret(subject, answers), key=lambda f: (f.file_path, f.line_number, f.rule_id))
