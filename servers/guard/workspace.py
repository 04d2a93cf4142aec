"""Opens files below a root without following a single symbolic link, whoever swaps one in meanwhile.

Every component is opened relative to the descriptor of the one before, with no-follow: the check and the use are
the same system call. Source: open(2), O_NOFOLLOW; openat(2).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servers.guard.fault import Code, Fault, denied, invalid, not_found
from servers.guard.paths import Place, Roots, is_git_name

if TYPE_CHECKING:
    from pathspec import PathSpec

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Non-blocking: opening a pipe somebody left in the workspace must not hang.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder."""

    name: str
    info: os.stat_result

    @property
    def kind(self) -> str:
        """``file``, ``directory``, ``symlink`` or ``other``."""
        return kind_of(self.info)


def kind_of(info: os.stat_result) -> str:
    """What a file is, in one word."""
    if stat.S_ISREG(info.st_mode):
        return "file"
    if stat.S_ISDIR(info.st_mode):
        return "directory"
    return "symlink" if stat.S_ISLNK(info.st_mode) else "other"


class Workspace:
    """The roots, what is denied below them, and how to open what is not."""

    def __init__(self, roots: Roots, denied_globs: Sequence[str], max_file_bytes: int) -> None:
        self.roots = roots
        self.max_file_bytes = max_file_bytes
        self._globs = tuple(denied_globs)
        self._spec: PathSpec[Any] | None = None

    def locate(self, path: str) -> Place:
        """The place a caller means, if it may be served.

        Raises:
            Fault: refused text, outside the roots, or denied by a glob.
        """
        place = self.roots.locate(path)
        if self.is_denied(place.parts):
            raise denied("this path is not served: it matches a deny rule", path=place.relative)
        return place

    def is_denied(self, parts: Sequence[str]) -> bool:
        """Whether a rule keeps this path back. Case does not matter: some file systems ignore it."""
        if any(is_git_name(part) for part in parts):
            return True
        if self._spec is None:
            from pathspec import PathSpec

            self._spec = PathSpec.from_lines("gitignore", [glob.casefold() for glob in self._globs])
        return bool(parts) and self._spec.match_file(printable("/".join(parts)).casefold())

    @contextmanager
    def folder(self, place: Place) -> Iterator[int]:
        """Descriptor of a folder.

        Raises:
            Fault: ``not_found``, or ``denied`` for a symbolic link on the way.
        """
        descriptor = _opened(place.root.as_posix(), _FOLDER, None, place)
        try:
            for part in place.parts:
                following = _opened(part, _FOLDER, descriptor, place)
                os.close(descriptor)
                descriptor = following
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def file(self, place: Place) -> Iterator[int]:
        """Descriptor of a regular file.

        Raises:
            Fault: as ``folder``; ``invalid_argument`` when it is no regular file.
        """
        if not place.parts:
            raise invalid("that is a folder, not a file", path=place.relative)
        with self.folder(Place(place.root, place.parts[:-1])) as parent:
            descriptor = _opened(place.parts[-1], _FILE, parent, place)
        try:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise invalid(f"that is a {kind_of(info)}, not a file", path=place.relative)
            if info.st_size > self.max_file_bytes:
                raise Fault(
                    Code.TOO_LARGE,
                    f"the file is larger than {self.max_file_bytes} bytes",
                    path=place.relative,
                    size=info.st_size,
                )
            yield descriptor
        finally:
            os.close(descriptor)

    def entries(self, place: Place, descriptor: int) -> list[Entry]:
        """Names in an open folder, sorted; denied ones left out."""
        found: list[Entry] = []
        for name in sorted(os.listdir(descriptor)):
            if self.is_denied((*place.parts, name)):
                continue
            try:
                info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            found.append(Entry(name, info))
        return found


def read_all(descriptor: int, max_bytes: int) -> bytes:
    """Up to so many bytes of an open file."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read(max_bytes)


def printable(name: str) -> str:
    """A name as JSON can carry it: bytes that are no UTF-8 are replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _opened(name: str, flags: int, parent: int | None, place: Place) -> int:
    try:
        return os.open(name, flags, dir_fd=parent)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            raise denied("symbolic links are not followed", path=place.relative) from None
        if error.errno == errno.ENOTDIR and parent is not None and _is_link(name, parent):
            raise denied("symbolic links are not followed", path=place.relative) from None
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
            raise not_found("no such file or folder", path=place.relative) from None
        if error.errno in {errno.EACCES, errno.EPERM, errno.ENXIO}:
            raise denied("the operating system refuses to open it", path=place.relative) from None
        raise


def _is_link(name: str, parent: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
