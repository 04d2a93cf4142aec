"""Where a path given by a caller may point: checked as text, then contained in a root by components."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from servers.guard.fault import denied, invalid, not_found

MAX_PATH_CHARS = 4096
"""Source: PATH_MAX of Linux."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder shown text. Source: Unicode Standard Annex 9, explicit formatting characters."""


def check_text(value: str, *, what: str = "path") -> str:
    """Refuse text that no honest path or name holds.

    Raises:
        Fault: ``invalid_argument`` for NUL, control, bidirectional or surrogate characters, or too long.
    """
    if len(value) > MAX_PATH_CHARS:
        raise invalid(f"{what} is longer than {MAX_PATH_CHARS} characters")
    for character in value:
        if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs"}:
            raise invalid(f"{what} holds the character U+{ord(character):04X}, which is refused")
    return value


def is_git_name(component: str) -> bool:
    """Whether a file system may take this name for ``.git``.

    Source: git's ``is_ntfs_dotgit`` and ``is_hfs_dotgit``: case, trailing dots and spaces, streams,
    the short name ``git~1``, and characters that HFS+ ignores.
    """
    visible = "".join(c for c in component if unicodedata.category(c) != "Cf")
    name = visible.casefold().split(":")[0].rstrip(". ")
    return name in {".git", "git~1"}


def relative_parts(path: str) -> tuple[str, ...]:
    """Components of a relative path; ``.`` and the empty path give none.

    Raises:
        Fault: the text is refused, or it is absolute or climbs, or it names ``.git``.
    """
    check_text(path)
    if path.startswith(("/", "~")) or "\\" in path:
        raise denied("path must be relative to a workspace root, with forward slashes")
    parts = tuple(part for part in PurePosixPath(path).parts if part != ".")
    if ".." in parts:
        raise denied("path climbs out with '..'")
    if any(is_git_name(part) for part in parts):
        raise denied("the .git folder is not served")
    return parts


@dataclass(frozen=True, slots=True)
class Place:
    """A spot under a root, not yet opened."""

    root: Path
    """The root, symbolic links resolved."""
    parts: tuple[str, ...]
    """Components below it."""

    @property
    def relative(self) -> str:
        """Path below the root with ``/``; ``.`` for the root."""
        return "/".join(self.parts) or "."

    @property
    def path(self) -> Path:
        """Absolute path."""
        return self.root.joinpath(*self.parts)


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders a server may touch. They are looked at anew on each call: checkouts come and go."""

    folders: tuple[str, ...]

    def locate(self, path: str) -> Place:
        """The place a caller means, lexically: absolute under a root, or relative to the only root.

        Raises:
            Fault: no root is configured, the path lies under none, or its text is refused.
        """
        check_text(path)
        if not self.folders:
            raise denied("no workspace root is configured: set WORKSPACE_ROOTS")
        if not path.startswith("/"):
            if len(self.folders) > 1:
                raise invalid("several workspace roots are configured: give an absolute path")
            return Place(self._resolved(self.folders[0]), relative_parts(path))
        if ".." in PurePosixPath(path).parts:
            raise denied("path climbs out with '..'")
        wanted = PurePosixPath(path)
        for folder in self.folders:
            root = self._resolved(folder)
            for spelling in (PurePosixPath(os.path.normpath(folder)), PurePosixPath(root)):
                if wanted.is_relative_to(spelling):
                    return Place(root, relative_parts(str(wanted.relative_to(spelling))))
        raise denied("path is outside the workspace roots")

    def folder(self, path: str) -> Path:
        """An existing folder, links resolved, proven to lie under a root by components.

        Raises:
            Fault: as ``locate``; ``not_found`` when it is no folder; ``denied`` when a link leads outside.
        """
        place = self.locate(path)
        try:
            resolved = place.path.resolve(strict=True)
        except (OSError, RuntimeError):
            raise not_found("no such folder", path=place.relative) from None
        self.contain(resolved)
        if not resolved.is_dir():
            raise not_found("no such folder", path=place.relative)
        return resolved

    def contain(self, resolved: Path) -> Path:
        """The root that holds an already resolved path.

        Raises:
            Fault: ``denied`` when no root does.
        """
        for folder in self.folders:
            root = self._resolved(folder)
            if resolved.is_relative_to(root):
                return root
        raise denied("path leads outside the workspace roots")

    @staticmethod
    def _resolved(folder: str) -> Path:
        return Path(os.path.realpath(folder))
