"""Real bare git repositories behind the stand-in: commits without a work tree, pull refs, diffs, merges."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "GIT_TERMINAL_PROMPT": "0",
}
SERVING = {
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "http.receivepack": "false",
    "gc.auto": "0",
    "core.quotePath": "false",
}
"""GitHub serves any commit by its id, and partial clones."""

Files = Mapping[str, "str | bytes | File | None"]
"""Path to content; None deletes the path."""


class GitError(RuntimeError):
    """git said no."""


@dataclass(frozen=True, slots=True)
class File:
    """Content with a mode: ``100755`` for a program, ``120000`` for a symbolic link."""

    content: str | bytes
    mode: str = "100644"


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a commit names."""

    name: str
    email: str

    def line(self, when: int) -> bytes:
        """As ``fast-import`` wants it; ``when`` in seconds since the epoch."""
        return f"{self.name} <{self.email}> {when} +0000".encode()


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as the API tells of it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Author
    committer: Author
    authored_at: str
    committed_at: str
    message: str


@functools.cache
def git_program() -> str:
    """Where git is."""
    found = shutil.which("git")
    if found is None:
        raise GitError("git is not installed")
    return found


class Store:
    """One bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, branch: str = "main", source: Path | None = None) -> Store:
        """Make an empty repository, or a copy of a local one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            _run(["init", "--quiet", "--bare", f"--initial-branch={branch}", str(path)], cwd=path.parent)
        else:
            _run(["clone", "--quiet", "--bare", "--no-hardlinks", str(source), str(path)], cwd=path.parent)
        store = cls(path)
        with (path / "config").open("a", encoding="utf-8") as config:
            for key, value in SERVING.items():
                section, name = key.split(".")
                config.write(f"[{section}]\n\t{name} = {value}\n")
        return store

    def git(self, *args: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None) -> bytes:
        """Run git in the repository.

        Raises:
            GitError: with what git wrote to standard error.
        """
        return _run([f"--git-dir={self.path}", *args], cwd=self.path, stdin=stdin, environment=environment)

    def text(self, *args: str) -> str:
        """Output of git as text without the last line end."""
        return self.git(*args).decode("utf-8", "replace").rstrip("\n")

    def resolve(self, ref: str) -> str | None:
        """Commit id of a branch, tag or id; None when there is none."""
        if ref.startswith("-"):
            return None
        for candidate in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            try:
                return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", candidate + "^{commit}")
            except GitError:
                continue
        return None

    def commit(self, ref: str, files: Files, message: str, author: Author, *, when: int, parent: str | None) -> str:
        """Commit files onto ``parent`` and move ``ref`` (full name) there.

        Returns:
            The new commit's id.
        """
        text = message.encode()
        stream = [f"commit {ref}\nauthor ".encode(), author.line(when), b"\ncommitter ", author.line(when)]
        stream.append(b"\ndata %d\n%s\n" % (len(text), text))
        if parent:
            stream.append(b"from %s\n" % parent.encode())
        for path, value in files.items():
            stream.append(_change(path, value))
        self.git("fast-import", "--quiet", "--force", "--date-format=raw", stdin=b"".join(stream))
        return self.text("rev-parse", ref)

    def apply(self, ref: str, patch: str, message: str, author: Author, *, when: int, parent: str) -> str:
        """Commit a unified diff onto ``parent`` and move ``ref`` there."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self.git("read-tree", parent, environment=index)
            self.git("apply", "--cached", "--whitespace=nowarn", "-", stdin=patch.encode(), environment=index)
            tree = self.git("write-tree", environment=index).decode().strip()
        return self._commit_tree(ref, tree, (parent,), message, author, when)

    def _commit_tree(
        self, ref: str, tree: str, parents: tuple[str, ...], message: str, author: Author, when: int
    ) -> str:
        who = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", f"{when} +0000"))
        }
        parts = [word for parent in parents for word in ("-p", parent)]
        made = self.git("commit-tree", tree, *parts, stdin=message.encode(), environment=who).decode().strip()
        self.git("update-ref", ref, made)
        return made

    def merge(self, ref: str, base: str, head: str, *, author: Author, when: int) -> str | None:
        """Set ``ref`` to the test merge of two commits, as GitHub keeps ``refs/pull/N/merge``.

        Returns:
            The merge commit's id; None on a conflict (the ref is removed then).
        """
        try:
            if self.merge_base(base, head) == base:
                tree = self.text("rev-parse", f"{head}^{{tree}}")
            else:
                # Needs git 2.38; with an older one only branches that are up to date are mergeable.
                tree = self.text("merge-tree", "--write-tree", base, head).splitlines()[0]
        except GitError:
            self.git("update-ref", "-d", ref)
            return None
        return self._commit_tree(ref, tree, (base, head), f"Merge {head} into {base}", author, when)

    def merge_base(self, base: str, head: str) -> str | None:
        """Best common ancestor, or None for unrelated histories."""
        try:
            return self.text("merge-base", base, head)
        except GitError:
            return None

    def fetch(self, source: Store, refspec: str) -> None:
        """Take a ref from another repository of the stand-in."""
        self.git("fetch", "--quiet", "--no-tags", str(source.path), refspec)

    def blob(self, commit: str, path: str) -> tuple[str, bytes] | None:
        """Blob id and content of a file; None when there is no such file."""
        try:
            listing = self.git("ls-tree", "-z", "--full-tree", commit, "--", path).decode("utf-8", "surrogateescape")
        except GitError:
            return None
        entry = listing.split("\0")[0]
        if not entry or entry.split()[1] != "blob" or entry.partition("\t")[2] != path:
            return None
        sha = entry.split()[2]
        return sha, self.git("cat-file", "blob", sha)

    def folder(self, commit: str, path: str) -> list[tuple[str, str, str]]:
        """Entries of a folder: (type, id, path)."""
        where = [path.rstrip("/") + "/"] if path else []
        listing = self.git("ls-tree", "-z", "--full-tree", commit, "--", *where).decode("utf-8", "surrogateescape")
        return [
            (head.split()[1], head.split()[2], name)
            for head, _, name in (entry.partition("\t") for entry in listing.split("\0") if entry)
        ]

    def commits(self, base: str, head: str) -> list[Commit]:
        """Commits reachable from ``head`` and not from ``base``, oldest first."""
        return self._log("--reverse", f"{base}..{head}")

    def commit_info(self, sha: str) -> Commit:
        """One commit."""
        return self._log("--no-walk", sha)[0]

    def _log(self, *args: str) -> list[Commit]:
        form = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B%x00"
        out = self.git("log", "--topo-order", f"--format={form}", *args, "--").decode("utf-8", "replace")
        found = []
        for record in out.split("\0"):
            if record.strip():
                sha, tree, parents, an, ae, at, cn, ce, ct, body = record.lstrip("\n").split("\x1f", 9)
                author, committer = Author(an, ae), Author(cn, ce)
                found.append(Commit(sha, tree, tuple(parents.split()), author, committer, at, ct, body.rstrip("\n")))
        return found


def _change(path: str, value: str | bytes | File | None) -> bytes:
    name = path.encode("utf-8", "surrogateescape")
    quoted = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    if value is None:
        return b"D %s\n" % quoted
    file = value if isinstance(value, File) else File(value)
    data = file.content.encode("utf-8", "surrogateescape") if isinstance(file.content, str) else file.content
    return b"M %s inline %s\ndata %d\n%s\n" % (file.mode.encode(), quoted, len(data), data)


def _run(
    args: list[str],
    *,
    cwd: Path,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    done = subprocess.run(
        [git_program(), *args],
        cwd=cwd,
        input=stdin or b"",
        capture_output=True,
        env={**ENVIRONMENT, **(environment or {})},
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise GitError(f"git {args[1]}: {done.stderr.decode('utf-8', 'replace').strip()[-800:]}")
    return done.stdout
