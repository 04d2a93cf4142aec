"""What of a change is looked at: the subject handed to analysers, and why other files are not in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from review.analyser import Analyser, ReviewSubject
from review.config import ReviewConfig
from review.diff import Diff, FileDiff, FileStatus
from review.files import BINARY, unsafe_name
from review.generated import why_generated
from review.models import CoverageStatus, FileCoverage, SkippedAnalyser
from review.workspace import Workspace

_KINDS: Mapping[str | None, str] = {"120000": "symlink", "160000": "submodule"}
_SOURCE_SUFFIXES = frozenset(
    {
        ".bash", ".bat", ".c", ".cc", ".cfg", ".cjs", ".cpp", ".cs", ".css", ".cts", ".cxx", ".go", ".gradle",
        ".groovy", ".h", ".hpp", ".htm", ".html", ".ini", ".java", ".js", ".json", ".jsx", ".kt", ".kts",
        ".lua", ".md", ".mjs", ".mts", ".php", ".pl", ".ps1", ".psm1", ".py", ".pyi", ".pyw", ".r", ".rb",
        ".rs", ".rst", ".scala", ".sh", ".sql", ".svelte", ".swift", ".tf", ".toml", ".ts", ".tsx", ".txt",
        ".vue", ".xml", ".yaml", ".yml", ".zsh",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a file is not looked at in full, and whether that leaves the review incomplete."""

    status: CoverageStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The subject, and the limits by path. A file without one is reviewed in full."""

    subject: ReviewSubject
    files: tuple[FileDiff, ...]
    """Every changed file, also those the subject does not have."""
    limits: Mapping[str, Limit] = field(default_factory=dict)


def scope_of(workspace: Workspace, config: ReviewConfig) -> Scope:
    """Decide what is looked at.

    Out of the subject altogether: what the configuration ignores, files over its limit of number, and names that
    no tool could be told. Generated and minified files stay in the diff, so that secrets in them are seen, but
    their text is given to no linter. A change cannot mark its own files as generated.
    """
    ignored = GitIgnoreSpec.from_lines(config.ignore_paths)
    limits: dict[str, Limit] = {}
    kept: list[FileDiff] = []
    texts: dict[str, str] = {}
    over = _over_the_diff_limit(workspace, config.limits.diff_bytes)
    for file in workspace.diff.files:
        limit, visible = _limit(file, workspace, config)
        if ignored.match_file(shown_path(file.path)):
            limit, visible = _skipped("ignored by the configuration"), False
        elif visible and len(kept) >= config.limits.files:
            limit, visible = _partial(f"over the limit of {config.limits.files:,} files"), False
        elif visible and file.path in over:
            limit, visible = _partial(f"over the limit of {config.limits.diff_bytes:,} bytes of changes"), False
        if limit is not None:
            limits[file.path] = limit
        if visible:
            kept.append(file)
        if visible and limit is None and file.path in workspace.texts:
            texts[file.path] = workspace.texts[file.path]
    subject = ReviewSubject(
        diff=Diff(tuple(kept)),
        config=config,
        workspace=str(workspace.path),
        repository=None if workspace.repository is None else str(workspace.repository),
        base_sha=workspace.base_sha,
        head_sha=workspace.head_sha,
        texts=texts,
        tree=workspace.tree,
    )
    return Scope(replace(subject, sizes=workspace.sizes), workspace.diff.files, limits)


def _limit(file: FileDiff, workspace: Workspace, config: ReviewConfig) -> tuple[Limit | None, bool]:
    """Why a file is not reviewed in full, and whether analysers may see its lines."""
    text = workspace.texts.get(file.path)
    is_binary = file.binary or workspace.problems.get(file.path) == BINARY
    expected = (
        ("deleted" if file.status is FileStatus.DELETED else None)
        or _KINDS.get(file.new_mode)
        or (BINARY if is_binary and not _named_as_text(file.path) else None)
        or _why_generated(file.path, text, workspace)
    )
    if expected is not None:
        return _skipped(expected), _encodable(file.path)
    reason = (
        unsafe_name(file.path)
        or (f"{BINARY}, although its name says text" if is_binary else None)
        or _too_large(workspace.sizes.get(file.path, 0), config)
        or file.problem
        or workspace.problems.get(file.path)
    )
    return (None if reason is None else _partial(reason)), _encodable(file.path)


def _named_as_text(path: str) -> bool:
    """Whether a binary file of this name is out of place: a zero byte must not hide a program."""
    return PurePosixPath(path).suffix.lower() in _SOURCE_SUFFIXES


def _why_generated(path: str, text: str | None, workspace: Workspace) -> str | None:
    why = "marked in .gitattributes" if path in workspace.generated else why_generated(path, text)
    return None if why is None else f"generated ({why})"


def _too_large(size: int, config: ReviewConfig) -> str | None:
    if size <= config.limits.file_bytes:
        return None
    return f"too large ({size:,} bytes): only the lines in the diff were checked"


def _over_the_diff_limit(workspace: Workspace, max_bytes: int) -> frozenset[str]:
    """The largest files, so many that the others fit."""
    if len(workspace.diff_bytes) <= max_bytes:
        return frozenset()
    sizes = sorted(
        (sum(len(line.text) + 2 for hunk in file.hunks for line in hunk.lines), file.path)
        for file in workspace.diff.files
    )
    total = 0
    over = []
    for size, path in sizes:
        total += size
        if total > max_bytes:
            over.append(path)
    return frozenset(over)


def _encodable(path: str) -> bool:
    """Whether the name can stand in JSON: one that cannot would break every tool it is told to."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _skipped(reason: str) -> Limit:
    return Limit(CoverageStatus.SKIPPED, reason)


