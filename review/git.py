"""Where repositories come from: bare mirrors kept on disk, fetched by commit, and a workspace out of each review."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from time import monotonic, time
from urllib.parse import urlsplit

from pydantic import SecretStr

from review.blobs import read_blobs
from review.change import CheckoutLimits
from review.config import CONFIG_PATH, ReviewConfig, validate_config
from review.errors import CheckoutError, ConfigError
from review.fetch import fetch_commits
from review.git_process import Git, GitError
from review.locks import FileLock, LockBusyError
from review.workspace import Range, Workspace, build_workspace

__all__ = [
    "CheckoutLimits",
    "Git",
    "GitError",
    "MirrorCache",
    "RepositorySource",
    "Workspace",
    "read_config",
]

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_CONFIG_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class RepositorySource:
    """Which change of which repository.

    Attributes:
        clone_url: ``https`` address without a user or password in it.
        base_sha: full id of the commit the change is to be merged into.
        head_sha: full id of the newest commit of the change.
        authorization: value of an ``Authorization`` header for the host of ``clone_url``.
        number: of the pull request, for hosts that give a commit by ``refs/pull/N/head`` only.
    """

    clone_url: str
    base_sha: str
    head_sha: str
    authorization: SecretStr | None = None
    number: int | None = None

    @property
    def origin(self) -> str:
        """Scheme and host of the address, the only place the header is sent to."""
        parts = urlsplit(self.clone_url)
        return f"{parts.scheme}://{parts.netloc}"

    def check(self, protocols: tuple[str, ...]) -> None:
        """Refuse what git could read as something else than an address and two commits.

        Raises:
            CheckoutError: with the reason.
        """
        parts = urlsplit(self.clone_url)
        if parts.scheme not in protocols:
            allowed = ", ".join(protocols)
            raise CheckoutError(f"The clone address must start with one of: {allowed}.")
        if "@" in parts.netloc or _UNPRINTABLE.search(self.clone_url) or parts.query or parts.fragment:
            raise CheckoutError("The clone address must have no user, password, query or blank in it.")
        if parts.scheme != "file" and not parts.hostname:
            raise CheckoutError("The clone address names no host.")
        if not all(map(_SHA.fullmatch, (self.base_sha, self.head_sha))):
            raise CheckoutError("Base and head must be full commit ids in lower case.")


@dataclass(frozen=True, slots=True)
class MirrorCache:
    """Bare mirrors of repositories in one folder, shared by any number of processes.

    ``mirrors/`` holds one folder a repository with the git directory and two locks: *use* (shared by readers,
    taken alone to remove the mirror) and *fetch*. ``workspaces/`` holds what is reviewed right now; a folder whose
    lock nobody holds was left by a killed process and is removed.

    Args:
        root: absolute; made when missing.
        limits: sizes and times.
        protocols: ``file`` only for tests and mirrors on the same machine.
        environment: further variables for git, such as ``HTTPS_PROXY``.
    """

    root: Path
    limits: CheckoutLimits = field(default_factory=CheckoutLimits)
    protocols: tuple[str, ...] = ("https", "http")
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def mirrors(self) -> Path:
        """Folder of the git directories."""
        return self.root / "mirrors"

    @property
    def workspaces(self) -> Path:
        """Folder of the workspaces: the root to name to servers that read them."""
        return self.root / "workspaces"

    def mirror_of(self, clone_url: str) -> Path:
        """Folder of one repository: a readable part for people, a digest to tell all apart."""
        parts = urlsplit(clone_url.removesuffix("/").removesuffix(".git"))
        readable = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname or ''}{parts.path}".lower()).strip("-")[-60:]
        digest = sha256(f"{parts.scheme}://{parts.netloc}{parts.path}".encode()).hexdigest()[:16]
        return self.mirrors / f"{readable}-{digest}"

    @asynccontextmanager
    async def checkout(self, source: RepositorySource) -> AsyncIterator[Workspace]:
        """Give the change as a workspace; its folder is gone afterwards.

        Only commits that are missing are fetched. A mirror that turns out to be broken is made anew, once.

        Raises:
            CheckoutError: the repository or a commit could not be had; ``transient`` says whether to try again.
        """
        source.check(self.protocols)
        started = monotonic()
        async with workspace_folder(self.workspaces) as folder:
            mirror = self.mirror_of(source.clone_url)
            mirror.mkdir(parents=True, exist_ok=True, mode=0o700)
            async with FileLock(mirror / "use.lock", shared=True).held(self.limits.lock_timeout_s):
                workspace = await self._workspace(source, mirror, folder)
                spent = round((monotonic() - started) * 1000)
                fetch_ms = spent - sum(workspace.timings_ms.values())
                timings = {"fetch": max(fetch_ms, 0), **workspace.timings_ms}
                yield replace(workspace, timings_ms=timings)
        await self._evict(keep=mirror)

    def git(self, mirror: Path, source: RepositorySource) -> Git:
        """The git program on a mirror, with the header for the source's host."""
        secret = source.authorization
        config = {
            "remote.origin.url": source.clone_url,
            "pack.windowMemory": "100m",
        }
        if secret is not None:
            config[f"http.{source.origin}/.extraHeader"] = f"Authorization: {secret.get_secret_value()}"
        return Git(
            git_dir=mirror / "repository.git",
            protocols=self.protocols,
            config=config,
            environment=self.environment,
            timeout_s=self.limits.command_timeout_s,
            max_output_bytes=max(self.limits.diff_bytes, 64_000_000),
            secret=secret,
        )

    async def _workspace(self, source: RepositorySource, mirror: Path, folder: Path) -> Workspace:
        git = self.git(mirror, source)
        plain = replace(git, config={}, secret=None, protocols=())
        try:
            await self._fetch(git, source, mirror)
            commits = await Range.of(plain, source.base_sha, source.head_sha)
            return await build_workspace(plain, commits, folder, self.limits)
        except GitError as error:
            if error.transient or error.code is None:
                raise
        # Not the network and not a time limit: the mirror itself is suspect. Once, from nothing.
        async with FileLock(mirror / "fetch.lock").held(self.limits.lock_timeout_s):
            await asyncio.to_thread(_discard, mirror)
        _empty(folder)
        await self._fetch(git, source, mirror)
        commits = await Range.of(plain, source.base_sha, source.head_sha)
        return await build_workspace(plain, commits, folder, self.limits)

    async def _fetch(self, git: Git, source: RepositorySource, mirror: Path) -> None:
        async with FileLock(mirror / "fetch.lock").held(self.limits.lock_timeout_s):
            wanted = {"base": source.base_sha, "head": source.head_sha}
            await fetch_commits(git, wanted, number=source.number, limits=self.limits)

    async def _evict(self, *, keep: Path) -> None:
        """Remove the mirrors used longest ago until the rest fits; those in use are passed over."""
        by_age = await asyncio.to_thread(lambda: sorted(_mirror_sizes(self.mirrors)))
        total = sum(size for _, _, size in by_age)
        for _, mirror, size in by_age:
            if total <= self.limits.cache_bytes:
                return
            if mirror == keep:
                continue
            with suppress(LockBusyError):
                async with FileLock(mirror / "use.lock").held(0):
                    await asyncio.to_thread(_discard, mirror)
                total -= size


