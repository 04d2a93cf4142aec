"""Every registry is complete: each file of a plural package is in its list, ids are unique, names are right."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REGISTRIES = ["bot.commands", "bot.jobs", "bot.publishers", "bot.pages", "review.analysers", "review.formats"]


def _module_of(entry: object) -> str:
    return entry.__module__ if isinstance(entry, type) else type(entry).__module__


@pytest.mark.parametrize("package", REGISTRIES)
def test_names_of_a_registry_are_unique(package: str) -> None:
    names = [getattr(entry, "name", getattr(entry, "path", None)) for entry in import_module(package).ALL]

    assert None not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", REGISTRIES)
def test_every_module_that_defines_an_entry_is_registered(package: str) -> None:
    registry = import_module(package)
    registered = {_module_of(entry).rpartition(".")[2] for entry in registry.ALL}
    folder = ROOT / package.replace(".", "/")
    marker = re.compile(r"^    (name|path): ClassVar\[str\] = ", re.MULTILINE)
    defining = {p.stem for p in folder.glob("*.py") if p.stem != "__init__" and marker.search(p.read_text())}

    assert defining <= registered, f"write {sorted(defining - registered)} into {package}.ALL"


def test_rule_ids_are_unique_and_carry_their_family() -> None:
    analysers = import_module("review.analysers").ALL
    ids = [rule.id for analyser in analysers for rule in analyser.rules]

    assert len(ids) == len(set(ids))
    for analyser in analysers:
        assert all(rule.id.startswith(analyser.rule_prefix) for rule in analyser.rules), analyser.name


def test_the_reference_pages_are_what_the_code_says() -> None:
    import sys

    sys.path.insert(0, str(ROOT / "docs"))
    try:
        generate = import_module("generate")
    finally:
        sys.path.remove(str(ROOT / "docs"))

    assert generate.main(check=True) == 0


def test_no_module_is_a_drawer() -> None:
    banned = {"utils", "helpers", "common", "misc", "manager"}
    packages = ("bot", "review", "workflows", "servers", "action", "templates", "migrations")

    assert [p for name in packages for p in (ROOT / name).rglob("*.py") if p.stem in banned] == []
