"""Walks a workspace: bounded in entries, depth and time, never through a symbolic link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from servers.guard.fault import Fault, invalid
from servers.guard.paths import Place
from servers.guard.workspace import Entry, Workspace, printable

MAX_VISITED = 200_000
MAX_DEPTH = 64
WALK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing below the folder a walk began in."""

    place: Place
    entry: Entry
    relative: str
    """Path below the folder the walk began in."""


class Walk:
    """Visits everything below a folder, depth first, names sorted; links and denied names are passed over."""

    def __init__(self, workspace: Workspace, excluded: Sequence[str], max_depth: int = MAX_DEPTH) -> None:
        self._workspace = workspace
        self._excluded = matcher(excluded)
        self._max_depth = max_depth
        self._until = monotonic() + WALK_SECONDS
        self._visited = 0
        self.stopped = False
        """Whether a bound ended the walk early."""

    def below(self, place: Place, prefix: str = "", depth: int = 1) -> Iterator[Visit]:
        """Visit what lies below a folder.

        Raises:
            Fault: the folder itself cannot be opened.
        """
        try:
            with self._workspace.folder(place) as descriptor:
                entries = self._workspace.entries(place, descriptor)
        except Fault:
            if not prefix:
                raise
            return  # removed or swapped since its parent was listed
        for entry in entries:
            relative = f"{prefix}{printable(entry.name)}"
            self._visited += 1
            if self.stopped or self._visited > MAX_VISITED or monotonic() > self._until:
                self.stopped = True
                return
            if self._excluded(relative + ("/" if entry.kind == "directory" else "")):
                continue
            inner = Place(place.root, (*place.parts, entry.name))
            yield Visit(inner, entry, relative)
            if entry.kind == "directory" and depth < self._max_depth:
                yield from self.below(inner, f"{relative}/", depth + 1)


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path matches any of the globs; none match when there are none.

    Raises:
        Fault: a glob cannot be read.
    """
    if not globs:
        return lambda _: False
    from pathspec import PathSpec

    try:
        spec: PathSpec[Any] = PathSpec.from_lines("gitignore", globs)
    except ValueError:
        raise invalid("a glob cannot be read") from None
    return spec.match_file
