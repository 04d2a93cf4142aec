"""Workspaces from a repository on this machine, or from the text of a diff: for the command line and the Action.

The repository's configuration is a stranger's, too. Its objects are borrowed by an empty git directory of our own,
so no setting, attribute, hook or filter of it is read when files are compared.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from review.change import CheckoutLimits
from review.diff import FileDiff, FileStatus, LineKind, parse_diff
from review.errors import CheckoutError
from review.files import WrittenFiles, as_text, keep, unsafe_name
from review.git import workspace_folder
from review.git_process import Git, GitError
from review.workspace import Range, Workspace, build_workspace, empty_tree

_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True)
class LocalRepository:
    """A repository found on this machine.

    Attributes:
        root: folder of the work tree; the git directory of a bare repository.
        git_dir: of this work tree.
        common_dir: where objects and refs lie; another one for linked work trees.
    """

    root: Path
    git_dir: Path
    common_dir: Path

    @property
    def git(self) -> Git:
        """The git program on the repository itself: to resolve names, not to compare files."""
        return Git(git_dir=self.git_dir)

    async def commit(self, name: str) -> str:
        """Id of the commit a name stands for.

        Raises:
            CheckoutError: there is none.
        """
        try:
            return await self.git.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitError as error:
            raise CheckoutError(f"There is no commit {name!r} in {self.root}.") from error

    async def default_branch(self) -> str | None:
        """The branch work is merged into: what the remote says, else a usual name."""
        for name in _DEFAULT_BRANCHES:
            try:
                await self.commit(name)
            except CheckoutError:
                continue
            return name
        return None


@dataclass(frozen=True, slots=True)
class Commit:
    """One line of a history."""

    sha: str
    subject: str

    def __str__(self) -> str:
        return f"{self.sha[:9]} {self.subject}"


async def find_repository(path: Path) -> LocalRepository:
    """The repository a path lies in.

    Raises:
        CheckoutError: there is none.
    """
    start = path if path.is_dir() else path.parent  # noqa: ASYNC240 - one look at a local path
    if not start.is_dir():
        raise CheckoutError(f"{path} does not exist.")
    found = Git(start_folder=start)
    try:
        answer = await found.text("rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-bare-repository")
        git_dir, common, bare = answer.split("\n")
        root = git_dir if bare == "true" else await found.text("rev-parse", "--show-toplevel")
    except (GitError, ValueError) as error:
        raise CheckoutError(f"{path} is not inside a git repository.") from error
    return LocalRepository(Path(root), Path(git_dir), (start / common).resolve())


@asynccontextmanager
async def local_workspace(  # noqa: PLR0913 - each is an option of the command line
    path: Path,
    base: str | None = None,
    head: str | None = None,
    *,
    staged: bool = False,
    all_files: bool = False,
    scratch: Path | None = None,
    limits: CheckoutLimits | None = None,
) -> AsyncIterator[Workspace]:
    """The change of a local branch against where it left the base, or the index against HEAD.

    Args:
        path: the repository or a folder in it.
        base: revision to compare with; the default branch when not given.
        head: revision to review; HEAD when not given.
        staged: review what is in the index in place of a commit.
        all_files: every file of the head counts as added.
        scratch: folder to make the workspace in; a private one when not given.
        limits: sizes and times.

    Raises:
        CheckoutError: no repository, no such commit, no common history, or conflicts in the index.
    """
    repository = await find_repository(path)
    async with _folder(scratch) as folder, _borrowed(repository) as git:
        if staged:
            tree = await _index_tree(repository, git)
            head_sha = await _head_or_none(repository)
            commits = Range(head_sha, head_sha, head_sha or empty_tree(tree), tree)
        else:
            head_sha = await repository.commit(head or "HEAD")
            commits = Range(head_sha, head_sha, empty_tree(head_sha), head_sha)
            if not all_files:
                commits = await Range.of(git, await _base(repository, base), head_sha)
        if all_files:
            commits = replace(commits, old=empty_tree(commits.new))
        try:
            workspace = await build_workspace(git, commits, folder, limits)
        except GitError as error:
            if "unable to read" not in error.stderr:
                raise
            raise CheckoutError(
                "This clone lacks objects of the change; a partial clone leaves them out. "
                "Fetch them (git fetch --refetch --no-filter) or clone without --filter."
            ) from error
        yield replace(workspace, top=repository.root)


async def recent_commits(path: Path, number: int = 10) -> list[Commit]:
    """The newest commits of the current branch, for somebody who has nothing to review.

    Raises:
        CheckoutError: there is no repository.
    """
    repository = await find_repository(path)
    try:
        data = await repository.git.run("log", "-z", f"--max-count={number}", "--format=%H %s", "HEAD")
    except GitError:
        return []  # a repository without a commit
    lines = (line.decode("utf-8", "replace") for line in data.split(b"\0") if line)
    return [Commit(*line.partition(" ")[::2]) for line in lines]


@asynccontextmanager
async def diff_workspace(
    data: bytes,
    root: Path | None = None,
    *,
    scratch: Path | None = None,
    limits: CheckoutLimits | None = None,
) -> AsyncIterator[Workspace]:
    """The change a diff describes.

    A file is taken from ``root`` when what it says there agrees with the new side of the diff; one the diff adds
    is written from the diff. Of all others only the lines in the diff are known.

    Raises:
        DiffError: the input is not a diff that can be read.
    """
    limits = limits or CheckoutLimits()
    diff = await asyncio.to_thread(parse_diff, data)
    async with _folder(scratch) as folder:
        written = await asyncio.to_thread(_write_from_diff, diff.files, root, folder, limits)
        yield Workspace(
            path=folder,
            repository=None,
            base_sha="",
            head_sha="",
            merge_base="",
            diff=diff,
            diff_bytes=data,
            texts=MappingProxyType(written.texts),
            problems=MappingProxyType(written.problems),
            sizes=MappingProxyType(written.sizes),
        )


@asynccontextmanager
async def _folder(scratch: Path | None) -> AsyncIterator[Path]:
    if scratch is not None:
        async with workspace_folder(scratch) as folder:
            yield folder
        return
    private = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="patchwarden-"))
    try:
        yield private
    finally:
        await asyncio.to_thread(shutil.rmtree, private, ignore_errors=True)


@asynccontextmanager
async def _borrowed(repository: LocalRepository) -> AsyncIterator[Git]:
    """A bare git directory of our own that reads the objects of the repository."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="patchwarden-git-"))
    try:
        git = Git(git_dir=folder)
        kind = await repository.git.text("rev-parse", "--show-object-format")
        await git.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
        objects = repository.common_dir / "objects"
        _lend(folder, "objects/info/alternates", f"{objects}\n".encode("utf-8", "surrogateescape"))
        shallow = repository.common_dir / "shallow"
        if shallow.is_file():
            _lend(folder, "shallow", shallow.read_bytes())
        yield git
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _lend(folder: Path, name: str, content: bytes) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


