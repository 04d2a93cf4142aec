"""Builds real git repositories for tests: files in, commits out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.defpath + os.pathsep + str(Path(shutil.which("git") or "/usr/bin/git").parent),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}

Content = str | bytes | None
"""Text or bytes of a file; None removes it."""


@dataclass(frozen=True, slots=True)
class GitRepo:
    """A repository with a work tree."""

    root: Path

    @classmethod
    def create(cls, root: Path, *, object_format: str = "sha1") -> GitRepo:
        """A new repository on branch ``main``."""
        root.mkdir(parents=True, exist_ok=True)
        repo = cls(root)
        repo.git("init", "--quiet", "--initial-branch=main", f"--object-format={object_format}")
        return repo

    def git(self, *args: str | bytes, stdin: bytes | None = None) -> str:
        """Run git in the work tree."""
        done = subprocess.run(
            ["git", *args], cwd=self.root, env=_ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"git {args!r}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files into the work tree; names are as in the repository."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                path.unlink()
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, Content] | None = None, message: str = "change") -> str:
        """Write files, commit all there is, and give the id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    @property
    def head(self) -> str:
        """Id of the current commit."""
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch and go to it."""
        self.git("checkout", "--quiet", "-b", name, start)

    def switch(self, name: str) -> None:
        """Go to a branch."""
        self.git("checkout", "--quiet", name)

    def commit_tree(self, entries: Mapping[bytes, tuple[str, bytes]], parent: str | None = None) -> str:
        """Commit a tree that a file system could not hold.

        Args:
            entries: mode and content by name; a submodule's content is the id of its commit.
            parent: of the new commit.
        """
        lines = []
        for name, (mode, content) in entries.items():
            if mode == "160000":
                kind, sha = "commit", content.decode()
            else:
                kind, sha = "blob", self.git("hash-object", "-w", "--stdin", stdin=content)
            lines.append(f"{mode} {kind} {sha}\t".encode() + name + b"\0")
        tree = self.git("mktree", "-z", "--missing", stdin=b"".join(lines))
        parents = [] if parent is None else ["-p", parent]
        return self.git("commit-tree", tree, *parents, "-m", "tree")

    @property
    def url(self) -> str:
        """Address for a fetch from this machine."""
        return self.root.as_uri()
