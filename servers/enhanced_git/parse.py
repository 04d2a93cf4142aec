"""Reads git's machine formats. Pure; every reader counts fields, so that no name or message can imitate another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from servers.enhanced_git.answers import BlameLine, ChangedFile, Commit, GrepMatch, Status, StatusAnswer, StatusEntry

COMMIT_FORMAT = "%H%x00%h%x00%P%x00%an%x00%ae%x00%aI%x00%s%x00%b%x00%D"
"""Nine fields; with ``-z`` commits are divided by the same byte. Source: git-log(1), pretty formats."""
_COMMIT_FIELDS = 9
_LETTERS: dict[str, Status] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type_changed",
    "U": "unmerged",
}
MAX_LINE_CHARS = 2000
"""Longer lines of content are cut in line-wise answers."""


def text(data: bytes) -> str:
    """Bytes of a name or content as text; what is no UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")


def _fields(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\0").split(b"\0") if data else []


def raw_and_numstat(data: bytes) -> list[ChangedFile]:
    """Output of ``--raw --numstat -z``. Source: git-diff(1), raw output format and ``--numstat``."""
    fields = iter(_fields(data))
    entries: list[tuple[bytes, list[str], bytes | None]] = []
    counts: dict[bytes, tuple[bytes, bytes]] = {}
    for field in fields:
        if field.startswith(b":"):
            head = text(field[1:]).split(" ")
            first = next(fields)
            old = first if head[4][0] in "RC" else None
            entries.append((next(fields) if old is not None else first, head, old))
        else:
            added, deleted, path = field.split(b"\t", 2)
            if not path:
                next(fields)
                path = next(fields)
            counts[path] = (added, deleted)
    return [_changed(path, head, old, counts.get(path, (b"0", b"0"))) for path, head, old in entries]


def _changed(path: bytes, head: list[str], old: bytes | None, counts: tuple[bytes, bytes]) -> ChangedFile:
    added, deleted = counts
    binary = added == b"-"
    return ChangedFile(
        path=text(path),
        old_path=None if old is None else text(old),
        status=_LETTERS.get(head[4][0], "unknown"),
        additions=0 if binary else int(added),
        deletions=0 if binary else int(deleted),
        binary=binary,
        old_mode=head[0],
        new_mode=head[1],
    )


def names(data: bytes) -> list[str]:
    """Output of ``--name-only -z``."""
    return [text(field) for field in _fields(data)]


def commits(data: bytes) -> list[Commit]:
    """Output of ``git log -z --format=COMMIT_FORMAT``."""
    fields = [text(field) for field in _fields(data)]
    groups = [fields[i : i + _COMMIT_FIELDS] for i in range(0, len(fields), _COMMIT_FIELDS)]
    return [_commit(group) for group in groups if len(group) == _COMMIT_FIELDS]


def _commit(group: list[str]) -> Commit:
    return Commit(
        hash=group[0],
        short_hash=group[1],
        parents=group[2].split(),
        author=group[3],
        author_email=group[4],
        timestamp=group[5],
        subject=group[6],
        body=group[7].rstrip("\n"),
        refs=[ref for ref in group[8].split(", ") if ref],
    )


def status(data: bytes, limit: int) -> StatusAnswer:
    """Output of ``git status --porcelain=v2 --branch -z``. Source: git-status(1), porcelain format version 2."""
    head: dict[str, str] = {}
    staged: list[StatusEntry] = []
    unstaged: list[StatusEntry] = []
    untracked: list[str] = []
    fields = iter(_fields(data))
    for field in fields:
        line = text(field)
        kind, _, rest = line.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            head[name] = value
        elif kind == "?":
            untracked.append(rest)
        elif kind in {"1", "2", "u"}:
            columns = {"1": 7, "2": 8, "u": 9}[kind]
            path = rest.split(" ", columns)[columns]
            old_path = text(next(fields)) if kind == "2" else None
            _sort_entry(kind, rest[:2], path, old_path, (staged, unstaged))
    ahead, behind = (int(n) for n in head.get("branch.ab", "+0 -0").split(" "))
    commit = head.get("branch.oid", "(initial)")
    branch = head.get("branch.head", "(detached)")
    return StatusAnswer(
        branch=None if branch == "(detached)" else branch,
        head=None if commit == "(initial)" else commit,
        upstream=head.get("branch.upstream"),
        ahead=ahead,
        behind=-behind,
        clean=not (staged or unstaged or untracked),
        staged=staged[:limit],
        unstaged=unstaged[:limit],
        untracked=untracked[:limit],
        truncated=max(len(staged), len(unstaged), len(untracked)) > limit,
    )


def _sort_entry(
    kind: str, letters: str, path: str, old_path: str | None, lists: tuple[list[StatusEntry], list[StatusEntry]]
) -> None:
    staged, unstaged = lists
    if kind == "u":
        unstaged.append(StatusEntry(path=path, status="unmerged"))
        return
    for letter, target in zip(letters, (staged, unstaged), strict=True):
        if letter != ".":
            old = old_path if letter in "RC" else None
            target.append(StatusEntry(path=path, status=_LETTERS.get(letter, "unknown"), old_path=old))


def blame(data: bytes) -> list[BlameLine]:
    """Output of ``git blame --porcelain``. Source: git-blame(1), the porcelain format."""
    authors: dict[str, dict[str, str]] = {}
    lines: list[BlameLine] = []
    rows = iter(data.split(b"\n"))
    for row in rows:
        parts = row.split(b" ")
        if len(parts) < 3:  # noqa: PLR2004 - id, original line, final line, and a count
            break
        commit = parts[0].decode("ascii")
        known = authors.setdefault(commit, {})
        content = _facts(rows, known)
        if content is None:
            break
        lines.append(
            BlameLine(
                line=int(parts[2]),
                hash=commit,
                author=known.get("author", ""),
                timestamp=_moment(known.get("author-time", "0")),
                content=content[:MAX_LINE_CHARS],
            )
        )
    return lines


def _moment(seconds: str) -> str:
    """ISO 8601 of seconds since 1970; the epoch for a date no calendar holds."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()


def _facts(rows: Iterator[bytes], known: dict[str, str]) -> str | None:
    """Take the lines about a commit up to the content; None at a cut end."""
    for row in rows:
        if row.startswith(b"\t"):
            return text(row[1:])
        key, _, value = row.partition(b" ")
        known[text(key)] = text(value)
    return None


def grep(data: bytes, revision: str, limit: int) -> list[GrepMatch]:
    """Output of ``git grep -z -n``: path NUL line NUL text LF. A cut last entry is dropped."""
    matches: list[GrepMatch] = []
    prefix = f"{revision}:".encode() if revision else b""
    position = 0
    while position < len(data) and len(matches) < limit:
        path_end = data.find(b"\0", position)
        line_end = data.find(b"\0", path_end + 1)
        text_end = data.find(b"\n", line_end + 1)
        if min(path_end, line_end, text_end) < 0:
            break
        path = data[position:path_end].removeprefix(prefix)
        matches.append(
            GrepMatch(
                path=text(path),
                line=int(data[path_end + 1 : line_end]),
                text=text(data[line_end + 1 : text_end])[:MAX_LINE_CHARS],
            )
        )
        position = text_end + 1
    return matches
