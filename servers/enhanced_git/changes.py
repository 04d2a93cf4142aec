"""The tools about changes: status, difference, changed files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from servers.enhanced_git import parse
from servers.enhanced_git.answers import ChangedFile, ChangedFilesAnswer, DiffAnswer, StatusAnswer
from servers.enhanced_git.program import diff_safety, paths_argument
from servers.enhanced_git.repositories import Paths, RepoPath, Repositories, repository_paths
from servers.enhanced_git.repository import View
from servers.guard.fault import Code, Fault, invalid

MAX_STATUS_ENTRIES = 5000
_RENAMES = ("-M", "-l1000")
"""Find renames, and stop looking beyond a thousand candidates: the search is quadratic."""


@dataclass(frozen=True, slots=True)
class _Span:
    """What a difference compares, as arguments of ``git diff``."""

    arguments: tuple[str, ...]


class ChangeTools:
    """Read-only tools over the work tree, the index and pairs of commits."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def git_status(self, repo_path: RepoPath = "") -> StatusAnswer:
        """Branch, upstream and changed paths of a work tree."""
        async with self._repositories.open(repo_path) as view:
            if view.bare:
                raise invalid("a bare repository has no status")
            output = await view.git.run(
                "status",
                "--porcelain=v2",
                "--branch",
                "-z",
                "--untracked-files=normal",
                "--ignore-submodules=dirty",
                "--find-renames",
            )
        return parse.status(output.data, MAX_STATUS_ENTRIES)

    async def git_diff(  # noqa: PLR0913 - the contract's arguments
        self,
        repo_path: RepoPath = "",
        target: Annotated[str, Field(description="Commit compared to; the index when empty.")] = "",
        source: Annotated[str, Field(description="Commit compared from: the change is source..target.")] = "",
        staged: Annotated[bool, Field(description="Compare the index with HEAD or with target.")] = False,  # noqa: FBT002 - the contract's
        paths: Paths = [],  # noqa: B006 - never changed; pydantic copies it
        context_lines: Annotated[int, Field(ge=0, le=100)] = 3,
        stat: Annotated[bool, Field(description="Counts only, no text.")] = False,  # noqa: FBT002 - the contract's
        name_only: Annotated[bool, Field(description="Files only, no text.")] = False,  # noqa: FBT002 - the contract's
        exclude_generated: Annotated[bool, Field(description="Leave out lock files and the like.")] = True,  # noqa: FBT002 - the contract's
        max_bytes: Annotated[int, Field(ge=0, description="Cap of the text; 0 takes the server's.")] = 0,
    ) -> DiffAnswer:
        """Difference of the work tree, the index or two commits, with per-file counts.

        Without arguments: the work tree against the index. With ``target`` alone: the work tree against it.
        """
        excluded = self._repositories.generated if exclude_generated else ()
        limit = min(max_bytes or self._repositories.max_diff_bytes, self._repositories.max_diff_bytes)
        wanted = repository_paths(paths)
        async with self._repositories.open(repo_path) as view:
            span = await _span(view, target, source, staged=staged)
            files, every = await asyncio.gather(
                _files(view, span, paths_argument(wanted, excluded)), _names(view, span, paths_argument(wanted))
            )
            diff, truncated = "", False
            if not (stat or name_only):
                output = await view.git.run(
                    "diff",
                    "-p",
                    f"-U{context_lines}",
                    "--full-index",
                    *_RENAMES,
                    *diff_safety(),
                    *span.arguments,
                    *paths_argument(wanted, excluded),
                    max_bytes=limit,
                )
                diff, truncated = output.text, output.truncated
        shown = {file.path for file in files} | {file.old_path for file in files}
        return DiffAnswer(
            diff=diff[: diff.rfind("\n") + 1] if truncated else diff,
            files=files,
            files_changed=len(files),
            insertions=sum(file.additions for file in files),
            deletions=sum(file.deletions for file in files),
            excluded_files=[name for name in every if name not in shown],
            truncated=truncated,
            warnings=["bytes that are not UTF-8 were replaced"] if "\ufffd" in diff else [],
        )

    async def git_changed_files(
        self,
        base: Annotated[str, Field(description="Commit the change is against.")],
        head: Annotated[str, Field(description="Last commit of the change.")],
        repo_path: RepoPath = "",
        merge_base: Annotated[bool, Field(description="Compare with the common ancestor.")] = True,  # noqa: FBT002 - the contract's
    ) -> ChangedFilesAnswer:
        """Files a branch changes against its base, and how many commits it adds."""
        async with self._repositories.open(repo_path) as view:
            base_id, head_id = await asyncio.gather(view.git.commit(base), view.git.commit(head))
            ancestor: str | None = None
            if merge_base:
                found = await view.git.run("merge-base", base_id, head_id, ok=(0, 1))
                ancestor = found.text.strip() or None
            start = ancestor or base_id
            files, count = await asyncio.gather(
                _files(view, _Span((start, head_id)), paths_argument([])),
                view.git.text("rev-list", "--count", f"{base_id}..{head_id}"),
            )
        return ChangedFilesAnswer(
            base=base_id, head=head_id, merge_base=ancestor, files=files, commits=int(count.strip())
        )


async def _span(view: View, target: str, source: str, *, staged: bool) -> _Span:
    if source and not target:
        target = "HEAD"
    if staged and source:
        raise invalid("staged compares the index with one commit: give no source")
    if view.bare and not source:
        raise invalid("a bare repository has no work tree: give source and target")
    commits = [await view.git.commit(name) for name in (source, target) if name]
    return _Span((*(["--cached"] if staged else []), *commits))


async def _files(view: View, span: _Span, specs: Sequence[str]) -> list[ChangedFile]:
    output = await view.git.run(
        "diff", "--raw", "--numstat", "-z", "--abbrev=40", *_RENAMES, *diff_safety(), *span.arguments, *specs
    )
    if output.truncated:
        raise Fault(Code.TOO_LARGE, "the change touches too many files to list")
    return parse.raw_and_numstat(output.data)


async def _names(view: View, span: _Span, specs: Sequence[str]) -> list[str]:
    output = await view.git.run("diff", "--name-only", "-z", *_RENAMES, *diff_safety(), *span.arguments, *specs)
    return parse.names(output.data)
