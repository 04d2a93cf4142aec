"""What every git tool shares: roots, the git program, limits, and opening a repository by a caller's path."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from servers.enhanced_git import repository
from servers.enhanced_git.program import Git
from servers.guard.environ import Environ
from servers.guard.fault import invalid
from servers.guard.paths import Roots, relative_parts

RepoPath = Annotated[
    str, Field(description="Repository: absolute below a workspace root, or relative to the only root.")
]
Paths = Annotated[list[str], Field(description="Repository-relative paths, taken literally.", max_length=1000)]

GENERATED = (
    "**/package-lock.json",
    "**/npm-shrinkwrap.json",
    "**/yarn.lock",
    "**/pnpm-lock.yaml",
    "**/bun.lock",
    "**/poetry.lock",
    "**/uv.lock",
    "**/Pipfile.lock",
    "**/pdm.lock",
    "**/Cargo.lock",
    "**/Gemfile.lock",
    "**/composer.lock",
    "**/go.sum",
    "**/deno.lock",
    "**/*.min.js",
    "**/*.min.css",
    "**/*.map",
)
"""Files written by tools, left out of a difference's text unless asked for."""


@dataclass(frozen=True, slots=True)
class Repositories:
    """Opens repositories under the workspace roots."""

    roots: Roots
    git: Git
    max_diff_bytes: int
    generated: tuple[str, ...]

    @classmethod
    def from_environ(cls, environ: Environ) -> Repositories:
        """Settings of the server; its scratch folder goes with the process."""
        scratch = tempfile.mkdtemp(prefix="enhanced-git-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        return cls(
            roots=Roots(environ.roots()),
            git=Git.installed(scratch, environ.integer("GIT_TIMEOUT_SECONDS", 25, maximum=600)),
            max_diff_bytes=environ.integer("GIT_MAX_DIFF_BYTES", 2_097_152, maximum=4_194_304),
            generated=environ.listed("GIT_GENERATED_GLOBS", GENERATED),
        )

    @asynccontextmanager
    async def open(self, repo_path: str) -> AsyncIterator[repository.View]:
        """A safe view of the repository at a caller's path.

        Raises:
            Fault: it is refused or not there.
        """
        location = repository.find(self.roots, repo_path)
        async with repository.open_view(location, self.git) as view:
            yield view


def repository_path(path: str) -> str:
    """A path inside a repository's tree, checked.

    Raises:
        Fault: it is empty, absolute, climbs, or names ``.git``.
    """
    parts = relative_parts(path)
    if not parts:
        raise invalid("the path may not be empty")
    return "/".join(parts)


def repository_paths(paths: Sequence[str]) -> list[str]:
    """Several of them."""
    return [repository_path(path) for path in paths]
