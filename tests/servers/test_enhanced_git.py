"""enhanced-git answers what git knows, in structure."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from .conftest import Connect, Repository

ODD_NAMES = ["with space.py", 'quo"te.py', "tab\there.py", "new\nline.py", "-dash.py", "é.py", "a b/c d.py", ":(top)x"]


def root_of(repository: Repository) -> str:
    return str(repository.path.parent)


async def test_a_change_between_two_commits_with_odd_names(connect: Connect, repository: Repository) -> None:
    base = repository.commit(dict.fromkeys(ODD_NAMES, "one\n"))
    head = repository.commit(dict.fromkeys(ODD_NAMES, "one\ntwo\n"))
    async with connect("enhanced_git", WORKSPACE_ROOTS=root_of(repository)) as session:
        answer = await session.answer("git_changed_files", repo_path="project", base=base, head=head)
        assert {file["path"] for file in answer["files"]} == set(ODD_NAMES)
        assert all(
            (file["additions"], file["deletions"], file["status"]) == (1, 0, "modified") for file in answer["files"]
        )
        assert answer["commits"] == 1
        assert answer["merge_base"] == base
        diff = await session.answer("git_diff", repo_path="project", source=base, target=head)
        assert (diff["files_changed"], diff["insertions"], diff["deletions"]) == (len(ODD_NAMES), len(ODD_NAMES), 0)
        assert diff["diff"].count("\n+two\n") == len(ODD_NAMES)
        assert diff["untrusted"] is True
        only = await session.answer(
            "git_diff", repo_path="project", source=base, target=head, paths=["with space.py", ":(top)x"]
        )
        assert {file["path"] for file in only["files"]} == {"with space.py", ":(top)x"}


async def test_renames_binaries_deletions_and_modes_are_told_apart(connect: Connect, repository: Repository) -> None:
    body = "".join(f"line {n}\n" for n in range(50))
    base = repository.commit({"old.py": body, "gone.py": "x\n", "blob.bin": b"\0\1"})
    (repository.path / "old.py").rename(repository.path / "new.py")
    (repository.path / "gone.py").unlink()
    head = repository.commit({"blob.bin": b"\0\2"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=root_of(repository)) as session:
        files = (await session.answer("git_changed_files", repo_path="project", base=base, head=head))["files"]
    by_path = {file["path"]: file for file in files}
    assert by_path["new.py"]["status"] == "renamed"
    assert by_path["new.py"]["old_path"] == "old.py"
    assert by_path["gone.py"]["status"] == "deleted"
    assert by_path["blob.bin"]["binary"] is True


async def test_generated_files_are_left_out_and_named(connect: Connect, repository: Repository) -> None:
    base = repository.commit({"a.py": "1\n", "web/yarn.lock": "1\n"})
    head = repository.commit({"a.py": "2\n", "web/yarn.lock": "2\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=root_of(repository)) as session:
        answer = await session.answer("git_diff", repo_path="project", source=base, target=head)
        assert [file["path"] for file in answer["files"]] == ["a.py"]
        assert answer["excluded_files"] == ["web/yarn.lock"]
        assert "yarn.lock" not in answer["diff"]
        every = await session.answer("git_diff", repo_path="project", source=base, target=head, exclude_generated=False)
        assert every["files_changed"] == 2
        cut = await session.answer("git_diff", repo_path="project", source=base, target=head, max_bytes=120)
        assert cut["truncated"] is True
        assert cut["diff"].endswith("\n")
        short = await session.answer("git_diff", repo_path="project", source=base, target=head, name_only=True)
        assert short["diff"] == ""


async def test_status_of_a_work_tree(connect: Connect, repository: Repository) -> None:
    repository.commit({"a": "1\n", "b": "1\n", "moved": "long enough\n" * 9})
    (repository.path / "a").write_text("2\n")
    repository.git("mv", "moved", "elsewhere")
    (repository.path / "new file").write_text("x")
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        answer = await session.answer("git_status")
    assert answer["branch"] == "main"
    assert answer["clean"] is False
    assert answer["unstaged"] == [{"path": "a", "status": "modified", "old_path": None}]
    assert answer["staged"] == [{"path": "elsewhere", "status": "renamed", "old_path": "moved"}]
    assert answer["untracked"] == ["new file"]


async def test_the_design_documents_bare_calls_are_valid(connect: Connect, repository: Repository) -> None:
    repository.commit({"a": "1\n"})
    (repository.path / "a").write_text("2\n")
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        assert (await session.answer("git_diff", repo_path=str(repository.path)))["insertions"] == 1
        assert (await session.answer("git_diff", staged=False))["files_changed"] == 1
        assert (await session.answer("git_diff", staged=True))["files_changed"] == 0


async def test_upstream_with_ahead_and_behind(connect: Connect, repository: Repository, tmp_path: Path) -> None:
    repository.commit({"a": "1\n"})
    clone = Repository(tmp_path / "root" / "clone")
    clone.git("remote", "add", "origin", str(repository.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("checkout", "--quiet", "-B", "main", "--track", "origin/main")
    clone.commit({"b": "1\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(clone.path)) as session:
        answer = await session.answer("git_status")
        assert (answer["upstream"], answer["ahead"], answer["behind"]) == ("origin/main", 1, 0)
        branches = await session.answer("git_branches", kind="all")
        assert {b["name"] for b in branches["branches"]} == {"main", "origin/main"}
        assert branches["current"] == "main"


async def test_log_pages_filters_and_ranges(connect: Connect, repository: Repository) -> None:
    commits = [repository.commit({"f": str(n)}, f"subject {n}\n\nbody \x01 of {n}") for n in range(5)]
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        first = await session.answer("git_log", max_count=2)
        assert [c["hash"] for c in first["commits"]] == commits[:2:-1]
        second = await session.answer("git_log", max_count=2, cursor=first["next_cursor"])
        assert [c["hash"] for c in second["commits"]] == commits[2:0:-1]
        ranged = await session.answer("git_log", revision=f"{commits[1]}..{commits[3]}")
        assert [c["subject"] for c in ranged["commits"]] == ["subject 3", "subject 2"]
        found = await session.answer("git_log", grep="of 4")
        assert [c["hash"] for c in found["commits"]] == [commits[4]]
        assert found["commits"][0]["author_email"] == "ann@example.org"
        assert (await session.answer("git_log", path="nowhere"))["commits"] == []
        assert (await session.answer("git_log", author="(Ann"))["commits"] == []


async def test_show_gives_commits_files_and_folders(connect: Connect, repository: Repository) -> None:
    commit = repository.commit({"dir/a b.txt": "content\n", "bin": b"\0x"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        shown = await session.answer("git_show", revision="HEAD")
        assert (shown["type"], shown["hash"]) == ("commit", commit)
        assert "+content" in shown["diff"]
        assert (await session.answer("git_show", revision="HEAD", path="dir/a b.txt"))["content"] == "content\n"
        assert (await session.answer("git_show", revision="HEAD", path="dir"))["content"] == "a b.txt"
        assert (await session.answer("git_show", revision="HEAD", path="bin"))["binary"] is True
        assert (await session.failure("git_show", revision="HEAD", path="none"))["code"] == "not_found"


async def test_blame_and_grep(connect: Connect, repository: Repository) -> None:
    first = repository.commit({"a b.py": "one\ntwo\n"})
    second = repository.commit({"a b.py": "one\n\tTWO\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        lines = (await session.answer("git_blame", file_path="a b.py"))["lines"]
        assert [(line["line"], line["hash"], line["content"]) for line in lines] == [
            (1, first, "one"),
            (2, second, "\tTWO"),
        ]
        assert lines[0]["timestamp"] == "2026-01-02T03:04:05+00:00"
        assert len((await session.answer("git_blame", file_path="a b.py", start_line=2, end_line=2))["lines"]) == 1
        for revision in ("", "HEAD"):
            found = await session.answer("git_grep", pattern="TW", revision=revision)
            assert found["matches"] == [{"path": "a b.py", "line": 2, "text": "\tTWO"}]
        assert (await session.answer("git_grep", pattern="^T?W", fixed=False))["matches"] == []
        assert (await session.answer("git_grep", pattern="zzz"))["matches"] == []


async def test_a_bare_mirror_and_a_linked_work_tree_are_read(
    connect: Connect, repository: Repository, tmp_path: Path
) -> None:
    base = repository.commit({"a": "1\n"})
    head = repository.commit({"a": "2\n"})
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "root" / "mirror.git"))
    repository.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "root" / "linked"), base)
    async with connect("enhanced_git", WORKSPACE_ROOTS=root_of(repository)) as session:
        answer = await session.answer("git_diff", repo_path="mirror.git", source=base, target=head)
        assert answer["insertions"] == 1
        assert (await session.failure("git_status", repo_path="mirror.git"))["code"] == "invalid_argument"
        assert (await session.failure("git_diff", repo_path="mirror.git"))["code"] == "invalid_argument"
        status = await session.answer("git_status", repo_path="linked")
        assert (status["head"], status["branch"], status["clean"]) == (base, None, True)


@pytest.mark.parametrize(
    "revision", ["-x", "--output=/tmp/x", "", "a b", "HEAD..HEAD", ":/change", "HEAD^{/x}", "nul\0", "refs/*"]
)
async def test_a_revision_that_is_no_plain_name_is_refused(
    revision: str, connect: Connect, repository: Repository
) -> None:
    repository.commit({"a": "1\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        assert (await session.failure("git_show", revision=revision))["code"] == "invalid_argument"
        error = await session.failure("git_changed_files", base=revision, head="HEAD")
        assert error["code"] == "invalid_argument"


async def test_a_revision_that_is_not_there_is_not_found(connect: Connect, repository: Repository) -> None:
    repository.commit({"a": "1\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        error = await session.failure("git_show", revision="no-such-branch")
        assert (error["code"], error["retryable"]) == ("not_found", False)
        assert (await session.failure("git_log", cursor="--output=x:1"))["code"] == "invalid_argument"
        assert (await session.failure("git_diff", paths=["../x"]))["code"] == "denied"
        assert (await session.failure("git_blame", file_path=".git/config"))["code"] == "denied"


async def test_git_blame_follows_a_file_whose_author_has_an_impossible_date(
    connect: Connect, repository: Repository
) -> None:
    (repository.path / "a").write_text("x\n")
    repository.git("add", "a")
    repository.git("commit", "--quiet", "-m", "x", environ={"GIT_AUTHOR_DATE": "@99999999999999 +0000"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        assert len((await session.answer("git_blame", file_path="a"))["lines"]) == 1
        assert len((await session.answer("git_log"))["commits"]) == 1


async def test_over_stdio(spawn: Connect, repository: Repository) -> None:
    commit = repository.commit({"a": "1\n"})
    async with spawn("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        assert (await session.answer("git_log"))["commits"][0]["hash"] == commit
        assert (await session.failure("git_show", revision="-x"))["code"] == "invalid_argument"


async def test_many_calls_at_once_answer_each_its_own(connect: Connect, tmp_path: Path) -> None:
    repositories = [Repository(tmp_path / "root" / f"r{n}") for n in range(4)]
    heads = [repository.commit({"f": f"{n}\n"}) for n, repository in enumerate(repositories)]
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(tmp_path / "root")) as session:
        answers = await asyncio.gather(
            *(session.answer("git_show", repo_path=f"r{n % 4}", revision="HEAD", path="f") for n in range(24))
        )
        assert [answer["content"] for answer in answers] == [f"{n % 4}\n" for n in range(24)]
        logs = await asyncio.gather(*(session.answer("git_log", repo_path=f"r{n}") for n in range(4)))
    assert [log["commits"][0]["hash"] for log in logs] == heads


async def test_no_view_is_left_behind(
    connect: Connect, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = repository.path.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    repository.commit({"a": "1\n"})
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        await session.answer("git_log")
        await session.failure("git_show", revision="none")
    assert [list(folder.iterdir()) for folder in scratch.iterdir()] == [[]]
