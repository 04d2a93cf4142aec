"""One dependency as a manifest names it, and what can be read off its version."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+){0,3})")
_COMMIT = re.compile(r"(?:[#@=/]|\brev\b.*|\bref\b.*)['\"]?[0-9a-f]{40}\b")
_DIRECT = re.compile(
    r"^(?:git\+|git:|git@|github:|gitlab:|bitbucket:|ssh:|https?:|svn\+|hg\+|file:https?:)"
    r"|\bgit\s*[=:]\s*['\"]|@\s*(?:git\+|https?:)|\bgithub:\s*['\"]|:git\s*=>|:github\s*=>",
)
_SHORT_GITHUB = re.compile(r"^[\w.-]+/[\w.-]+(?:#.+)?$")
_ANY = re.compile(r"^(?:\*|x|latest|next|LATEST|RELEASE|dev-master|dev-main|>=?\s*0(?:\.0)*)?$")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A name, what the manifest asks for, and where it says so."""

    name: str
    spec: str
    """As written: ``^1.2``, ``==3.1; python_version>'3'``, ``git+https://…``; empty for none."""
    line: int
    """1-based."""
    kind: str = "package"
    """``package``, ``script`` (an install hook), ``option`` (where packages come from)."""
    needs_version: bool = False
    """Whether nothing else in this ecosystem fixes the version."""

    @property
    def is_direct(self) -> bool:
        """Fetched from a repository or an address instead of a registry."""
        return bool(_DIRECT.search(self.spec))

    @property
    def is_insecure(self) -> bool:
        """Fetched without encryption from another machine."""
        return any(
            not re.match(r"(?:localhost|127\.|\[::1\]|0\.0\.0\.0)", host)
            for host in re.findall(r"(?:\bhttp|\bgit)://([^/\s'\"]+)", self.spec)
        )

    @property
    def is_fixed_to_commit(self) -> bool:
        """A direct source that names a full commit."""
        return bool(_COMMIT.search(self.spec))

    @property
    def is_any(self) -> bool:
        """Takes whatever is newest on the day."""
        return bool(_ANY.match(self.spec.strip()))

    @property
    def version(self) -> tuple[int, ...]:
        """Lowest version asked for, as numbers; empty when there is none. Upper bounds and exclusions do not count."""
        if self.is_direct:
            return ()
        for part in re.split(r"[,|]|\s(?=[<>=!~^])", self.spec.split(";", 1)[0]):
            if not part.strip().startswith(("<", "!")) and (match := _NUMBERS.search(part)):
                return tuple(int(number[:9]) for number in match[1].split("."))
        return ()


def is_github_short(spec: str) -> bool:
    """Npm's short form for a GitHub repository: ``owner/name``."""
    return bool(_SHORT_GITHUB.match(spec))


def compare(old: tuple[int, ...], new: tuple[int, ...]) -> int:
    """-1 when the new version is lower, 1 when it is higher, 0 when they agree as far as both go."""
    shared = min(len(old), len(new))
    return (new[:shared] > old[:shared]) - (new[:shared] < old[:shared])


def is_major(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Whether the step may break callers: the first number that is not zero grew. Source: semver.org, item 4."""
    first = next((i for i, part in enumerate(old) if part), 0)
    if first > 1 or not old or not new:
        return False
    return new[: first + 1] > old[: first + 1]
