"""The operator's list of values and places that are known not to be leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from servers.guard.walk import matcher


@dataclass(frozen=True, slots=True)
class Allowlist:
    """One entry a line: ``fingerprint:HEX``, ``path:GLOB`` or ``value:TEXT``; ``#`` begins a comment."""

    fingerprints: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    matches_path: Callable[[str], bool] = lambda _: False

    @classmethod
    def read(cls, file: str) -> Allowlist:
        """Read the file; an empty name gives an empty list.

        Raises:
            ValueError: it is missing or a line has none of the three forms.
        """
        if not file:
            return cls()
        try:
            lines = Path(file).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ValueError(f"SECRET_ALLOWLIST_FILE cannot be read: {error.strerror}") from None
        entries: dict[str, list[str]] = {"fingerprint": [], "path": [], "value": []}
        for number, line in enumerate(lines, 1):
            stripped = line.strip()
            if not stripped or stripped.startswith("#"):
                continue
            match = re.fullmatch(r"(fingerprint|path|value):(.+)", stripped)
            if match is None:
                raise ValueError(f"SECRET_ALLOWLIST_FILE line {number}: expected fingerprint:, path: or value:")
            entries[match[1]].append(match[2].strip())
        return cls(frozenset(entries["fingerprint"]), frozenset(entries["value"]), matcher(entries["path"]))

    def allows(self, secret: str, path: str, fingerprint: str) -> bool:
        """Whether an entry covers this secret."""
        return fingerprint in self.fingerprints or secret in self.values or self.matches_path(path)
