"""The tools about history: log, show, blame, branches, grep."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from servers.enhanced_git import parse
from servers.enhanced_git.answers import (
    BlameAnswer,
    Branch,
    BranchesAnswer,
    GrepAnswer,
    LogAnswer,
    ShowAnswer,
)
from servers.enhanced_git.program import check_revision, diff_safety, paths_argument
from servers.enhanced_git.repositories import Paths, RepoPath, Repositories, repository_path, repository_paths
from servers.enhanced_git.repository import View
from servers.guard.fault import invalid, not_found
from servers.guard.paths import check_text

MAX_BLAME_LINES = 5000
MAX_CONTENT_BYTES = 1_048_576
MAX_GREP_BYTES = 8_388_608
_CURSOR = re.compile(r"([0-9a-f]{40,64}):([0-9]{1,7})")

Revision = Annotated[str, Field(description="Branch, tag, commit id or an expression such as HEAD~2.")]


class HistoryTools:
    """Read-only tools over commits and their trees."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def git_log(  # noqa: PLR0913 - the contract's arguments
        self,
        repo_path: RepoPath = "",
        revision: Annotated[str, Field(description="Commit or range A..B or A...B; HEAD when empty.")] = "",
        max_count: Annotated[int, Field(ge=1, le=500)] = 20,
        since: Annotated[str, Field(description="Date; commits after it.")] = "",
        until: Annotated[str, Field(description="Date; commits before it.")] = "",
        author: Annotated[str, Field(description="Text in the author's name or address.")] = "",
        grep: Annotated[str, Field(description="Text in the message.")] = "",
        path: Annotated[str, Field(description="Commits that touch this path.")] = "",
        cursor: Annotated[str, Field(description="next_cursor of the page before.")] = "",
    ) -> LogAnswer:
        """Commits, newest first, a page at a time."""
        filters = {"since": since, "until": until, "author": author, "grep": grep}
        options = [f"--{name}={check_text(value, what=name)}" for name, value in filters.items() if value]
        specs = paths_argument([repository_path(path)]) if path else ["--"]
        async with self._repositories.open(repo_path) as view:
            start, skip = await _page(view, revision, cursor)
            output = await view.git.run(
                "log",
                "-z",
                f"--format={parse.COMMIT_FORMAT}",
                f"--max-count={max_count + 1}",
                f"--skip={skip}",
                "--fixed-strings",
                "--regexp-ignore-case",
                "--no-show-signature",
                "--no-color",
                "--decorate=short",
                *options,
                *start,
                *specs,
            )
        commits = parse.commits(output.data)
        more = len(commits) > max_count and len(start) == 1
        return LogAnswer(commits=commits[:max_count], next_cursor=f"{start[0]}:{skip + max_count}" if more else None)

    async def git_show(
        self,
        revision: Revision,
        repo_path: RepoPath = "",
        path: Annotated[str, Field(description="File or folder at that revision.")] = "",
        stat: Annotated[bool, Field(description="A summary instead of the difference.")] = False,  # noqa: FBT002 - the contract's
    ) -> ShowAnswer:
        """A commit with its difference to its first parent, or a file or folder as it was."""
        async with self._repositories.open(repo_path) as view:
            if path:
                commit = await view.git.commit(revision)
                inner = repository_path(path)
                return await _content(view, await view.git.object_id(f"{commit}:{inner}", path))
            found = await view.git.object_id(check_revision(revision), revision)
            kind = (await view.git.text("cat-file", "-t", found)).strip()
            return await (_commit(view, found, stat=stat) if kind == "commit" else _content(view, found))

    async def git_blame(
        self,
        file_path: Annotated[str, Field(description="Repository-relative path.")],
        repo_path: RepoPath = "",
        start_line: Annotated[int, Field(ge=1)] = 1,
        end_line: Annotated[int, Field(ge=0, description="Inclusive; 0 means the end.")] = 0,
        revision: Annotated[str, Field(description="HEAD when empty.")] = "",
        ignore_whitespace: bool = False,  # noqa: FBT001, FBT002 - the contract's
    ) -> BlameAnswer:
        """Who last changed each line of a file, as committed."""
        if end_line and end_line < start_line:
            raise invalid("end_line is before start_line")
        path = repository_path(file_path)
        last = min(end_line or start_line + MAX_BLAME_LINES, start_line + MAX_BLAME_LINES)
        async with self._repositories.open(repo_path) as view:
            commit = await view.git.commit(revision or "HEAD")
            blob = await view.git.object_id(f"{commit}:{path}", path)
            if (await view.git.text("cat-file", "-t", blob)).strip() != "blob":
                raise not_found("that path is no file")
            flags = ["-w"] if ignore_whitespace else []
            output = await view.git.run(
                "blame", "--porcelain", "--no-textconv", *flags, f"-L{start_line},{last}", commit, "--", path
            )
        lines = parse.blame(output.data)
        cut = len(lines) > MAX_BLAME_LINES or output.truncated
        return BlameAnswer(lines=lines[:MAX_BLAME_LINES], truncated=cut)

    async def git_branches(
        self,
        repo_path: RepoPath = "",
        kind: Literal["local", "remote", "all"] = "local",
        contains: Annotated[str, Field(description="Only branches that hold this commit.")] = "",
    ) -> BranchesAnswer:
        """Branches with their tips."""
        places = {"local": ["refs/heads"], "remote": ["refs/remotes"], "all": ["refs/heads", "refs/remotes"]}
        async with self._repositories.open(repo_path) as view:
            only = [f"--contains={await view.git.commit(contains)}"] if contains else []
            form = "--format=%(refname)%00%(objectname)%00%(upstream:short)%00%(HEAD)"
            listing = await view.git.run("for-each-ref", form, *only, *places[kind])
            head = await view.git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
        rows = (line.split("\0") for line in listing.text.splitlines())
        branches = [
            Branch(name=_short(row[0]), hash=row[1], upstream=row[2] or None)
            for row in rows
            if not row[0].endswith("/HEAD")
        ]
        current = head.text.strip()
        return BranchesAnswer(current=_short(current) if current else None, branches=branches)

    async def git_grep(
        self,
        pattern: Annotated[str, Field(min_length=1, max_length=1000)],
        repo_path: RepoPath = "",
        revision: Annotated[str, Field(description="Commit to search; the work tree when empty.")] = "",
        paths: Paths = [],  # noqa: B006 - never changed; pydantic copies it
        fixed: Annotated[bool, Field(description="Plain text; otherwise an extended expression.")] = True,  # noqa: FBT002 - the contract's
        max_matches: Annotated[int, Field(ge=1, le=2000)] = 200,
    ) -> GrepAnswer:
        """Lines of tracked files that hold a text."""
        check_text(pattern.replace("\t", " "), what="pattern")
        wanted = repository_paths(paths)
        async with self._repositories.open(repo_path) as view:
            if view.bare and not revision:
                raise invalid("a bare repository has no work tree: give a revision")
            commit = [await view.git.commit(revision)] if revision else []
            output = await view.git.run(
                "grep",
                "-z",
                "-n",
                "-I",
                "--full-name",
                "--no-color",
                "--no-textconv",
                "--no-recurse-submodules",
                "--threads=1",
                "-F" if fixed else "-E",
                "-e",
                pattern,
                *commit,
                *paths_argument(wanted),
                max_bytes=MAX_GREP_BYTES,
                ok=(0, 1),
            )
        matches = parse.grep(output.data, commit[0] if commit else "", max_matches + 1)
        cut = len(matches) > max_matches or output.truncated
        return GrepAnswer(matches=matches[:max_matches], truncated=cut)


