"""Repositories on this machine, whatever they look like and whatever their configuration says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from review.diff import FileStatus
from review.errors import CheckoutError
from review.git import Git
from review.local import diff_workspace, find_repository, local_workspace, recent_commits
from support.git_repo import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.py": "x = 1\n", "b.py": "y = 1\n"}, "first")
    repo.branch("topic")
    repo.commit({"a.py": "x = 2\n", "dir/c.py": "z = 1\n"}, "second")
    return repo


async def test_the_branch_is_compared_with_where_it_left_the_default_branch(repo: GitRepo) -> None:
    async with local_workspace(repo.root / "dir") as workspace:
        assert dict(workspace.texts) == {"a.py": "x = 2\n", "dir/c.py": "z = 1\n"}
        assert (workspace.path / "dir" / "c.py").read_text() == "z = 1\n"
        path, repository = workspace.path, workspace.repository
    assert repository is not None
    assert not path.exists()
    assert not repository.exists()


async def test_base_and_head_may_be_named(repo: GitRepo) -> None:
    repo.commit({"d.py": "d = 1\n"})
    async with local_workspace(repo.root, "HEAD~2", "HEAD~1") as workspace:
        assert set(workspace.texts) == {"a.py", "dir/c.py"}


@pytest.mark.parametrize("name", ["nothing", "--output=/tmp/x", "-h", "a..b", ""])
async def test_a_name_that_is_no_commit_is_refused(repo: GitRepo, name: str) -> None:
    with pytest.raises(CheckoutError, match="no commit"):
        async with local_workspace(repo.root, name or " "):
            pass


async def test_staged_shows_the_index_not_the_work_tree(repo: GitRepo) -> None:
    repo.write({"a.py": "staged = 1\n"})
    repo.git("add", "a.py")
    repo.write({"a.py": "not staged\n", "b.py": "not staged\n"})
    before = (repo.root / ".git" / "index").read_bytes()
    async with local_workspace(repo.root, staged=True) as workspace:
        assert dict(workspace.texts) == {"a.py": "staged = 1\n"}
    assert (repo.root / ".git" / "index").read_bytes() == before


async def test_staged_works_before_the_first_commit(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "new")
    repo.write({"a.py": "x = 1\n"})
    repo.git("add", "a.py")
    async with local_workspace(repo.root, staged=True) as workspace:
        assert [f.status for f in workspace.diff.files] == [FileStatus.ADDED]


async def test_a_split_index_is_read(repo: GitRepo) -> None:
    repo.git("update-index", "--split-index")
    repo.write({"a.py": "staged = 1\n"})
    repo.git("add", "a.py")
    async with local_workspace(repo.root, staged=True) as workspace:
        assert dict(workspace.texts) == {"a.py": "staged = 1\n"}


async def test_conflicts_in_the_index_are_said(repo: GitRepo) -> None:
    repo.switch("main")
    repo.commit({"a.py": "x = 3\n"})
    with pytest.raises(AssertionError):
        repo.git("merge", "topic")
    with pytest.raises(CheckoutError, match="conflicts"):
        async with local_workspace(repo.root, staged=True):
            pass


async def test_all_files_count_as_added(repo: GitRepo) -> None:
    async with local_workspace(repo.root, all_files=True) as workspace:
        assert {f.path: f.status for f in workspace.diff.files} == dict.fromkeys(
            ["a.py", "b.py", "dir/c.py"], FileStatus.ADDED
        )


async def test_a_linked_work_tree_is_a_repository(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "linked")
    linked = GitRepo(tmp_path / "linked")
    linked.commit({"w.py": "w = 1\n"})
    linked.write({"s.py": "s = 1\n"})
    linked.git("add", "s.py")
    async with local_workspace(linked.root) as workspace:
        assert "w.py" in workspace.texts
    async with local_workspace(linked.root, staged=True) as workspace:
        assert dict(workspace.texts) == {"s.py": "s = 1\n"}


async def test_borrowed_objects_bare_and_sha256_repositories_work(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("clone", "--quiet", "--shared", str(repo.root), str(tmp_path / "shared"))
    shared = GitRepo(tmp_path / "shared")
    shared.commit({"s.py": "s = 1\n"})
    async with local_workspace(shared.root, "HEAD~2") as workspace:
        assert set(workspace.texts) == {"a.py", "dir/c.py", "s.py"}
    repo.git("clone", "--quiet", "--bare", str(repo.root), str(tmp_path / "bare.git"))
    async with local_workspace(tmp_path / "bare.git", "main") as workspace:
        assert set(workspace.texts) == {"a.py", "dir/c.py"}
    long = GitRepo.create(tmp_path / "sha256", object_format="sha256")
    long.commit({"a": "1\n"})
    long.commit({"a": "2\n"})
    async with local_workspace(long.root, "HEAD~1") as workspace:
        assert dict(workspace.texts) == {"a": "2\n"}


async def test_a_shallow_clone_says_what_to_do(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"e.py": "e = 1\n"})
    repo.git("clone", "--quiet", "--depth=2", repo.url, str(tmp_path / "shallow"))
    shallow = GitRepo(tmp_path / "shallow")
    async with local_workspace(shallow.root, "HEAD~1") as workspace:
        assert set(workspace.texts) == {"e.py"}
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "main")
    with pytest.raises(CheckoutError, match="fetch-depth"):
        async with local_workspace(shallow.root, "FETCH_HEAD"):
            pass


async def test_a_partial_clone_says_what_to_do(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"a.py": "x = 3\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "--quiet", "--filter=blob:none", repo.url, str(tmp_path / "partial"))
    with pytest.raises(CheckoutError, match="--filter"):
        async with local_workspace(tmp_path / "partial", "HEAD~1"):
            pass


async def test_a_repository_of_another_user_is_read(repo: GitRepo) -> None:
    # git's own switch for its own test of this; only root can give files away for real
    foreign = Git(git_dir=repo.root / ".git", environment={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert await foreign.text("rev-parse", "HEAD") == repo.head
    if os.geteuid() == 0:
        for path in (repo.root, *repo.root.rglob("*")):
            os.chown(path, 65534, 65534)
    async with local_workspace(repo.root) as workspace:
        assert len(workspace.texts) == 2


async def test_nothing_of_a_hostile_configuration_runs(repo: GitRepo, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    sprung = tmp_path / "sprung"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {sprung}\ncat\n')
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
        "core.alternateRefsCommand", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "gpg.program", "credential.helper",
        "alias.log", "alias.diff-tree", "uploadpack.packObjectsHook", "sequence.editor", "pager.log", "pager.rev-parse",
    ):  # fmt: skip
        repo.git("config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    repo.git("config", "diff.evil.binary", "true")
    repo.git("config", "core.hooksPath", str(tmp_path))
    repo.git("config", "include.path", str(tmp_path / "more"))
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        shutil_hook = repo.root / ".git" / "hooks" / hook
        shutil_hook.parent.mkdir(exist_ok=True)
        shutil_hook.write_text(trap.read_text())
        shutil_hook.chmod(0o755)
    (repo.root / ".git" / "info").mkdir(exist_ok=True)
    (repo.root / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil merge=evil\n")
    repo.write({".gitattributes": "* diff=evil filter=evil merge=evil -diff\n"})
    sprung.unlink(missing_ok=True)
    async with local_workspace(repo.root) as workspace:
        assert dict(workspace.texts) == {"a.py": "x = 2\n", "dir/c.py": "z = 1\n"}
        assert workspace.diff.additions == 2
    async with local_workspace(repo.root, staged=True):
        pass
    assert [c.subject for c in await recent_commits(repo.root)] == ["second", "first"]
    assert not sprung.exists()


async def test_recent_commits_are_offered(repo: GitRepo, tmp_path: Path) -> None:
    commits = await recent_commits(repo.root, 1)
    assert [(c.sha, c.subject) for c in commits] == [(repo.head, "second")]
    assert await recent_commits(GitRepo.create(tmp_path / "empty").root) == []


async def test_a_file_of_the_work_tree_may_be_named(repo: GitRepo) -> None:
    assert (await find_repository(repo.root / "a.py")).root == repo.root
    async with local_workspace(repo.root / "a.py", all_files=True) as workspace:
        assert workspace.top == repo.root
        assert workspace.whole


async def test_nothing_staged_is_said(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    with pytest.raises(CheckoutError, match="Nothing is staged"):
        async with local_workspace(repo.root, staged=True):
            pass


async def test_staged_against_nothing_shows_the_whole_index(repo: GitRepo) -> None:
    async with local_workspace(repo.root, staged=True, all_files=True) as workspace:
        assert set(workspace.texts) == {"a.py", "b.py", "dir/c.py"}


async def test_workspaces_are_made_where_they_are_wanted(repo: GitRepo, tmp_path: Path) -> None:
    async with local_workspace(repo.root, scratch=tmp_path / "scratch") as workspace:
        assert workspace.path.is_relative_to(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_a_path_without_a_repository_is_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing" / "there"):
        with pytest.raises(CheckoutError, match=str(tmp_path)):
            await find_repository(path)


async def test_a_repository_without_a_usual_branch_asks_for_the_base(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "r")
    repo.commit({"a": "1\n"})
    repo.git("branch", "-m", "main", "odd")
    with pytest.raises(CheckoutError, match="--base"):
        async with local_workspace(repo.root):
            pass


async def test_a_diff_alone_gives_the_files_it_adds(repo: GitRepo) -> None:
    data = repo.git("diff", "main").encode() + b"\n"
    async with diff_workspace(data) as workspace:
        assert dict(workspace.texts) == {"dir/c.py": "z = 1\n"}
        assert workspace.problems == {"a.py": "only the lines in the diff are at hand"}
        assert workspace.repository is None


async def test_files_beside_a_diff_are_taken_when_they_agree(repo: GitRepo, tmp_path: Path) -> None:
    data = repo.git("diff", "main").encode() + b"\n"
    async with diff_workspace(data, repo.root) as workspace:
        assert dict(workspace.texts) == {"a.py": "x = 2\n", "dir/c.py": "z = 1\n"}
    repo.write({"a.py": "x = 9\n"})
    async with diff_workspace(data, repo.root) as workspace:
        assert "a.py" in workspace.problems
    repo.write({"a.py": b"\0"})
    async with diff_workspace(data, repo.root) as workspace:
        assert "a.py" in workspace.problems
    (repo.root / "a.py").unlink()
    (tmp_path / "outside").write_text("x = 2\n")
    (repo.root / "a.py").symlink_to(tmp_path / "outside")
    async with diff_workspace(data, repo.root) as workspace:
        assert "a.py" in workspace.problems
