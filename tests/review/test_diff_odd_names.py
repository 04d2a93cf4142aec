"""Odd file names through real git: what we read equals what ``git diff --numstat -z`` says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.diff import FileStatus, parse_diff
from support.git_repo import GitRepo

ODD = st.sampled_from(
    [b" ", b'"', b"\t", b"\n", b" b/", b"b/", b"a/", b"\\", "\u00e9".encode(), b"\xe9", b"-", b"--- ", b"+++ ",
     b"@@ -1 +1 @@", b"diff --git ", b"x", b"y", b"\r", b"\x01", b"\x7f", "\u202e".encode(), b"/dev/null", b".", b"=>"]
)  # fmt: skip
NAMES = st.lists(ODD, min_size=1, max_size=5).map(b"".join).map(lambda name: name.strip(b"/").replace(b"//", b"/"))


def usable(name: bytes) -> bool:
    parts = name.split(b"/")
    return bool(name) and all(part not in {b"", b".", b".."} for part in parts)


BODIES = st.lists(
    st.sampled_from(
        [b"a\n", b"\n", b"-- x\n", b"++ y\n", b"diff --git a/f b/f\n", b"@@ -1 +1 @@\n", b"\r\n", b"\xff\n", b"end"]
    ),
    max_size=6,
).map(b"".join)  # fmt: skip


def apart(names: list[bytes]) -> bool:
    """No name is a folder of another."""
    return not any(other.startswith(name + b"/") for name in names for other in names)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    return GitRepo.create(tmp_path_factory.mktemp("odd") / "repo")


def commit(repo: GitRepo, entries: dict[bytes, tuple[str, bytes]]) -> str:
    """Commit names with folders in them, by way of an index of its own."""
    index = repo.root / ".git" / "index"
    index.unlink(missing_ok=True)
    lines = []
    for name, (mode, content) in entries.items():
        sha = repo.git("hash-object", "-w", "--stdin", stdin=content)
        lines.append(f"{mode} {sha}\t".encode() + name + b"\0")
    repo.git("update-index", "-z", "--index-info", stdin=b"".join(lines))
    return repo.git("commit-tree", repo.git("write-tree"), "-m", "odd")


def expected(repo: GitRepo, old: str, new: str) -> dict[str, tuple[int, int]]:
    fields = iter(repo.git("diff-tree", "-r", "-M", "-z", "--numstat", old, new).split("\0"))
    found: dict[str, tuple[int, int]] = {}
    for entry in fields:
        if not entry:
            continue
        added, removed, path = entry.split("\t", 2)
        if not path:
            next(fields)
            path = next(fields)
        found[path] = (0, 0) if added == "-" else (int(added), int(removed))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.dictionaries(NAMES.filter(usable), BODIES, max_size=4),
    after=st.dictionaries(NAMES.filter(usable), BODIES, max_size=4),
    mode=st.sampled_from(["100644", "100755", "120000"]),
)
def test_names_and_counts_equal_numstat(
    repo: GitRepo, before: dict[bytes, bytes], after: dict[bytes, bytes], mode: str
) -> None:
    if not apart(list(before)) or not apart(list(after)):
        return
    kept = {name: ("100644", body) for name, body in before.items()}
    changed = {name: (mode, body or b"l") for name, body in after.items()}
    old, new = commit(repo, kept), commit(repo, changed)
    patch = repo.git("diff-tree", "-r", "-M", "-p", "--full-index", old, new).encode("utf-8", "surrogateescape")
    diff = parse_diff(patch + b"\n" if patch else b"")
    counts = expected(repo, old, new)
    assert [f.path for f in diff.files] == list(counts)
    for file in diff.files:
        # git counts a type change as if only the text had changed; its patch removes and adds the whole
        if file.status is not FileStatus.TYPE_CHANGED:
            assert (file.additions, file.deletions) == counts[file.path]
    assert [f.problem for f in diff.files if f.problem] == []


def test_renames_of_odd_names_keep_both(repo: GitRepo, tmp_path: Path) -> None:
    body = b"".join(b"line %d\n" % number for number in range(30))
    old = commit(repo, {b"x b/x": ("100644", body), b'"q"\n': ("100644", body + b"more\n")})
    new = commit(repo, {b"b/x b/y": ("100755", body), b"\xe9 t\t": ("100644", body + b"less\n")})
    patch = repo.git("diff-tree", "-r", "-M", "-p", old, new).encode("utf-8", "surrogateescape")
    assert {(f.old_path, f.path) for f in parse_diff(patch + b"\n").files} == {
        ("x b/x", "b/x b/y"),
        ('"q"\n', "\udce9 t\t"),
    }