@asynccontextmanager
async def workspace_folder(root: Path) -> AsyncIterator[Path]:
    """A fresh empty folder that is removed on leaving, also by the next caller when this process is killed."""
    outer = await asyncio.to_thread(_fresh_folder, root)
    try:
        async with FileLock(outer / "lock").held(5):
            folder = outer / "files"
            folder.mkdir(mode=0o700)
            yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, outer, ignore_errors=True)


async def read_config(
    repository: Path, base_sha: str, path: str = CONFIG_PATH, *, must_exist: bool = False
) -> ReviewConfig:
    """The repository's own configuration as it is at the base; the defaults when it has none.

    Args:
        repository: git directory that holds the base.
        base_sha: full id; anything else gives the defaults.
        path: of the file in the repository.
        must_exist: whether a missing file is an error.

    Raises:
        ConfigError: the file cannot be used, with the line.
        GitError: git failed.
    """
    if not _SHA.fullmatch(base_sha):
        return ReviewConfig()
    if _UNPRINTABLE.sub("", path.replace(" ", "")) != path.replace(" ", ""):
        raise ConfigError(f"The configuration's path {path!r} holds control characters.")
    name = f"{base_sha}:{path}"
    content = (await read_blobs(Git(git_dir=repository), [name], limit_bytes=_CONFIG_BYTES))[0]
    if content is None and must_exist:
        raise ConfigError(f"{path} is not in the base {base_sha[:12]}; configuration is never taken from the change.")
    if content is None:
        return ReviewConfig()
    try:
        return validate_config(content.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8.") from error


_FRESH_S = 60


def _fresh_folder(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_left_over(root)
    return Path(tempfile.mkdtemp(prefix="review-", dir=root))


def _remove_left_over(root: Path) -> None:
    for folder in root.glob("review-*"):
        with suppress(OSError, LockBusyError):
            if time() - folder.stat().st_mtime < _FRESH_S:
                continue  # it may be between being made and being locked
            with FileLock(folder / "lock").now():
                shutil.rmtree(folder, ignore_errors=True)


def _discard(mirror: Path) -> None:
    shutil.rmtree(mirror / "repository.git", ignore_errors=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)


def _mirror_sizes(mirrors: Path) -> Iterator[tuple[float, Path, int]]:
    """Time of last use, folder and bytes of each mirror."""
    for mirror in mirrors.iterdir():
        with suppress(OSError):
            last_used = (mirror / "use.lock").stat().st_mtime
            files = (entry for entry in (mirror / "repository.git").rglob("*") if entry.is_file())
            yield last_used, mirror, sum(entry.stat().st_size for entry in files)
