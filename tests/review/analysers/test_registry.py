"""The registry is whole: every module, unique rules, right prefixes, patterns that match their table."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import review.analysers
from review.analyser import Analyser
from review.analysers import ALL
from review.analysers.security_rules import RULES as SECURITY_RULES
from support.engines import COMMANDS, SIMPLE_WARP, program_of

_RULE_ID = re.compile(r"[a-z][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9./_-]*")


def test_every_module_of_the_folder_has_its_analyser_in_the_registry() -> None:
    modules = {m.name for m in pkgutil.iter_modules(review.analysers.__path__) if not m.ispkg}
    assert {kind.__module__.rsplit(".", 1)[-1] for kind in ALL} == modules
    for module in modules:
        importlib.import_module(f"review.analysers.{module}")


def test_names_and_rule_ids_are_unique() -> None:
    names = [kind.name for kind in ALL]
    ids = [rule.id for kind in ALL for rule in kind.rules]
    assert len(set(names)) == len(names)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_an_analyser_keeps_its_contract(kind: type[Analyser]) -> None:
    assert kind.rule_prefix == f"{kind.name}/"
    assert kind.name.replace("-", "_") == kind.__module__.rsplit(".", 1)[-1]
    assert all(rule.id.startswith(kind.rule_prefix) and _RULE_ID.fullmatch(rule.id) for rule in kind.rules)
    assert all(rule.help and not rule.summary.endswith(".") for rule in kind.rules)
    assert any(example.rules for example in kind.examples) or kind.name == "missing-tests"
    assert any(not example.rules for example in kind.examples)


def test_every_rule_of_a_diff_only_analyser_has_an_example() -> None:
    staged = {  # need an old text, a tree or sizes: tested in their own files
        "large-files/large", "missing-tests/no-test", "missing-tests/test-not-changed", "workflow-permissions/widened",
        "dependency-changes/added", "dependency-changes/removed", "dependency-changes/major-bump",
        "dependency-changes/downgrade", "dependency-changes/lock-not-changed", "dependency-changes/lock-alone",
        "dependency-changes/trusted-host",
    }  # fmt: skip
    shown = {rule for kind in ALL for example in kind.examples for rule in example.rules}
    own = {rule.id for kind in ALL for rule in kind.rules}
    assert own - shown == staged


def test_pattern_files_and_the_table_of_security_rules_name_the_same_rules() -> None:
    patterns: list[str] = []
    for file in sorted((SIMPLE_WARP / "engines" / "ast_grep" / "rules").glob("*.yml")):
        for document in yaml.safe_load_all(file.read_text()):
            patterns.append(document["id"])
            assert document["message"] == document["id"]
    assert sorted(patterns) == sorted(row.name for row in SECURITY_RULES)
    assert len(patterns) >= 60


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_complete_and_its_program_is_installed(command: str) -> None:
    row = COMMANDS[command]
    assert set(row) == {
        "description", "program", "argv", "cwd", "timeout_s", "network", "max_output_bytes", "ok_exit_codes", "env",
        "memory_mb", "parser",
    }  # fmt: skip
    assert row["network"] is False
    assert row["argv"][-1] == "{paths}"
    assert program_of(command)
    for part in row["argv"]:
        for name in re.findall(r"\{engines\}/([\w./-]+)", part):
            assert (SIMPLE_WARP / "engines" / name).exists()


def test_every_engine_has_a_command_of_its_name() -> None:
    engines = {kind.name for kind in ALL if getattr(kind, "needs_workspace", False)}
    assert engines == set(COMMANDS)


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    root = Path(review.analysers.__file__).parent
    assert [p.name for p in root.rglob("*.py") if len(p.read_text().splitlines()) > 300] == []