def _short(reference: str) -> str:
    return reference.removeprefix("refs/heads/").removeprefix("refs/remotes/")


async def _page(view: View, revision: str, cursor: str) -> tuple[list[str], int]:
    """Where a log starts, as object ids only, and how many commits it passes over."""
    if cursor:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise invalid("cursor is not one of ours")
        return [await view.git.commit(match[1])], int(match[2])
    dots = "..." if "..." in revision else ".."
    if dots not in revision:
        return [await view.git.commit(revision or "HEAD")], 0
    first, _, last = revision.partition(dots)
    left, right = await view.git.commit(first or "HEAD"), await view.git.commit(last or "HEAD")
    if dots == "..":
        return [right, f"^{left}"], 0
    bases = await view.git.text("merge-base", "--all", left, right)
    return [left, right, *(f"^{base}" for base in bases.split())], 0


async def _commit(view: View, commit: str, *, stat: bool) -> ShowAnswer:
    head = await view.git.run(
        "log", "-z", "-1", f"--format={parse.COMMIT_FORMAT}", "--no-show-signature", "--no-color", commit, "--"
    )
    output = await view.git.run(
        "show",
        "--format=",
        "--no-show-signature",
        "--diff-merges=first-parent",
        "--stat" if stat else "-p",
        "-M",
        *diff_safety(),
        commit,
        "--",
        max_bytes=MAX_CONTENT_BYTES,
    )
    return ShowAnswer(
        type="commit",
        hash=commit,
        commit=parse.commits(head.data)[0],
        diff=output.text,
        truncated=output.truncated,
    )


async def _content(view: View, found: str) -> ShowAnswer:
    kind = (await view.git.text("cat-file", "-t", found)).strip()
    if kind == "tree":
        listing = await view.git.run("ls-tree", "-z", "--name-only", found, max_bytes=MAX_CONTENT_BYTES)
        names = "\n".join(parse.names(listing.data))
        return ShowAnswer(type="tree", hash=found, content=names, truncated=listing.truncated)
    if kind not in {"blob", "tag"}:
        raise not_found("a submodule has no content here")
    size = int((await view.git.text("cat-file", "-s", found)).strip())
    output = await view.git.run("cat-file", kind, found, max_bytes=MAX_CONTENT_BYTES)
    binary = b"\0" in output.data[:8000]
    return ShowAnswer(
        type="blob" if kind == "blob" else "tag",
        hash=found,
        content=None if binary else output.text,
        size=size,
        binary=binary,
        truncated=output.truncated,
    )
