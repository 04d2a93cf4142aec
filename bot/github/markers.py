"""Hidden markers: the first line of what we post, by which we find it again. Trusted only under our own name."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAFE = re.compile(r"[^A-Za-z0-9_.:/@+-]")
_MARKER = re.compile(r"<!-- patchwarden:([a-z]+) v1((?: [a-z]+=[A-Za-z0-9_.:/@+-]*)*) -->")


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker as read: ``summary``, ``finding``, ``review`` or ``reply``, and its facts."""

    kind: str
    facts: dict[str, str]


def marker(kind: str, **facts: str) -> str:
    """Write a marker. Characters that could end an HTML comment or a fact are left out."""
    written = "".join(f" {name}={_SAFE.sub('', value).replace('--', '-')}" for name, value in facts.items())
    return f"<!-- patchwarden:{kind} v1{written} -->"


def read_marker(body: str | None) -> Marker | None:
    """The marker in the first line, or None: a marker further down may be a quotation."""
    first = (body or "").split("\n", 1)[0].strip()
    match = _MARKER.fullmatch(first)
    if match is None:
        return None
    facts = dict(pair.split("=", 1) for pair in match[2].split())
    return Marker(match[1], facts)
