"""Reads base images of Dockerfiles and actions of workflows, for what was bumped; pinning is for other engines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency

_FROM = re.compile(
    r"^\s*FROM\s+(?:--\S+\s+)*(?P<name>[\w./:-]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?(?:\s+AS\s+\S+)?\s*$",
    re.IGNORECASE,
)
_SHA = re.compile(r"[0-9a-f]{40,64}")
_USES = re.compile(
    r"^\s*(?:-\s+)?uses:\s*[\"']?(?P<name>[\w.-]+/[\w./-]+)@(?P<ref>[\w./-]+)[\"']?\s*(?:#\s*(?P<note>\S+))?"
)


def dockerfile(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Base images with their tags."""
    return [
        Dependency(match["name"], match["tag"] or "untagged", number)
        for number, text in lines
        if (match := _FROM.match(text)) and match["name"] != "scratch"
    ]


def workflow(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Used actions; a pin by hash counts as the version its comment names."""
    return [
        Dependency(match["name"], (match["note"] or "pinned") if _SHA.fullmatch(match["ref"]) else match["ref"], number)
        for number, text in lines
        if (match := _USES.match(text))
    ]
