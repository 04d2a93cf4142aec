"""Reads ``package.json`` and ``composer.json``, whole or in pieces, with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency, is_github_short

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"?|([{}\[\],:])')
_NPM_SECTIONS = frozenset(
    {"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"}
)
_INSTALL_HOOKS = frozenset({"preinstall", "install", "postinstall"})
"""Scripts npm runs on the machine of whoever installs the package. Source: npm's documentation, "scripts"."""
_COMPOSER_SECTIONS = frozenset({"require", "require-dev"})
_VERSION_LIKE = re.compile(r"^(?:[\^~<>=v]*\d+\.|\*$|latest$|git|https?:|workspace:|npm:)")
_NO_PACKAGE = frozenset({"version", "node", "npm", "name", "url", "homepage", "type", "license", "php", "engines"})

Pair = tuple[tuple[str, ...], str, str, int]
"""Enclosing keys, key, text value, line."""


def package_json(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Dependencies and install hooks of npm's manifest."""
    found: list[Dependency] = []
    for parents, key, value, line in _pairs(lines):
        section = parents[0] if parents else ""
        if section in _NPM_SECTIONS or (not section and _looks_like_package(lines, key, value)):
            spec = f"github:{value}" if is_github_short(value) else value
            if not spec.startswith(("workspace:", "file:", "link:", "portal:", "npm:")) and not key.startswith("."):
                found.append(Dependency(key, spec, line))
        elif section == "scripts" and len(parents) == 1 and key in _INSTALL_HOOKS:
            found.append(Dependency(key, value, line, "script"))
    return found


def composer_json(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Dependencies of Composer's manifest, without the platform (``php``, ``ext-*``)."""
    return [
        Dependency(key, value, line)
        for parents, key, value, line in _pairs(lines)
        if "/" in key and ((parents[:1] and parents[0] in _COMPOSER_SECTIONS) or not parents)
    ]


def _looks_like_package(lines: Sequence[NumberedLine], key: str, value: str) -> bool:
    """For a piece of a file, whose enclosing keys are unknown."""
    whole = bool(lines) and lines[0][0] == 1
    return not whole and key not in _NO_PACKAGE and bool(_VERSION_LIKE.match(value))


def _pairs(lines: Sequence[NumberedLine]) -> Iterator[Pair]:
    stack: list[str] = []
    key: str | None = None
    text: str | None = None
    whole = bool(lines) and lines[0][0] == 1
    for number, line in lines:
        for match in _TOKEN.finditer(line):
            string, sign = match[1], match[2]
            if string is not None:
                if key is not None:
                    yield tuple(stack[1:] if whole else stack), key, string, number
                    key = None
                text = string
            elif sign == ":":
                key = text
            elif sign in "{[":
                stack.append(key or "")
                key = None
            elif sign in "}]":
                if stack:
                    stack.pop()
                key = None
            else:
                key = None
