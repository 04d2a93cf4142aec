"""Reads ``pom.xml`` and Gradle scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency

_OPEN = re.compile(r"<(dependency|plugin|parent|repository|pluginRepository)>")
_CLOSE = re.compile(r"</(dependency|plugin|parent|repository|pluginRepository)>")
_FIELD = re.compile(r"<(groupId|artifactId|version|url)>\s*([^<]*?)\s*</\1>")
_COORDINATE = re.compile(
    r"\b(?:implementation|api|compileOnly|runtimeOnly|testImplementation|testRuntimeOnly|androidTestImplementation|kapt|ksp"
    r"|annotationProcessor|classpath|compile|testCompile|platform|enforcedPlatform)\b[\s(]*"
    r"[\"'](?P<name>[\w.-]+:[\w.-]+)(?::(?P<spec>[^\"'@]*))?[^\"']*[\"']"
)
_PLUGIN = re.compile(r"\bid\s*\(?\s*[\"'](?P<name>[\w.-]+)[\"']\s*\)?\s*version\s*\(?\s*[\"'](?P<spec>[^\"']+)[\"']")
_URL = re.compile(r"\burl\s*[=(]?\s*(?:uri\s*\()?\s*[\"'](?P<spec>https?://[^\"']+)[\"']")


def pom_xml(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Dependencies, plug-ins, the parent and repositories of a Maven project."""
    found: list[Dependency] = []
    block: dict[str, tuple[str, int]] = {}
    inside = ""
    for number, text in lines:
        if opened := _OPEN.search(text):
            inside, block = opened[1], {}
        for name, value in _FIELD.findall(text):
            block.setdefault(name, (value, number))
        if (closed := _CLOSE.search(text)) and inside == closed[1]:
            found += _pom_entry(inside, block)
            inside, block = "", {}
    return found


def _pom_entry(kind: str, block: dict[str, tuple[str, int]]) -> list[Dependency]:
    if "epository" in kind:
        return [Dependency("repository", *block["url"], "option")] if "url" in block else []
    if "artifactId" not in block:
        return []
    group = block.get("groupId", ("", 0))[0]
    spec, line = block.get("version", ("managed", block["artifactId"][1]))
    return [Dependency(f"{group}:{block['artifactId'][0]}", spec, line)]


def gradle(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Coordinates, plug-ins and repository addresses of a Gradle script, Groovy or Kotlin."""
    found: list[Dependency] = []
    for number, text in lines:
        code = re.sub(r"(?<!:)//.*$", "", text)
        found += [Dependency(m["name"], m["spec"] or "managed", number) for m in _COORDINATE.finditer(code)]
        found += [Dependency(m["name"], m["spec"], number) for m in _PLUGIN.finditer(code)]
        found += [Dependency("repository", m["spec"], number, "option") for m in _URL.finditer(code)]
    return found
