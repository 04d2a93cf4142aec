"""Reads ``Gemfile`` and gem specifications."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency

_GEM = re.compile(
    r"^\s*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)[\s(]+[\"'](?P<name>[\w.-]+)[\"'](?P<rest>.*)$"
)
_SOURCE = re.compile(r"^\s*source[\s(]+[\"'](?P<spec>[^\"']+)[\"']")
_DIRECT = re.compile(r"\b(?:git|github|gist|bitbucket):|:(?:git|github)\s*=>")


def gemfile(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Gems and sources. Source: Bundler's documentation of the Gemfile."""
    found: list[Dependency] = []
    for number, raw in lines:
        text = re.sub(r"\s#\s.*$", "", raw)
        if match := _GEM.match(text):
            rest = match["rest"]
            if re.search(r"\bpath:|:path\s*=>", rest):
                continue
            direct = _DIRECT.search(rest)
            versions = re.findall(r"(?<=[,\[])\s*[\"']([^\"']+)[\"']", rest)
            spec = rest.lstrip(", ") if direct else ", ".join(v for v in versions if re.search(r"\d", v))
            found.append(Dependency(match["name"], spec or "locked", number))
        elif match := _SOURCE.match(text):
            found.append(Dependency("source", match["spec"], number, "option"))
    return found
