from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from pathlib import Path

import pytest

from support.github import File, GitHub, PullRequest, Repository
from support.github.diffs import pull_diff


async def _git(*args: str, cwd: Path, token: str | None = None) -> tuple[int, str]:
    extra = []
    if token is not None:
        word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        extra = ["-c", f"http.extraHeader=Authorization: Basic {word}"]
    process = await asyncio.create_subprocess_exec(
        "git",
        *extra,
        *args,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.defpath, "HOME": str(cwd), "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, out.decode()


async def test_any_commit_is_fetched_by_its_id(github: GitHub, pull: PullRequest, tmp_path: Path) -> None:
    old = pull.head_sha
    pull.force_push({"shop.py": "print('rewritten')\n"})
    await _git("init", "-q", cwd=tmp_path)
    for sha in (old, pull.head_sha, pull.state.base_sha):
        code, out = await _git("fetch", "-q", "--depth=1", pull.repository.clone_url, sha, cwd=tmp_path)
        assert code == 0, out
        assert (await _git("rev-parse", "FETCH_HEAD", cwd=tmp_path))[1].strip() == sha


async def test_a_private_repository_wants_the_installations_token(github: GitHub, tmp_path: Path) -> None:
    vault = github.repository("acme", "vault", private=True)
    code, out = await _git("ls-remote", vault.clone_url, cwd=tmp_path)
    assert (code, "could not read Username" in out) == (128, True)
    other = github.installation_token("octo-org")
    assert (await _git("ls-remote", vault.clone_url, cwd=tmp_path, token=other))[0] == 128
    blind = github.installation_token("acme", permissions={"metadata": "read"})
    assert "403" in (await _git("ls-remote", vault.clone_url, cwd=tmp_path, token=blind))[1]
    token = github.installation_token("acme")
    code, out = await _git("clone", "-q", vault.clone_url, "copy", cwd=tmp_path, token=token)
    assert code == 0, out
    assert (tmp_path / "copy" / "README.md").read_text() == "# vault\n"
    assert (await _git("ls-remote", vault.clone_url, cwd=tmp_path, token="ghs_1_made.up.one"))[0] == 128


async def test_pull_refs_are_there_for_forks_too(github: GitHub, shop: Repository, tmp_path: Path) -> None:
    pull = shop.open_pull_request("feature/x", fork=True, user="stranger", files={"new.py": "x = 1\n"})
    assert pull.source.full_name == "stranger/shop"
    out = (await _git("ls-remote", shop.clone_url, cwd=tmp_path))[1]
    assert f"{pull.head_sha}\trefs/pull/1/head" in out
    assert f"{pull.state.merge_sha}\trefs/pull/1/merge" in out
    assert "refs/heads/feature/x" not in out
    pull.push({"new.py": "x = 2\n"})
    assert f"{pull.head_sha}\trefs/pull/1/head" in (await _git("ls-remote", shop.clone_url, cwd=tmp_path))[1]


async def test_a_conflict_has_no_merge_ref(shop: Repository, tmp_path: Path) -> None:
    pull = shop.open_pull_request(files={"shop.py": "one\n"})
    shop.commit({"shop.py": "another\n"})
    assert pull.state.merge_sha is None
    assert "refs/pull/1/merge" not in (await _git("ls-remote", shop.clone_url, cwd=tmp_path))[1]


async def test_a_shallow_partial_clone_works_and_a_push_does_not(
    github: GitHub, pull: PullRequest, tmp_path: Path
) -> None:
    url = pull.repository.clone_url
    code, out = await _git("clone", "-q", "--depth=1", "--filter=blob:none", url, "copy", cwd=tmp_path)
    assert code == 0, out
    token = github.installation_token("octo-org")
    code, out = await _git("push", url, "HEAD:refs/heads/mine", cwd=tmp_path / "copy", token=token)
    assert code != 0
    assert "403" in out


async def test_patches_modes_and_hostile_names_become_the_diff_git_makes(github: GitHub) -> None:
    nasty = 'a "quoted"\nname.py'
    shop = github.repository(
        "octo-org", "odd", files={"a.py": "x = 1\n", "old.py": "same\n" * 9, "run.sh": "#!/bin/sh\n", nasty: "1\n"}
    )
    patch = "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-x = 1\n+x = 2\n+y = 3\n"
    pull = shop.open_pull_request(patch=patch)
    pull.push(
        {
            nasty: "diff --git a/x b/x\n@@ -1 +1 @@\n",
            "old.py": None,
            "new.py": "same\n" * 9,
            "run.sh": File("a.py", "120000"),
            "logo.png": bytes(range(256)),
        }
    )
    files = {f.path: f for f in pull.state.diff().files}
    told = {name: (f.status, f.additions, f.deletions) for name, f in files.items()}
    assert told == {
        "a.py": ("modified", 2, 1),
        nasty: ("modified", 2, 1),
        "new.py": ("renamed", 0, 0),
        "run.sh": ("changed", 1, 1),
        "logo.png": ("added", 0, 0),
    }
    assert files["new.py"].previous_path == "old.py"
    assert files["logo.png"].patch is None
    assert files[nasty].hunk_of(2, "RIGHT") is not None
    assert files[nasty].hunk_of(3, "RIGHT") is None


async def test_a_repository_with_history_is_served_and_two_of_its_commits_become_a_pull_request(
    github: GitHub, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()

    def git(*args: str) -> str:
        words = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com", *args]
        return subprocess.run(words, cwd=source, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "trunk")
    shas = []
    for number in range(3):
        (source / "f.txt").write_text(f"{number}\n")
        git("add", "f.txt")
        git("commit", "-q", "-m", str(number))
        shas.append(git("rev-parse", "HEAD"))
    copied = github.repository("octo-org", "copied", source=source)
    pull = copied.open_pull_request("old", commits=(shas[0], shas[2]))
    assert (pull.head_sha, pull.state.base_sha) == (shas[2], shas[0])
    assert pull_diff(copied.state.store, shas[0], shas[2]).additions == 1


@pytest.mark.parametrize("path", ["octo-org/shop/info/refs", "octo-org/shop.git/info/refs"])
async def test_the_dot_git_may_be_left_out(github: GitHub, shop: Repository, tmp_path: Path, path: str) -> None:
    url = f"{github.address}/{path.removesuffix('/info/refs')}"
    assert (await _git("ls-remote", url, cwd=tmp_path))[0] == 0
