"""Reviews the newest commits of real repositories through the command line's own path: no crash, JSON valid, times.

``python -P benchmarks/histories.py REPO [REPO ..] [--commits N]``: each commit is reviewed against its parent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.formats import by_name
from review.local import local_workspace
from review.session import SessionOptions, open_session, temporary_scratch
from workflows import logs


def commits_of(repository: Path, number: int) -> list[str]:
    """The newest commits with exactly one parent."""
    listed = subprocess.run(
        ("git", "-C", str(repository), "rev-list", "--no-merges", "--min-parents=1", f"--max-count={number}", "--all"),
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


async def review_all(repository: Path, commits: list[str]) -> None:
    """Review each commit and print what came out."""
    times, lines, rules, skipped, partial = [], 0, Counter[str](), Counter[str](), 0
    formatter = by_name("json")
    async with (
        temporary_scratch() as scratch,
        open_session(SessionOptions(scratch=scratch, roots=(repository,))) as session,
    ):
        for commit in commits:
            began = time.perf_counter()
            async with local_workspace(
                repository, base=f"{commit}^", head=commit, scratch=session.workspaces
            ) as workspace:
                result = await session.reviewer.analyze_repository(str(repository), workspace=workspace)
                report = await session.reviewer.generate_report(result)
            times.append(time.perf_counter() - began)
            document = json.loads(formatter.render(report))
            changed = {file.path for file in workspace.diff.files}
            if {entry["file_path"] for entry in document["coverage"]} != changed:
                raise SystemExit(f"{commit}: coverage does not name every changed file")
            lines += workspace.diff.additions
            partial += sum(entry["status"] == "partial" for entry in document["coverage"])
            rules.update(finding["rule_id"] for finding in document["detailed_findings"])
            skipped.update(f"{entry['name']}: {entry['reason']}" for entry in document["skipped_analysers"])
    times.sort()
    found = sum(rules.values())
    print(
        f"{repository.parent.name}: {len(times)} commits, {lines} added lines, {found} findings; "
        f"median {statistics.median(times):.2f} s, p95 {times[int(len(times) * 0.95)]:.2f} s, max {times[-1]:.2f} s; "
        f"{partial} files partly reviewed, {sum(skipped.values())} analysers skipped"
    )
    print("  most frequent:", ", ".join(f"{rule} {n}" for rule, n in rules.most_common(8)))
    for reason, times_seen in skipped.most_common(5):
        print(f"  skipped {times_seen} x {reason}")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=50)
    options = parser.parse_args()
    logs.configure("error")
    for repository in options.repositories:
        asyncio.run(review_all(repository.resolve(), commits_of(repository, options.commits)))


if __name__ == "__main__":
    main()
