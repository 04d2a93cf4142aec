"""The one place where a bundled server reads its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

PROFILES = ("pr-review", "workflow", "developer")
"""Effect profiles, strictest first."""

_IGNORED = ("SYSTEM_PRIVILEGES", "AUTONOMOUS_MODE", "UNLIMITED_WEB_ACCESS")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Environ:
    """Settings by name, taken from a mapping; malformed values fail at start, naming the variable."""

    values: Mapping[str, str]

    @classmethod
    def current(cls) -> Environ:
        """The environment of this process."""
        return cls(dict(os.environ))  # noqa: TID251 - the servers' single reader of the environment

    def text(self, name: str, default: str = "") -> str:
        """A string; unset and empty both give the default."""
        return self.values.get(name, "") or default

    def integer(self, name: str, default: int, *, minimum: int = 1, maximum: int = 2**40) -> int:
        """A whole number between two bounds.

        Raises:
            ValueError: it is no number, or out of bounds.
        """
        raw = self.text(name)
        if not raw:
            return default
        try:
            number = int(raw)
        except ValueError:
            raise ValueError(f"{name} must be a whole number, not {raw!r}") from None
        if not minimum <= number <= maximum:
            raise ValueError(f"{name} must be between {minimum} and {maximum}, not {number}")
        return number

    def number(self, name: str, default: float, *, minimum: float = 0, maximum: float = 1e12) -> float:
        """A number between two bounds.

        Raises:
            ValueError: it is no number, or out of bounds.
        """
        raw = self.text(name)
        try:
            number = float(raw) if raw else default
        except ValueError:
            raise ValueError(f"{name} must be a number, not {raw!r}") from None
        if not minimum <= number <= maximum:
            raise ValueError(f"{name} must be between {minimum:g} and {maximum:g}, not {number:g}")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """A switch: 1/true/yes/on or 0/false/no/off.

        Raises:
            ValueError: it is neither.
        """
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw in _TRUE:
            return True
        if raw in _FALSE:
            return False
        raise ValueError(f"{name} must be true or false, not {raw!r}")

    def listed(self, name: str, default: tuple[str, ...] = (), *, separator: str = ",") -> tuple[str, ...]:
        """A list of non-empty strings."""
        raw = self.text(name)
        if not raw:
            return default
        return tuple(part.strip() for part in raw.split(separator) if part.strip())

    def roots(self) -> tuple[str, ...]:
        """Folders of ``WORKSPACE_ROOTS``, separated as in ``PATH``."""
        return self.listed("WORKSPACE_ROOTS", separator=os.pathsep)

    def profile(self) -> str:
        """The effect profile; the strictest one when unset.

        Raises:
            ValueError: an unknown profile.
        """
        profile = self.text("MCP_PROFILE", PROFILES[0])
        if profile not in PROFILES:
            raise ValueError(f"MCP_PROFILE must be one of {', '.join(PROFILES)}, not {profile!r}")
        return profile

    def ignored(self) -> tuple[str, ...]:
        """Switches that once widened a server's powers and mean nothing here."""
        return tuple(name for name in _IGNORED if self.text(name))
