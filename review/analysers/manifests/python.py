"""Reads requirements files, ``pyproject.toml`` and ``Pipfile``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests.model import Dependency

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_PEP508 = re.compile(rf"(?P<name>{_NAME})\s*(?:\[[^\]]*\])?\s*(?P<spec>(?:@\s*\S+|[(<>=!~].*)?)$")
_OPTION = re.compile(
    r"(?P<name>--extra-index-url|--index-url|-i|--find-links|-f|--trusted-host)(?:[=\s]+)(?P<spec>\S+)"
)
_EDITABLE = re.compile(r"(?:-e|--editable)[=\s]+(?P<spec>\S+)")
_EGG = re.compile(r"[#&]egg=([\w.-]+)|/([\w.-]+?)(?:\.git)?(?:@[^/]*)?$")
_SECTION = re.compile(r"^\s*\[{1,2}([^\[\]]{1,200})\]{1,2}\s*(?:#.*)?$")
_ARRAY = re.compile(r"^\s*([\w\"'.-]+)\s*=\s*\[(.*)$")
_PAIR = re.compile(r"^\s*[\"']?(?P<name>[\w.-]+)[\"']?\s*=\s*(?P<value>.+?)\s*(?:#[^\"']*)?$")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_TABLES = re.compile(r"tool\.poetry(?:\.group\.[\w-]+)?\.(?:dev-)?dependencies|packages|dev-packages")
_ARRAYS = re.compile(r"project\.optional-dependencies|dependency-groups|tool\.pdm\.dev-dependencies")


def requirements(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Requirements and options of a requirements file. Source: pip's "Requirements File Format"."""
    return list(_requirements(lines))


def _requirements(lines: Sequence[NumberedLine]) -> Iterator[Dependency]:
    for number, raw in lines:
        text = re.sub(r"(?:^|\s)#.*$", "", raw).rstrip(" \\").strip()
        if not text or text.startswith("--hash"):
            continue
        if option := _OPTION.match(text):
            yield Dependency(option["name"], option["spec"], number, "option")
        elif editable := _EDITABLE.match(text):
            yield from _direct(editable["spec"], number)
        elif re.match(r"(?:git|hg|svn|bzr)\+|https?://", text):
            yield from _direct(text, number)
        elif entry := _pep508(text.split(" --", 1)[0], number, needs_version=True):
            yield entry


def pyproject(lines: Sequence[NumberedLine]) -> list[Dependency]:
    """Dependencies of the project, its extras, groups, build system, and of Poetry and Pipenv tables."""
    return list(_pyproject(lines))


def _pyproject(lines: Sequence[NumberedLine]) -> Iterator[Dependency]:
    section, array = "", ""
    for number, text in lines:
        if not array and (header := _SECTION.match(text)):
            section = header[1].strip().replace('"', "").replace("'", "")
            continue
        if not array and (start := _ARRAY.match(text)):
            array = start[1].strip("\"'")
            body = start[2]
        elif array:
            body = text
        else:
            if _TABLES.fullmatch(section) and (pair := _PAIR.match(text)) and pair["name"] != "python":
                yield Dependency(pair["name"], _table_spec(pair["value"]), number)
            continue
        if _lists_packages(section, array):
            for match in _STRING.finditer(_uncommented(body)):
                entry = _pep508((match[1] or match[2] or "").strip(), number)
                if entry:
                    yield entry
        if "]" in _STRING.sub("", _uncommented(body)).replace("[]", ""):
            array = ""


def _lists_packages(section: str, array: str) -> bool:
    if section in {"project", ""} and array == "dependencies":
        return True
    return (section == "build-system" and array == "requires") or bool(_ARRAYS.fullmatch(section))


def _uncommented(text: str) -> str:
    return re.sub(r"^((?:[^\"'#]|\"[^\"]*\"|'[^']*')*)#.*$", r"\1", text)


def _table_spec(value: str) -> str:
    if match := re.fullmatch(r"[\"'](.*)[\"']", value):
        return match[1]
    if "git" not in value and (match := re.search(r"version\s*=\s*[\"']([^\"']*)[\"']", value)):
        return match[1]
    return value


def _pep508(text: str, number: int, *, needs_version: bool = False) -> Dependency | None:
    match = _PEP508.fullmatch(text.split(";", 1)[0].strip())
    if match is None:
        return None
    spec = match["spec"].strip("() ")
    return Dependency(_normal(match["name"]), spec.removeprefix("@").strip(), number, needs_version=needs_version)


def _direct(spec: str, number: int) -> Iterator[Dependency]:
    if "://" in spec or spec.startswith("git@"):
        egg = _EGG.search(spec)
        yield Dependency(_normal(egg[1] or egg[2]) if egg else spec, spec, number)


def _normal(name: str) -> str:
    """One spelling a package. Source: PyPA specification "Names and normalization"."""
    return re.sub(r"[-_.]+", "-", name).lower()
