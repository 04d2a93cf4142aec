"""Whole histories: for each commit our paths and counts equal ``git diff --numstat -z``.

``benchmarks/diff_differential.py`` does the same on any repository and prints figures.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from benchmarks.diff_differential import compare
from support.git_repo import GitRepo

ROOT = Path(__file__).resolve().parents[3]
COMMITS = 120
LINES = ["a", "b", "", "\r", "-- x", "++ y", "@@ -1 +1 @@", "diff --git a/x b/x", "\tc", "\x0c", "\u2028", "end"]
NAMES = ["a.py", "dir/b c.txt", "x b/x", "dir/\u00e9.md", "-dash", "q'uote.js", "deep/er/f"]


def random_commit(repo: GitRepo, chance: random.Random) -> None:
    """Write, remove, rename or change the mode of a few files."""
    for name in chance.sample(NAMES, 3):
        path = repo.root / name
        if path.exists() and chance.random() < 0.2:
            path.unlink()
        elif path.exists() and chance.random() < 0.2:
            path.rename(path.with_name(f"moved-{chance.randrange(5)}"))
        elif path.exists() and chance.random() < 0.2:
            path.chmod(chance.choice([0o644, 0o755]))
        else:
            old = path.read_bytes().split(b"\n") if path.exists() else []
            spot = chance.randrange(len(old) + 1)
            new = [chance.choice(LINES).encode() for _ in range(chance.randrange(30))]
            if chance.random() < 0.05:
                new.append(b"\0binary")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\n".join([*old[:spot], *new, *old[spot + chance.randrange(4) :]]))
    repo.commit()


def test_a_random_history_is_read_as_git_reads_it(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "random")
    chance = random.Random(20261122)  # noqa: S311 - the same history each time
    for _ in range(COMMITS):
        random_commit(repo, chance)
    figures = compare(str(repo.root / ".git"), COMMITS)
    assert figures["commits"] == COMMITS
    assert figures["first_wrong"] == []


def test_the_history_of_this_project_is_read_as_git_reads_it() -> None:
    found = subprocess.run(
        ["git", "rev-parse", "--quiet", "--verify", "HEAD"], cwd=ROOT, capture_output=True, check=False
    )
    if found.returncode:
        pytest.skip("this copy of the project has no history")
    figures = compare(str(ROOT / ".git"), 2_000)
    assert figures["first_wrong"] == []
