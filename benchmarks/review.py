"""A review of ten files against the slowest engine run alone on the same files: warm and cold, one run.

``python -P benchmarks/review.py [--repeat N]``. Goals: warm at most 1.25 times the slowest engine; cold command line
at most that plus two seconds. Prints medians; the ratio inside one run is what counts, not the seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workflows import logs  # noqa: E402 - after the path is set

SIZE = 120
"""Lines a source file, about what a changed file of a real pull request has."""


WORKFLOW = """\
name: CI
on: push
permissions: {}
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo hi
"""


def make_change(folder: Path) -> None:
    """A repository whose last commit adds ten files of the kinds the default engines read."""
    git = ("git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org")
    subprocess.run(("git", "init", "-q", "-b", "main", str(folder)), check=True)
    subprocess.run((*git, "commit", "-q", "--allow-empty", "-m", "base"), check=True)
    subprocess.run((*git, "checkout", "-q", "-b", "change"), check=True)
    python = '"""Module."""\n\nimport os\n\n' + "".join(
        f"def work_{i}(items: list[int]) -> int:\n    return sum(item * {i} for item in items if item)\n\n\n"
        for i in range(SIZE // 4)
    )
    script = "".join(
        f"export function work{i}(items) {{\n  return items.filter(Boolean).map((x) => x * {i});\n}}\n"
        for i in range(SIZE // 3)
    )
    files = {
        **{f"app/module_{i}.py": python for i in range(4)},
        **{f"web/part_{i}.js": script for i in range(2)},
        "web/typed.ts": script.replace("(items)", "(items: number[])"),
        "run.sh": "#!/bin/sh\nset -eu\n" + 'for name in a b c; do\n  echo "$name"\ndone\n' * (SIZE // 4),
        ".github/workflows/ci.yml": WORKFLOW,
        "Dockerfile": 'FROM python:3.12-slim\nRUN pip install --no-cache-dir flask==3.0.0\nCMD ["python"]\n',
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run((*git, "add", "-A"), check=True)
    subprocess.run((*git, "commit", "-q", "-m", "change"), check=True)


def engines_alone(folder: Path, repeat: int) -> dict[str, float]:
    """Median wall seconds of each engine as its own process, on the files it would get."""
    commands: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "servers/simple_warp/commands.toml").read_text())
    files = [
        str(p.relative_to(folder))
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".git" not in p.parts[len(folder.parts) : len(folder.parts) + 1]
    ]
    kinds = {
        "ruff": (".py",), "oxlint": (".js", ".ts"), "shellcheck": (".sh",), "yamllint": (".yml",),
        "zizmor": (".yml",), "actionlint": (".yml",), "hadolint": ("Dockerfile",), "security": (".py", ".js", ".ts"),
    }  # fmt: skip
    # The secrets engine runs inside api-key-sniffer; alone it is its own program.
    commands["betterleaks"] = {"program": "betterleaks", "argv": ["{paths}"]}
    result = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, spec in commands.items():
            paths = [f"./{f}" for f in files if f.endswith(kinds.get(name, ("",)))]
            beside = Path(sys.executable).with_name(spec["program"])
            argv = [str(beside) if beside.exists() else spec["program"]]
            for part in spec["argv"]:
                if part == "{paths}":
                    argv += paths
                else:
                    argv.append(
                        part.replace("{engines}", str(ROOT / "servers/simple_warp/engines")).replace(
                            "{scratch}", scratch
                        )
                    )
            times = []
            for _ in range(repeat):
                began = time.perf_counter()
                done = subprocess.run(argv, cwd=folder, capture_output=True, check=False, timeout=60)
                if done.returncode not in (*spec.get("ok_exit_codes", [0, 1]), 0):
                    raise SystemExit(f"{name}: exit {done.returncode}: {done.stderr.decode()[-300:]}")
                times.append(time.perf_counter() - began)
            result[name] = statistics.median(times)
    return result


async def warm(folder: Path, repeat: int) -> list[float]:
    """Wall seconds of whole reviews in one session, the first left out."""
    from review.local import local_workspace
    from review.session import SessionOptions, open_session, temporary_scratch

    times = []
    async with (
        temporary_scratch() as scratch,
        open_session(SessionOptions(scratch=scratch, roots=(folder,))) as session,
    ):
        for _ in range(repeat + 1):
            began = time.perf_counter()
            async with local_workspace(folder, base="main", scratch=session.workspaces) as workspace:
                result = await session.reviewer.analyze_repository(str(folder), workspace=workspace)
            times.append(time.perf_counter() - began)
            if result.skipped_analysers:
                raise SystemExit(f"not a full review: {result.skipped_analysers}")
    return times[1:]


def cold(folder: Path, repeat: int) -> list[float]:
    """Wall seconds of ``patchwarden review`` as a fresh process."""
    command = [
        str(Path(sys.executable).with_name("patchwarden")),
        "review",
        str(folder),
        "--base",
        "main",
        "--quiet",
        "--format",
        "json",
    ]
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)
        times.append(time.perf_counter() - began)
        if done.returncode not in {0, 1}:
            raise SystemExit(done.stderr.decode())
    return times


def main() -> None:
    """Measure and print."""
    logs.configure("error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "shop"
        make_change(folder)
        alone = engines_alone(folder, repeat)
        slowest = max(alone, key=lambda key: alone[key])
        base = alone[slowest]
        warm_s = statistics.median(asyncio.run(warm(folder, repeat)))
        cold_s = statistics.median(cold(folder, repeat))
    for engine, seconds in sorted(alone.items(), key=lambda item: -item[1]):
        print(f"{engine:14} alone {seconds * 1000:7.0f} ms")
    print(f"{'all':14} alone {sum(alone.values()) * 1000:7.0f} ms, one after the other")
    print(f"warm review         {warm_s * 1000:7.0f} ms = {warm_s / base:.2f} x {slowest} (goal 1.25)")
    bound = max(base, sum(alone.values()) / (os.cpu_count() or 1))
    print(f"{'':20}{warm_s / bound:.2f} x what {os.cpu_count()} cores allow: all engines shared out evenly")
    goal = 1.25 * base + 2
    print(
        f"cold command line   {cold_s * 1000:7.0f} ms = {slowest} + {cold_s - base:.2f} s (goal {goal * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    main()
