"""Mirrors and checkouts from real repositories: what is fetched, what is written, what is refused."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from review.diff import FileStatus
from review.errors import CheckoutError
from review.fetch import fetch_commits
from review.git import CheckoutLimits, MirrorCache, RepositorySource
from review.git_process import Git, GitError, OutputTooLargeError
from review.locks import FileLock, LockBusyError
from support.git_repo import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo.create(tmp_path / "upstream")
    repo.commit({"README.md": "hello\n", "gone.txt": "bye\n", "keep.py": "x = 1\n"}, "base")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return repo


@pytest.fixture
def cache(tmp_path: Path) -> MirrorCache:
    return MirrorCache(tmp_path / "cache", protocols=("file",))


def pull_request(repo: GitRepo) -> RepositorySource:
    """A branch with one commit, and main gone on meanwhile."""
    repo.branch("topic")
    head = repo.commit({"keep.py": "x = 2\n", "new.py": "y = 1\n", "gone.txt": None}, "topic")
    repo.switch("main")
    base = repo.commit({"later.py": "z = 1\n"}, "main goes on")
    return RepositorySource(repo.url, base, head, number=7)


def objects(cache: MirrorCache, source: RepositorySource) -> set[str]:
    folder = cache.mirror_of(source.clone_url) / "repository.git" / "objects" / "pack"
    return {path.name for path in folder.glob("*.pack")}


async def test_a_checkout_shows_the_change_since_the_merge_base(repo: GitRepo, cache: MirrorCache) -> None:
    source = pull_request(repo)
    async with cache.checkout(source) as workspace:
        assert {f.path: f.status for f in workspace.diff.files} == {
            "gone.txt": FileStatus.DELETED,
            "keep.py": FileStatus.MODIFIED,
            "new.py": FileStatus.ADDED,
        }
        assert dict(workspace.texts) == {"keep.py": "x = 2\n", "new.py": "y = 1\n"}
        assert sorted(p.name for p in workspace.path.iterdir()) == ["keep.py", "new.py"]
        assert workspace.tree == {"README.md", "keep.py", "new.py"}
        assert workspace.commits == 1
        assert workspace.base_sha == source.base_sha != workspace.merge_base
        assert workspace.sizes == {"keep.py": 6, "new.py": 6}
        assert {"fetch", "diff", "files"} == set(workspace.timings_ms)
        path = workspace.path
    assert not path.exists()
    assert list(cache.workspaces.iterdir()) == []


async def test_only_missing_commits_are_fetched(repo: GitRepo, cache: MirrorCache) -> None:
    source = pull_request(repo)
    async with cache.checkout(source):
        first = objects(cache, source)
    shutil.move(repo.root, repo.root.with_name("moved"))  # nothing can be fetched now
    async with cache.checkout(source):
        assert objects(cache, source) == first
    shutil.move(repo.root.with_name("moved"), repo.root)
    repo.switch("topic")
    later = replace(source, head_sha=repo.commit({"keep.py": "x = 3\n"}))
    async with cache.checkout(later) as workspace:
        assert workspace.texts["keep.py"] == "x = 3\n"
        assert workspace.commits == 2
        assert len(objects(cache, source) - first) == 1


async def test_a_host_that_refuses_ids_is_asked_for_the_ref_of_the_pull_request(
    repo: GitRepo, cache: MirrorCache
) -> None:
    source = pull_request(repo)
    repo.git("config", "uploadpack.allowAnySHA1InWant", "false")
    repo.git("config", "uploadpack.allowTipSHA1InWant", "false")
    repo.git("update-ref", "refs/pull/7/head", source.head_sha)
    repo.git("branch", "-D", "topic")
    repo.commit({"later.py": "z = 2\n"}, "main goes on again")
    async with cache.checkout(source) as workspace:
        assert workspace.texts["new.py"] == "y = 1\n"


async def test_a_commit_that_is_gone_is_worth_another_try(repo: GitRepo, cache: MirrorCache) -> None:
    source = replace(pull_request(repo), head_sha="f" * 40)
    with pytest.raises(CheckoutError, match="head commit ffffffffffff") as caught:
        async with cache.checkout(source):
            pass
    assert caught.value.transient


async def test_a_repository_that_is_not_there_is_not_tried_again(tmp_path: Path, cache: MirrorCache) -> None:
    source = RepositorySource((tmp_path / "nothing").as_uri(), "a" * 40, "b" * 40)
    with pytest.raises(CheckoutError, match="installed") as caught:
        async with cache.checkout(source):
            pass
    assert not caught.value.transient


async def test_unrelated_histories_are_said_to_be_so(repo: GitRepo, cache: MirrorCache) -> None:
    source = pull_request(repo)
    repo.git("checkout", "--quiet", "--orphan", "other")
    source = replace(source, head_sha=repo.commit({"a": "b"}))
    with pytest.raises(CheckoutError, match="share no history"):
        async with cache.checkout(source):
            pass


@pytest.mark.parametrize("damage", ["HEAD", "pack", "config"])
async def test_a_broken_mirror_is_made_anew(repo: GitRepo, cache: MirrorCache, damage: str) -> None:
    source = pull_request(repo)
    async with cache.checkout(source):
        pass
    mirror = cache.mirror_of(source.clone_url) / "repository.git"
    if damage == "pack":
        for path in (mirror / "objects" / "pack").iterdir():
            path.chmod(0o600)
            path.write_bytes(b"garbage")
    else:
        (mirror / damage).write_text("garbage [")
    async with cache.checkout(source) as workspace:
        assert len(workspace.diff.files) == 3


async def test_many_checkouts_of_one_repository_at_once(repo: GitRepo, cache: MirrorCache) -> None:
    source = pull_request(repo)

    async def check() -> int:
        async with cache.checkout(source) as workspace:
            return len(workspace.texts)

    assert await asyncio.gather(*(check() for _ in range(6))) == [2] * 6
    assert len(objects(cache, source)) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ext::sh -c id", "must start with"),
        ("ssh://git@example.com/a", "must start with"),
        ("-oProxyCommand=id", "must start with"),
        ("https://user:password@example.com/a.git", "no user"),
        ("https://example.com/a b", "no user"),
        ("https://example.com/a?b", "no user"),
        ("https:///a", "no host"),
        ("file:///etc", "must start with"),
    ],
)
async def test_addresses_that_could_mean_something_else_are_refused(tmp_path: Path, url: str, reason: str) -> None:
    with pytest.raises(CheckoutError, match=reason):
        async with MirrorCache(tmp_path).checkout(RepositorySource(url, "a" * 40, "b" * 40)):
            pass


@pytest.mark.parametrize("sha", ["HEAD", "--upload-pack=x", "a" * 39, "A" * 40, ""])
async def test_only_full_ids_are_taken(tmp_path: Path, sha: str) -> None:
    with pytest.raises(CheckoutError, match="full commit ids"):
        async with MirrorCache(tmp_path).checkout(RepositorySource("https://example.com/a", "a" * 40, sha)):
            pass


async def test_the_token_is_in_no_argument_no_address_and_no_file(repo: GitRepo, tmp_path: Path) -> None:
    token = "basic " + "c2VjcmV0" * 3
    source = replace(pull_request(repo), clone_url="https://127.0.0.1:1/a.git", authorization=SecretStr(token))
    cache = MirrorCache(tmp_path / "c")
    git = cache.git(cache.mirror_of(source.clone_url), source)
    assert git.config["http.https://127.0.0.1:1/.extraHeader"].endswith(token)
    with pytest.raises(CheckoutError) as caught:
        async with cache.checkout(source):
            pass
    assert caught.value.transient
    assert "c2VjcmV0" not in f"{caught.value} {caught.value.__cause__}"
    for path in cache.root.rglob("*"):
        assert not path.is_file() or b"c2VjcmV0" not in path.read_bytes()
    assert token not in repr(source)


async def test_hostile_entries_are_reported_and_not_written(repo: GitRepo, cache: MirrorCache) -> None:
    base = repo.commit({".gitattributes": "*.py linguist-generated\n"})
    head = repo.commit_tree(
        {
            b"link": ("120000", b"/etc/passwd"),
            b"sub": ("160000", b"1" * 40),
            b".GIT": ("100644", b"x\n"),
            b"git~1": ("100644", b"x\n"),
            b"lat\xe9n.py": ("100644", b"x = 1\n"),
            b"new\nline.py": ("100644", b"x = 1\n"),
            "bidi\u202e.py".encode(): ("100644", b"x = 1\n"),
            b"-rf": ("100644", b"x\n"),
            b"bin": ("100644", b"\0\1"),
            b"big": ("100644", b"x" * 2_000),
            b"run.sh": ("100755", b"#!/bin/sh\n"),
            b"caf\xc3\xa9 b.py": ("100644", b"x = 1\n"),
        },
        parent=base,
    )
    repo.git("update-ref", "refs/heads/evil", head)
    small = replace(cache, limits=CheckoutLimits(file_bytes=1_000))
    async with small.checkout(RepositorySource(repo.url, base, head)) as workspace:
        written = {str(p.relative_to(workspace.path)) for p in workspace.path.rglob("*")}
        assert written == {"-rf", "run.sh", "caf\u00e9 b.py"}
        assert stat.S_IMODE((workspace.path / "run.sh").stat().st_mode) == 0o600
        assert dict(workspace.problems) == {
            "link": "symlink",
            "sub": "submodule",
            ".GIT": "its name could pass for git's own folder",
            "git~1": "its name could pass for git's own folder",
            "lat\udce9n.py": "its name is not UTF-8",
            "new\nline.py": "its name holds control or direction characters",
            "bidi\u202e.py": "its name holds control or direction characters",
            "bin": "binary",
            "big": "too large (2,000 bytes)",
        }
        changed = {f.path for f in workspace.diff.files if f.status is not FileStatus.DELETED}
        assert changed == written | set(workspace.problems)


async def test_paths_that_leave_the_folder_are_not_written(repo: GitRepo, cache: MirrorCache) -> None:
    inner = repo.commit_tree({b"evil.py": ("100644", b"x\n")})
    tree = repo.git("rev-parse", f"{inner}^{{tree}}")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"x\n")
    hostile = "".join([f"040000 tree {tree}\t..\0", f"040000 tree {tree}\t.git\0", f"100644 blob {blob}\tok.py\0"])
    head = repo.git("commit-tree", repo.git("mktree", "-z", stdin=hostile.encode()), "-p", repo.head, "-m", "x")
    repo.git("update-ref", "refs/heads/evil", head)
    async with cache.checkout(RepositorySource(repo.url, repo.head, head)) as workspace:
        assert set(workspace.texts) == {"ok.py"}
        assert set(workspace.problems) == {"../evil.py", ".git/evil.py"}
        assert sorted(p.name for p in workspace.path.parent.rglob("evil.py")) == []


async def test_attributes_of_the_change_hide_nothing(repo: GitRepo, cache: MirrorCache) -> None:
    base = repo.commit({".gitattributes": "gen/*.py linguist-generated\n", "gen/a.py": "a\n"})
    head = repo.commit(
        {
            ".gitattributes": "*.py -diff -text linguist-generated filter=evil\n",
            "gen/a.py": "b\n",
            "evil.py": "x = 1\r\n",
        }
    )
    async with cache.checkout(RepositorySource(repo.url, base, head)) as workspace:
        evil = workspace.diff.file("evil.py")
        assert evil is not None
        assert (evil.binary, evil.additions) == (False, 1)
        assert workspace.generated == {"gen/a.py"}
        assert workspace.texts["evil.py"] == "x = 1\r\n"


async def test_a_change_over_the_limit_is_read_for_the_smallest_files(repo: GitRepo, cache: MirrorCache) -> None:
    base = repo.commit({"moved/old.py": "".join(f"{n}\n" for n in range(50))})
    big = "".join(f"line {n} {'x' * 80}\n" for n in range(2_000))
    files: dict[str, str | None] = {f"small{n}.py": "x = 1\n" for n in range(5)}
    (repo.root / "moved" / "old.py").rename(repo.root / "moved" / "new.py")
    head = repo.commit({**files, "big.py": big, "moved/new.py": "".join(f"{n}\n" for n in range(51))})
    small = replace(cache, limits=CheckoutLimits(diff_bytes=20_000))
    async with small.checkout(RepositorySource(repo.url, base, head)) as workspace:
        by_path = {f.path: f for f in workspace.diff.files}
        assert set(by_path) == {*files, "big.py", "moved/new.py"}
        assert by_path["big.py"].additions == 2_000
        assert "too large" in (by_path["big.py"].problem or "")
        assert all(by_path[name].hunks and by_path[name].problem is None for name in files)
        assert by_path["moved/new.py"].old_path == "moved/old.py"
        assert by_path["moved/new.py"].additions == 1


async def test_a_very_long_list_of_small_files_is_read_in_parts(repo: GitRepo, cache: MirrorCache) -> None:
    base = repo.commit({"data.bin": b"\0\1"})
    big = "".join(f"line {n} {'x' * 80}\n" for n in range(3_000))
    files: dict[str, str | bytes | None] = {f"d/{n:04}.txt": "x\n" for n in range(350)}
    head = repo.commit({**files, "big.txt": big, "data.bin": b"\0\2"})
    small = replace(cache, limits=CheckoutLimits(diff_bytes=230_000))
    async with small.checkout(RepositorySource(repo.url, base, head)) as workspace:
        problems = {f.path for f in workspace.diff.files if f.problem}
        assert len(workspace.diff.files) == 352
        assert problems == {"big.txt"}


async def test_many_fetches_do_not_leave_many_packs(repo: GitRepo, cache: MirrorCache) -> None:
    source = pull_request(repo)
    mirror = cache.mirror_of(source.clone_url)
    git = replace(cache.git(mirror, source), timeout_s=30)
    mirror.mkdir(parents=True)
    for number in range(42):
        wanted = {"head": repo.commit({"later.py": f"z = {number}\n"})}
        await fetch_commits(git, wanted, number=number, limits=cache.limits)
    assert 1 <= len(objects(cache, source)) < 10


async def test_more_files_than_the_limit_are_named(repo: GitRepo, cache: MirrorCache) -> None:
    base = repo.head
    head = repo.commit({f"f{n}.py": f"x = {n}\n" for n in range(5)})
    small = replace(cache, limits=CheckoutLimits(files=3))
    async with small.checkout(RepositorySource(repo.url, base, head)) as workspace:
        assert len(workspace.texts) == 3
        assert set(workspace.problems.values()) == {"over the limit of 3 files"}


async def test_a_mirror_larger_than_the_limit_is_refused(repo: GitRepo, cache: MirrorCache) -> None:
    small = replace(cache, limits=CheckoutLimits(mirror_bytes=10))
    with pytest.raises(CheckoutError, match="larger than the limit of 10 bytes"):
        async with small.checkout(pull_request(repo)):
            pass


async def test_the_mirrors_used_longest_ago_make_room(tmp_path: Path, cache: MirrorCache) -> None:
    small = replace(cache, limits=CheckoutLimits(cache_bytes=1))
    sources = []
    for name in ("one", "two"):
        repo = GitRepo.create(tmp_path / name)
        base = repo.commit({"a": "1\n"})
        sources.append(RepositorySource(repo.url, base, repo.commit({"a": "2\n"})))
    async with small.checkout(sources[0]):
        async with small.checkout(sources[1]):
            pass
        first = small.mirror_of(sources[0].clone_url) / "repository.git"
        assert first.exists()  # it is in use
    async with small.checkout(sources[1]):
        pass
    assert not first.exists()


async def test_a_folder_left_by_a_killed_process_is_removed(repo: GitRepo, cache: MirrorCache) -> None:
    left = cache.workspaces / "review-left"
    (left / "files").mkdir(parents=True)
    used = cache.workspaces / "review-used"
    used.mkdir()
    long_ago = time.time() - 3_600
    async with FileLock(used / "lock").held(0):
        os.utime(left, (long_ago, long_ago))
        os.utime(used, (long_ago, long_ago))
        async with cache.checkout(pull_request(repo)):
            assert not left.exists()
            assert used.exists()


async def test_a_lock_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    async with FileLock(tmp_path / "lock", shared=True).held(0), FileLock(tmp_path / "lock", shared=True).held(0):
        with pytest.raises(LockBusyError) as caught:
            async with FileLock(tmp_path / "lock").held(0.1):
                pass
    assert caught.value.transient
    async with FileLock(tmp_path / "lock").held(0):
        pass


async def test_git_is_stopped_at_its_limits(repo: GitRepo) -> None:
    git = Git(git_dir=repo.root / ".git")
    with pytest.raises(OutputTooLargeError):
        await git.run("cat-file", "-p", "HEAD", max_bytes=5)
    start = time.monotonic()
    with pytest.raises(GitError, match="longer than"):
        await replace(git, timeout_s=0.2).run("hash-object", "/dev/zero")
    assert time.monotonic() - start < 5


async def test_a_cancelled_command_leaves_no_process(repo: GitRepo) -> None:
    git = Git(git_dir=repo.root / ".git")
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        async with git.started("hash-object", "/dev/zero", stdin=False) as process:
            started.set_result(process.pid)
            await process.wait()

    task = asyncio.create_task(run())
    pid = await asyncio.wait_for(started, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
