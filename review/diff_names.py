"""Names in the headers of a diff: quoting, prefixes, and which header to believe.

Source: git-config(1), ``core.quotePath``; git-diff(1), "Generating patch text with -p".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ESCAPE = re.compile(rb"\\([abtnvfr\"\\]|[0-3][0-7]{2}|.?)", re.DOTALL)
_LETTERS = {
    b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r",
    b'"': b'"', b"\\": b"\\",
}  # fmt: skip
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PREFIX_PAIRS = frozenset(
    {b"ab", b"ba", b"iw", b"wi", b"ci", b"ic", b"cw", b"wc", b"ow", b"wo", b"co", b"oc", b"12", b"21"}
)
"""First letters of both names: the default pair, ``diff.mnemonicPrefix`` and ``--no-index``, and the
reverse of each."""
_DEV_NULL = b"/dev/null"


@dataclass(slots=True)
class RawFile:
    """What the headers say of one file, and its hunks. Names are bytes, without prefix or quotes."""

    old: bytes | None = None
    new: bytes | None = None
    old_mode: bytes | None = None
    new_mode: bytes | None = None
    created: bool = False
    deleted: bool = False
    renamed: bool = False
    copied: bool = False
    binary: bool = False
    added: int = 0
    removed: int = 0
    hunks: list[bytes] = field(default_factory=list)
    """Each with its header line and its body."""
    problem: str | None = None

    @property
    def hunk_bytes(self) -> int:
        """Size of all hunks."""
        return sum(map(len, self.hunks))


def unquote(name: bytes) -> bytes:
    """Undo git's C-style quoting; a name without quotes comes back as it is.

    Raises:
        ValueError: an escape git never writes, or text after the closing quote.
    """
    if not name.startswith(b'"'):
        return name
    match = _QUOTED.fullmatch(name)
    if match is None:
        raise ValueError("a quoted name does not end")

    def plain(found: re.Match[bytes]) -> bytes:
        code: bytes = found[1]
        if code in _LETTERS:
            return _LETTERS[code]
        if len(code) == 3:  # noqa: PLR2004 - three octal digits
            return bytes((int(code, 8),))
        raise ValueError("a quoted name has an unknown escape")

    return _ESCAPE.sub(plain, name[1:-1])


def read_both_names(names: bytes, file: RawFile) -> bool | None:
    """Set the name when both halves of ``diff --git`` agree.

    Returns:
        Whether the names carry a prefix such as ``a/``; None when the halves differ (a rename, say).
    """
    if names.startswith(b'"'):
        first = _QUOTED.match(names)
        if first is None:
            raise ValueError("a quoted name does not end")
        left, right = first[0], names[first.end() + 1 :]
    elif names.endswith(b'"'):
        left, _, right = names.partition(b' "')
        right = b'"' + right
    else:
        half = len(names) // 2
        left, right = names[:half], names[half + 1 :]
        if names[half : half + 1] != b" ":
            return None
    left, right = unquote(left), unquote(right)
    if _is_pair(left, right) and left[2:] == right[2:]:
        file.old = file.new = left[2:]
        return True
    if left == right:
        file.old = file.new = left
        return False
    return None


def _is_pair(left: bytes, right: bytes) -> bool:
    return left[1:2] == right[1:2] == b"/" and left[:1] + right[:1] in _PREFIX_PAIRS


def read_side(name: bytes) -> bytes:
    """A name of a ``---`` or ``+++`` line: up to a tab, which git writes after a name with spaces."""
    if name.startswith(b'"'):
        match = _QUOTED.match(name)
        if match is None:
            raise ValueError("a quoted name does not end")
        return unquote(match[0])
    return name.split(b"\t", 1)[0]


def take_sides(file: RawFile, old: bytes, new: bytes, *, prefixed: bool | None) -> None:
    """Names from ``---`` and ``+++``, unless better ones are known."""
    if old == _DEV_NULL:
        file.created = True
    if new == _DEV_NULL:
        file.deleted = True
    if file.renamed or file.copied:
        return
    if prefixed is None:
        prefixed = _looks_prefixed(old, new)
    cut = 2 if prefixed else 0
    if old != _DEV_NULL:
        file.old = old[cut:]
    if new != _DEV_NULL:
        file.new = new[cut:]


def _looks_prefixed(old: bytes, new: bytes) -> bool:
    if old == _DEV_NULL:
        return new.startswith(b"b/")
    if new == _DEV_NULL:
        return old.startswith(b"a/")
    return _is_pair(old, new)
