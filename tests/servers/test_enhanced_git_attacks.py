"""A repository whose configuration, attributes and hooks name programs: nothing of them runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Connect, Repository

CALLS: list[tuple[str, dict[str, object]]] = [
    ("git_status", {}),
    ("git_diff", {}),
    ("git_diff", {"staged": True}),
    ("git_diff", {"target": "HEAD"}),
    ("git_diff", {"source": "HEAD~1", "target": "HEAD"}),
    ("git_changed_files", {"base": "HEAD~1", "head": "HEAD"}),
    ("git_log", {}),
    ("git_log", {"path": "a.txt"}),
    ("git_show", {"revision": "HEAD"}),
    ("git_show", {"revision": "HEAD", "stat": True}),
    ("git_show", {"revision": "HEAD", "path": "a.txt"}),
    ("git_blame", {"file_path": "a.txt"}),
    ("git_branches", {"kind": "all"}),
    ("git_grep", {"pattern": "two"}),
    ("git_grep", {"pattern": "two", "revision": "HEAD"}),
]


class Trap:
    """A program that leaves a file named after what started it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def named(self, name: str) -> str:
        program = self.folder / f"trap-{name}"
        program.write_text(f"#!/bin/sh\ntouch '{self.folder}/ran-{name}'\ncat 2>/dev/null\nexit 0\n")
        program.chmod(0o755)
        return str(program)

    def ran(self) -> list[str]:
        return sorted(file.name for file in self.folder.glob("ran-*"))


@pytest.fixture
def hostile(repository: Repository, tmp_path: Path) -> tuple[Repository, Trap]:
    trap = Trap(tmp_path / "trap")
    attributes = "*.txt diff=evil filter=evil merge=evil\n*.bin diff=evil\n"
    repository.commit({"a.txt": "one\n", ".gitattributes": attributes})
    repository.commit({"a.txt": "one\ntwo\n"})
    settings = {
        "core.fsmonitor": trap.named("fsmonitor"),
        "core.hooksPath": str(trap.folder / "hooks"),
        "core.pager": trap.named("pager"),
        "core.editor": trap.named("editor"),
        "core.sshCommand": trap.named("ssh"),
        "core.askPass": trap.named("askpass"),
        "core.alternateRefsCommand": trap.named("alternate-refs"),
        "diff.external": trap.named("external"),
        "diff.evil.command": trap.named("driver"),
        "diff.evil.textconv": trap.named("textconv"),
        "diff.evil.cachetextconv": "false",
        "filter.evil.clean": trap.named("clean"),
        "filter.evil.smudge": trap.named("smudge"),
        "filter.evil.required": "true",
        "merge.evil.driver": trap.named("merge"),
        "gpg.program": trap.named("gpg"),
        "log.showSignature": "true",
        "alias.status": f"!{trap.named('alias')}",
        "alias.log": f"!{trap.named('alias')}",
        "pager.log": trap.named("pager"),
        "pager.diff": trap.named("pager"),
        "credential.helper": f"!{trap.named('credential')}",
        "remote.origin.url": f"ext::{trap.named('remote')}",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": trap.named("uploadpack"),
        "extensions.partialClone": "origin",
        "core.repositoryformatversion": "1",
        "interactive.diffFilter": trap.named("filter"),
        "trailer.x.command": trap.named("trailer"),
    }
    for key, value in settings.items():
        repository.git("config", key, value)
    hooks = trap.folder / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "post-checkout", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap.named(f"hook-{hook}"), hooks / hook)
        shutil.copy(trap.named(f"hook-{hook}"), repository.path / ".git" / "hooks" / hook)
    (repository.path / ".git" / "info" / "attributes").write_text(attributes)
    # Changed so that git must read the file, and a signed commit so that a signature would be checked.
    (repository.path / "a.txt").write_text("one\ntwo\nthree\n")
    return repository, trap


def plain_git(repository: Repository, *arguments: str) -> None:
    subprocess.run(
        ["git", *arguments],
        cwd=repository.path,
        env={"PATH": os.defpath, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        check=False,
        timeout=30,
    )


def test_plain_git_does_run_them(hostile: tuple[Repository, Trap]) -> None:
    repository, trap = hostile
    plain_git(repository, "status")
    plain_git(repository, "diff")
    plain_git(repository, "diff", "--no-ext-diff", "HEAD~1", "HEAD")
    assert {"ran-fsmonitor", "ran-clean", "ran-textconv"} <= set(trap.ran())


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda value: str(value)[:60])
async def test_no_program_of_the_repository_runs(
    tool: str, arguments: dict[str, object], hostile: tuple[Repository, Trap], connect: Connect
) -> None:
    repository, trap = hostile
    for leftover in trap.folder.glob("ran-*"):
        leftover.unlink()
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        answer = await session.answer(tool, **arguments)
    assert trap.ran() == []
    if tool == "git_status":
        assert [entry["path"] for entry in answer["unstaged"]] == ["a.txt"]
    if tool == "git_diff" and arguments.get("source"):
        assert "+two" in answer["diff"]


async def test_a_submodule_with_a_hostile_configuration_is_not_entered(
    repository: Repository, tmp_path: Path, connect: Connect
) -> None:
    trap = Trap(tmp_path / "trap")
    inner = Repository(tmp_path / "inner")
    inner.commit({"x": "1\n"})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    repository.commit({}, "add a submodule")
    config = repository.path / ".git" / "modules" / "sub" / "config"
    config.write_text(config.read_text() + f"[core]\n\tfsmonitor = {trap.named('fsmonitor')}\n")
    (repository.path / "sub" / "x").write_text("2\n")
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        for tool, arguments in CALLS[:4]:
            await session.answer(tool, **arguments)
    assert trap.ran() == []
    plain_git(repository, "status")
    assert trap.ran() == ["ran-fsmonitor"]


async def test_a_bare_repository_hidden_in_a_work_tree_is_not_opened(
    repository: Repository, tmp_path: Path, connect: Connect
) -> None:
    trap = Trap(tmp_path / "trap")
    repository.commit({"a": "1\n"})
    repository.git("clone", "--quiet", "--bare", ".", "docs/hidden")
    config = repository.path / "docs" / "hidden" / "config"
    config.write_text(config.read_text() + f"[core]\n\tfsmonitor = {trap.named('fsmonitor')}\n")
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path.parent)) as session:
        assert (await session.failure("git_log", repo_path="project/docs/hidden"))["code"] == "denied"
        assert (await session.failure("git_log", repo_path="project/.git"))["code"] == "denied"
    assert trap.ran() == []


async def test_a_git_file_that_points_outside_the_roots_is_refused(
    repository: Repository, tmp_path: Path, connect: Connect
) -> None:
    repository.commit({"a": "1\n"})
    lure = tmp_path / "served" / "lure"
    lure.mkdir(parents=True)
    (lure / ".git").write_text(f"gitdir: {repository.path}/.git\n")
    (tmp_path / "served" / "link").symlink_to(repository.path)
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(tmp_path / "served")) as session:
        assert (await session.failure("git_log", repo_path="lure"))["code"] == "denied"
        assert (await session.failure("git_log", repo_path="link"))["code"] == "denied"


async def test_replace_references_do_not_change_what_is_shown(repository: Repository, connect: Connect) -> None:
    first = repository.commit({"a": "honest\n"})
    second = repository.commit({"a": "swapped\n"})
    repository.git("replace", second, first)
    async with connect("enhanced_git", WORKSPACE_ROOTS=str(repository.path)) as session:
        assert (await session.answer("git_show", revision=second, path="a"))["content"] == "swapped\n"
