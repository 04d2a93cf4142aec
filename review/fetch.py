"""Bring missing commits into a bare mirror: by id where the host allows it, else by the refs it shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from review.change import CheckoutLimits
from review.errors import CheckoutError
from review.git_process import Git, GitError

_PACKS = 40
"""More packs than this are joined: each fetch brings one, and git looks through all of them."""
_WATCH_S = 0.5
_REFUSED = re.compile(r"not our ref|unadvertised object|no such remote ref|couldn't find remote ref", re.IGNORECASE)
_DENIED = re.compile(
    r"authentication failed|repository .*not found|could not read username|terminal prompts disabled"
    r"|returned error: 40[134]|does not appear to be a git repository|does not exist",
    re.IGNORECASE,
)
_NETWORK = re.compile(
    r"could not resolve host|failed to connect|couldn't connect|connection (?:refused|reset|timed out)|timed out"
    r"|returned error: (?:429|5\d\d|30\d)|early eof|rpc failed|hung up unexpectedly|operation too slow|empty reply"
    r"|tls|ssl|gnutls|transfer closed",
    re.IGNORECASE,
)


async def fetch_commits(git: Git, wanted: Mapping[str, str], *, number: int | None, limits: CheckoutLimits) -> None:
    """Make sure the mirror has these commits with their history; nothing is asked of the host when it has.

    Args:
        git: on the mirror, which is made when missing, with ``remote.origin.url`` in its config.
        wanted: ids by role (``base``, ``head``).
        number: of the pull request, for the fallback.
        limits: of time and size.

    Raises:
        CheckoutError: the host refused or could not be reached, or has no such commit.
    """
    await _ensure_mirror(git, sha=next(iter(wanted.values())))
    missing = await _missing(git, wanted)
    if not missing:
        return
    fetching = replace(git, timeout_s=limits.fetch_timeout_s)
    try:
        await _fetch(fetching, [f"+{sha}:{_ref(role, number)}" for role, sha in missing.items()], limits)
    except GitError as error:
        if not _REFUSED.search(error.stderr):
            raise
        await _fetch_shown_refs(fetching, number, limits)
    missing = await _missing(git, wanted)
    if missing:
        role, sha = next(iter(missing.items()))
        raise CheckoutError(
            f"The {role} commit {sha[:12]} is not in the repository any more; it was moved or removed by a push.",
            transient=True,
        )
    await _join_packs(fetching)


def _ref(role: str, number: int | None) -> str:
    """What to hold a commit by, so that the next fetch need not bring its history again."""
    return f"refs/patchwarden/pull/{number}" if role == "head" and number is not None else f"refs/patchwarden/{role}"


async def _ensure_mirror(git: Git, *, sha: str) -> None:
    if git.git_dir is None or (git.git_dir / "HEAD").is_file():
        return
    git.git_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    kind = "sha1" if len(sha) == 40 else "sha256"  # noqa: PLR2004 - hex digits of SHA-1
    await git.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")


async def _missing(git: Git, wanted: Mapping[str, str]) -> dict[str, str]:
    """Which commits are not here. A fetch arrives as one pack or not at all: a commit brings its history."""
    request = "".join(f"{sha}\n" for sha in wanted.values()).encode()
    answer = await git.run("cat-file", "--batch-check=%(objecttype)", stdin=request)
    kinds = answer.decode().splitlines()
    return {role: sha for (role, sha), kind in zip(wanted.items(), kinds, strict=True) if kind != "commit"}


async def _fetch_shown_refs(git: Git, number: int | None, limits: CheckoutLimits) -> None:
    """For a host that gives no commit by its id: all branches, and the ref of the pull request if it has one."""
    await _fetch(git, ["+refs/heads/*:refs/patchwarden/heads/*"], limits)
    if number is not None:
        with suppress(GitError):  # no such ref: the commit is then missing, which the caller says
            await _fetch(git, [f"+refs/pull/{number}/head:{_ref('head', number)}"], limits)


async def _fetch(git: Git, refspecs: list[str], limits: CheckoutLimits) -> None:
    fetch = asyncio.create_task(
        git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
            "--no-recurse-submodules", "--end-of-options", "origin", *refspecs,
        )
    )  # fmt: skip
    try:
        while not fetch.done():
            await asyncio.wait({fetch}, timeout=_WATCH_S)
            if await asyncio.to_thread(_size, git.git_dir) > limits.mirror_bytes:
                message = f"The repository is larger than the limit of {limits.mirror_bytes:,} bytes."
                raise CheckoutError(message)
        await fetch
    except GitError as error:
        raise _explained(error) from error
    finally:
        if not fetch.done():
            fetch.cancel()
            await asyncio.gather(fetch, return_exceptions=True)


def _explained(error: GitError) -> CheckoutError:
    """What went wrong in words of ours; what is left over is for the caller to judge."""
    if _REFUSED.search(error.stderr):
        return error
    if _DENIED.search(error.stderr):
        return CheckoutError(
            "The host refused the clone: the repository is gone, or the App may not read its contents. "
            "Check that the App is installed on it with permission to read contents."
        )
    if error.transient or _NETWORK.search(error.stderr):
        return CheckoutError(f"The repository could not be fetched: {error}", transient=True)
    return error


def _size(folder: Path | None) -> int:
    """Bytes below a folder that may change while it is read."""
    total = 0
    for entry in folder.rglob("*") if folder else ():
        try:
            total += entry.stat().st_size
        except FileNotFoundError:
            continue
    return total


async def _join_packs(git: Git) -> None:
    packs = git.git_dir / "objects" / "pack" if git.git_dir else None
    if packs is None or len(list(packs.glob("*.pack"))) <= _PACKS:
        return
    # A mirror with many packs is slow, not wrong: a failed attempt is made up for by the next one.
    try:
        await git.run("repack", "-d", "--geometric=2", "--quiet", "--threads=1")
    except GitError:
        return
