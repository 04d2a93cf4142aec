"""Reads ``go.mod`` and ``Cargo.toml``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency

_GO = re.compile(r"^\s*(?:require\s+)?(?P<name>[\w.~-]+(?:/[\w.~-]+)+)\s+(?P<spec>v\d\S*)(?:\s*//.*)?$")
_GO_REPLACE = re.compile(
    r"^\s*(?:replace\s+)?(?P<name>\S+)(?:\s+v\S+)?\s+=>\s+(?P<target>\S+)(?:\s+(?P<spec>v\S+))?\s*(?://.*)?$"
)
_CARGO_SECTION = re.compile(r"^\s*\[([^\]]+)\]\s*(?:#.*)?$")
_CARGO_TABLE = re.compile(r"(?:.*\.)?(?:workspace\.)?(?:dev-|build-)?dependencies(?:\.(?P<name>[\w-]+))?")
_CARGO_PAIR = re.compile(r"^\s*\"?(?P<name>[\w-]+)\"?\s*=\s*(?P<value>.+?)\s*(?:#[^\"']*)?$")
_CARGO_VERSION = re.compile(r"\bversion\s*=\s*\"([^\"]*)\"")


def go_mod(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Required modules; a replacement by another module counts as its spec. Source: go.dev/ref/mod."""
    found: list[Dependency] = []
    for number, text in lines:
        if match := _GO_REPLACE.match(text):
            target = match["target"]
            if not target.startswith((".", "/")) and target != match["name"]:
                found.append(
                    Dependency(f"{match['name']} (replaced)", f"{target} {match['spec'] or ''}".strip(), number)
                )
        elif match := _GO.match(text):
            found.append(Dependency(match["name"], match["spec"], number))
    return found


def cargo_toml(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Crates of every dependency table. Source: Cargo's book, "Specifying Dependencies"."""
    found: list[Dependency] = []
    table: re.Match[str] | None = None
    known = False
    for number, text in lines:
        if header := _CARGO_SECTION.match(text):
            table, known = _CARGO_TABLE.fullmatch(header[1].strip()), True
            continue
        pair = _CARGO_PAIR.match(text)
        if pair is None or (known and table is None):
            continue
        value = pair["value"]
        if table is not None and table["name"]:
            if pair["name"] in {"version", "git"}:
                spec = value.strip('"') if pair["name"] == "version" else f"git = {value}"
                found.append(Dependency(table["name"], spec, number))
        elif known or re.match(r"^\"[\^~=<>*]?\d|^\{.*version", value):
            found += _crate(pair["name"], value, number)
    return found


def _crate(name: str, value: str, number: int) -> list[Dependency]:
    if re.search(r"\bworkspace\s*=\s*true|\bpath\s*=", value) or name.endswith(".workspace"):
        return []
    if value.startswith('"'):
        return [Dependency(name, value.strip('"'), number)]
    if "git" in value:
        return [Dependency(name, value, number)]
    version = _CARGO_VERSION.search(value)
    return [Dependency(name, version[1], number)] if version else []
