"""Finds the repository a caller means and gives git a view of it in which nothing can run.

Git obeys the configuration and the ``info/attributes`` of the repository it reads, and several settings there
name programs. The view is a throw-away git folder that links to the repository's objects, references and index
and has a configuration of our own: whatever the real one says is never read by the git that answers.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.enhanced_git.program import Git
from servers.guard.fault import denied, invalid, not_found
from servers.guard.paths import Roots

_LINKED_COMMON = ("objects", "refs", "packed-refs", "shallow")
_LINKED_OWN = ("index",)
_MAX_POINTER_BYTES = 8192
_HEAD = re.compile(rb"(?:ref: refs/[^\x00-\x1f\x7f]+|[0-9a-f]{40,64})\n?")

_KEPT = re.compile(
    r"(?:core\.(?:filemode|ignorecase|precomposeunicode|symlinks|autocrlf|eol|sparsecheckout|sparsecheckoutcone)"
    r"|extensions\.objectformat"
    r"|branch\.[^\n]+\.(?:remote|merge)"
    r"|remote\.[^\n]+\.fetch)"
)
"""Settings that change what git says but can start nothing."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a repository lies; every path resolved and inside a root."""

    git_dir: Path
    """Its own folder: HEAD and index."""
    common_dir: Path
    """Objects and references; differs from ``git_dir`` in a linked work tree."""
    work_tree: Path | None
    """None for a bare repository."""


@dataclass(frozen=True, slots=True)
class View:
    """A safe way to read one repository; ends with the context it came from."""

    git: Git
    work_tree: Path | None

    @property
    def bare(self) -> bool:
        """Whether there is no work tree."""
        return self.work_tree is None


def find(roots: Roots, repo_path: str) -> Location:
    """The repository at a path, or around it.

    Raises:
        Fault: outside the roots, no repository there, or a bare repository hidden inside a work tree.
    """
    folder = roots.folder(repo_path or ".")
    root = roots.contain(folder)
    if any(part.casefold() == ".git" for part in folder.relative_to(root).parts):
        raise denied("the .git folder is not served")
    chain = [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]
    for candidate in chain:
        if (candidate / ".git").exists():
            return _work_tree(roots, candidate)
        if candidate == folder and _is_git_dir(candidate):
            if any((parent / ".git").exists() for parent in chain[1:]):
                raise denied("a bare repository inside a work tree is not opened")
            return Location(candidate, candidate, None)
    raise not_found("no git repository there")


def _is_git_dir(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _work_tree(roots: Roots, folder: Path) -> Location:
    entry = folder / ".git"
    if entry.is_file():
        pointer = _read(entry).decode("utf-8", "surrogateescape").strip()
        if not pointer.startswith("gitdir: "):
            raise not_found("no git repository there")
        target = folder / pointer.removeprefix("gitdir: ")
    else:
        target = entry
    git_dir = _inside(roots, target)
    common = git_dir / "commondir"
    common_dir = git_dir
    if common.is_file():
        relative = _read(common).decode("utf-8", "surrogateescape").strip()
        common_dir = _inside(roots, git_dir / relative)
    if not (git_dir / "HEAD").is_file() or not (common_dir / "objects").is_dir():
        raise not_found("no git repository there")
    return Location(git_dir, common_dir, folder)


def _inside(roots: Roots, path: Path) -> Path:
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise not_found("the repository's git folder is missing") from None
    roots.contain(resolved)
    return resolved


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_POINTER_BYTES)


@asynccontextmanager
async def open_view(location: Location, git: Git) -> AsyncIterator[View]:
    """Build the view of a repository, and remove it afterwards.

    Raises:
        Fault: the repository is damaged or of a kind that git here cannot read.
    """
    config = location.common_dir / "config"
    settings = await _kept_settings(config, git)
    folder = Path(tempfile.mkdtemp(prefix="view-", dir=git.scratch))
    try:
        _link(location, folder)
        _write_config(folder / "config", settings, bare=location.work_tree is None)
        yield View(git.at(folder, location.work_tree), location.work_tree)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(location: Location, folder: Path) -> None:
    head = _read(location.git_dir / "HEAD")
    if not _HEAD.fullmatch(head):
        raise invalid("the repository's HEAD is damaged")
    (folder / "HEAD").write_bytes(head)
    info = folder / "info"
    info.mkdir()
    links = [(location.common_dir / name, folder / name) for name in _LINKED_COMMON]
    links += [(location.git_dir / name, folder / name) for name in _LINKED_OWN]
    links += [(path, folder / path.name) for path in location.git_dir.glob("sharedindex.*")]
    links.append((location.common_dir / "info" / "exclude", info / "exclude"))
    links.append((location.git_dir / "info" / "sparse-checkout", info / "sparse-checkout"))
    for source, target in links:
        if source.exists():
            target.symlink_to(source)


async def _kept_settings(config: Path, git: Git) -> list[tuple[str, str]]:
    """Harmless settings of the repository; reading configuration by ``--file`` starts nothing."""
    arguments = ("config", "--file", os.fspath(config), "--no-includes", "-z", "--list")
    # 1 is git's answer for a missing file.
    listing = (await git.run(*arguments, ok=(0, 1))).data.decode("utf-8", "surrogateescape")
    pairs = (entry.partition("\n") for entry in listing.split("\0") if entry)
    return [(key, value) for key, _, value in pairs if _KEPT.fullmatch(key)]


def _write_config(path: Path, settings: Sequence[tuple[str, str]], *, bare: bool) -> None:
    object_format = next((value for key, value in settings if key == "extensions.objectformat"), "")
    lines = ["[core]", f"\trepositoryformatversion = {1 if object_format else 0}", f"\tbare = {str(bare).lower()}"]
    for key, value in settings:
        section, _, rest = key.partition(".")
        subsection, _, name = rest.rpartition(".")
        lines.append(f"[{section} {_quoted(subsection)}]" if subsection else f"[{section}]")
        lines.append(f"\t{name} = {_quoted(value)}")
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