def _partial(reason: str) -> Limit:
    return Limit(CoverageStatus.PARTIAL, reason)


def coverage_of(scope: Scope, covered: Mapping[str, frozenset[str]], failed: Collection[str]) -> list[FileCoverage]:
    """What was checked of every changed file.

    Args:
        scope: what was looked at.
        covered: paths each analyser has something to say about, by its name.
        failed: names of those that gave no answer; files they cover count as reviewed in part.
    """
    return [_coverage(file, scope.limits.get(file.path), covered, failed) for file in scope.files]


def _coverage(
    file: FileDiff, limit: Limit | None, covered: Mapping[str, frozenset[str]], failed: Collection[str]
) -> FileCoverage:
    concerned = [name for name, paths in covered.items() if file.path in paths]
    lost = [name for name in concerned if name in failed]
    status, reason = (CoverageStatus.REVIEWED, "") if limit is None else (limit.status, limit.reason)
    if lost and status is not CoverageStatus.SKIPPED:
        status = CoverageStatus.PARTIAL
        reason = "; ".join(filter(None, (reason, f"{', '.join(lost)} did not run")))
    return FileCoverage(
        file_path=shown_path(file.path),
        status=status,
        reason=reason,
        analysers=[name for name in concerned if name not in failed],
        additions=file.additions,
        deletions=file.deletions,
    )


def shown_path(path: str) -> str:
    r"""A path that can be written as JSON: bytes that are not UTF-8 stand as ``\xff``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def selected(
    analysers: Iterable[type[Analyser]], config: ReviewConfig
) -> tuple[list[type[Analyser]], list[SkippedAnalyser]]:
    """The analysers a configuration asks for, and names it gives that none has."""
    known = list(analysers)
    names = {analyser.name for analyser in known}
    unknown = [
        SkippedAnalyser(name=name, reason="there is no analyser of this name; see `only` in the configuration")
        for name in config.only
        if name not in names
    ]
    wanted = [a for a in known if (not config.only or a.name in config.only) and a.name not in config.skip]
    return wanted, unknown


def unknown_skips(analysers: Iterable[type[Analyser]], config: ReviewConfig) -> Iterator[str]:
    """Names in ``skip`` that no analyser has: most likely misspelt."""
    names = {analyser.name for analyser in analysers}
    yield from (name for name in config.skip if name not in names)