async def _index_tree(repository: LocalRepository, git: Git) -> str:
    """Id of the tree the index would make; its objects go to our directory, the index itself is only read."""
    index = repository.git_dir / "index"
    if git.git_dir is None or not index.is_file():
        raise CheckoutError("Nothing is staged: there is no index.")
    for part in (index, *repository.git_dir.glob("sharedindex.*")):
        await asyncio.to_thread(shutil.copyfile, part, git.git_dir / part.name)
    try:
        return await git.text("write-tree")
    except GitError as error:
        raise CheckoutError(f"The index cannot be reviewed; are there conflicts in it? {error}") from error


async def _head_or_none(repository: LocalRepository) -> str:
    """The current commit; empty before the first one."""
    try:
        return await repository.commit("HEAD")
    except CheckoutError:
        return ""


async def _base(repository: LocalRepository, base: str | None) -> str:
    name = base or await repository.default_branch()
    if name is None:
        raise CheckoutError("The default branch cannot be told: name the base (--base REF).")
    return await repository.commit(name)


def _write_from_diff(
    files: tuple[FileDiff, ...], root: Path | None, folder: Path, limits: CheckoutLimits
) -> WrittenFiles:
    written = WrittenFiles()
    left = limits.total_bytes
    for file in files:
        if file.status is FileStatus.DELETED:
            continue
        problem = "binary" if file.binary else file.problem or unsafe_name(file.path)
        content = None if problem else _content(file, root, limits.file_bytes)
        if content is not None and len(content) <= left:
            left -= len(content)
            written.sizes[file.path] = len(content)
            keep(folder, file.path, content, written)
        else:
            written.problems[file.path] = problem or "only the lines in the diff are at hand"
    return written


def _content(file: FileDiff, root: Path | None, limit_bytes: int) -> bytes | None:
    """The whole new side of a file, where it is known."""
    if root is not None:
        place = (root / file.path).resolve()
        if place.is_file() and place.is_relative_to(root.resolve()) and place.stat().st_size <= limit_bytes:
            content = place.read_bytes()
            if _agrees(file, content):
                return content
    if file.status is FileStatus.ADDED:
        text = "".join(f"{line.text}\n" for line in file.added_lines)
        return text.encode() if len(text) <= limit_bytes else None
    return None


def _agrees(file: FileDiff, content: bytes) -> bool:
    """Whether every line the diff shows of the new side stands in the file where the diff says."""
    text = as_text(content)
    if text is None:
        return False
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return all(
        line.new_line is not None and line.new_line <= len(lines) and lines[line.new_line - 1] == line.text
        for hunk in file.hunks
        for line in hunk.lines
        if line.kind is not LineKind.REMOVED
    )
