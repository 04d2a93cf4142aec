"""Compare our diff reader with ``git diff --numstat -z`` on real commits: paths, and both counts.

    python benchmarks/diff_differential.py REPOSITORY --commits 5000

Prints the figures as JSON; exit status 1 when one file of one commit differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from review.diff import Diff, FileDiff, parse_diff  # noqa: E402 - the checkout's own package

_DIFF_TREE = (
    "diff-tree",
    "--stdin",
    "-r",
    "-M",
    "--root",
    "--no-commit-id",
    "--no-ext-diff",
    "--no-textconv",
)


class DiffTree:
    """One long-lived ``git diff-tree --stdin``: a line that is no commit is echoed, which marks the end."""

    def __init__(self, repository: str, *options: str) -> None:
        self.process = subprocess.Popen(
            ["git", f"--git-dir={repository}", *_DIFF_TREE, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def show(self, sha: str) -> bytes:
        """The whole output for one commit."""
        mark = f"end-of-{sha}-0123456789\n".encode()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(sha.encode() + b"\n" + mark)
        self.process.stdin.flush()
        parts: list[bytes] = []
        tail = b""
        while not tail.endswith(mark):
            chunk = os.read(self.process.stdout.fileno(), 1 << 20)
            if not chunk:
                raise SystemExit(f"git stopped at {sha}")
            parts.append(chunk)
            tail = (tail + chunk)[-len(mark) :]
        return b"".join(parts)[: -len(mark)]


def numstat(data: bytes) -> dict[str, tuple[int, int, str | None]]:
    """Read ``--numstat -z``: path -> (added, removed, old path); binary files count as 0 and 0."""
    fields = iter(data.split(b"\0"))
    found: dict[str, tuple[int, int, str | None]] = {}
    for entry in fields:
        if not entry:
            continue
        added, removed, path = entry.split(b"\t", 2)
        old = None
        if not path:
            old, path = next(fields).decode("utf-8", "surrogateescape"), next(fields)
        counts = (0, 0) if added == b"-" else (int(added), int(removed))
        found[path.decode("utf-8", "surrogateescape")] = (*counts, old)
    return found


def ours(diff: Diff) -> dict[str, tuple[int, int, str | None]]:
    """The same of our reading."""
    return {f.path: (f.additions, f.deletions, f.old_path) for f in diff.files}


def bad_lines(file: FileDiff) -> bool:
    """Whether the lines do not add up, or line numbers do not run on."""
    new = [line.new_line for hunk in file.hunks for line in hunk.lines if line.new_line is not None]
    return file.problem is not None or len(set(new)) != len(new) or new != sorted(new)


def commits(repository: str, limit: int) -> Iterator[str]:
    """Newest first, without merges."""
    listed = subprocess.run(
        ["git", f"--git-dir={repository}", "rev-list", "--no-merges", f"--max-count={limit}", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
    )
    yield from listed.stdout.split()


def compare(repository: str, limit: int) -> dict[str, object]:
    """Run the comparison and give the figures."""
    with DiffTree(repository, "-p", "-U3") as patches, DiffTree(repository, "--numstat", "-z") as counts:
        return compare_commits(repository, limit, patches, counts)


def compare_commits(repository: str, limit: int, patches: DiffTree, counts: DiffTree) -> dict[str, object]:
    """Read every commit both ways."""
    seen = files = size = 0
    cpu = 0.0
    wrong: list[str] = []
    for sha in commits(repository, limit):
        data, expected = patches.show(sha), numstat(counts.show(sha))
        start = time.process_time()
        diff = parse_diff(data)
        cpu += time.process_time() - start
        seen, files, size = seen + 1, files + len(expected), size + len(data)
        if ours(diff) != expected or any(map(bad_lines, diff.files)):
            wrong.append(sha)
    return {
        "repository": Path(repository).name,
        "commits": seen,
        "files": files,
        "megabytes": round(size / 1e6, 1),
        "wrong_commits": len(wrong),
        "first_wrong": wrong[:10],
        "cpu_s": round(cpu, 2),
        "megabytes_per_cpu_s": round(size / 1e6 / max(cpu, 1e-9), 1),
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", help="git directory")
    parser.add_argument("--commits", type=int, default=5_000)
    args = parser.parse_args()
    figures = compare(args.repository, args.commits)
    print(json.dumps(figures, indent=2))
    return 1 if figures["wrong_commits"] else 0


if __name__ == "__main__":
    sys.exit(main())
