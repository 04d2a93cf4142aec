"""The repository's configuration: what it takes, and how it says what is wrong."""

from __future__ import annotations

import time

import jsonschema
import pytest

from review.config import ReviewConfig, config_schema, validate_config
from review.errors import ConfigError
from review.models import Confidence, Severity


def test_an_empty_file_is_the_defaults() -> None:
    assert validate_config("") == validate_config("# nothing\n") == ReviewConfig()


def test_all_settings_are_read() -> None:
    config = validate_config(
        "fail_on: critical\nmin_severity: medium\nmin_confidence: high\nonly: [ruff, secrets]\n"
        "ignore_paths:\n  - vendor/\n  - '*.gen.py'\nlimits:\n  inline_comments: 3\ndrafts: true\n"
        "rules:\n  ruff/S101: off\n  ruff/*: {severity: low}\n  secrets/aws: critical\n"
    )
    assert (config.fail_on, config.min_severity, config.min_confidence) == (
        Severity.CRITICAL,
        Severity.MEDIUM,
        Confidence.HIGH,
    )
    assert config.only == ("ruff", "secrets")
    assert config.limits.inline_comments == 3
    assert config.drafts is True
    assert {name: rule.severity for name, rule in config.rules.items()} == {
        "ruff/S101": "off",
        "ruff/*": Severity.LOW,
        "secrets/aws": Severity.CRITICAL,
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("fail_on: high\n\nmin_severty: low\n", 3, "Did you mean `min_severity`?"),
        ("limits:\n  file_byte: 3000\n", 2, "Did you mean `file_bytes`?"),
        ("rules:\n  ruff/S1:\n    sevrity: low\n", 3, "Did you mean `severity`?"),
        ("fail_on: hihg\n", 1, "`fail_on`"),
        ("limits:\n  inline_comments: 500\n", 2, "`limits.inline_comments`"),
        ("rules:\n  a/b: loud\n", 2, "`rules.a/b"),
        ("drafts: yes please\n", 1, "`drafts`"),
        ("only: ruff\n", 1, "`only`"),
        ("a: 1\na: 2\n", 2, "twice"),
        ("- a\n", 1, "mapping"),
        ("a: [\n", 2, "not YAML"),
        ("a: &x 1\nb: *x\n", 1, "aliases"),
        ("a: !!python/object:os.system x\n", 1, "tags"),
        ("? [a]\n: b\n", 1, "a key must be a word"),
        ("\t- a\n", 1, "not YAML"),
        ("x" * 200_000, None, "longer than"),
        ("ignore_paths: ['a/', '!']\n", None, "'!'"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", 1, "nested too deep"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate_config(text)
    assert words in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["a: " + "[" * 40_000, "- " * 20_000, "a: " * 15_000, "? " * 20_000, "{a: " * 9_000])
def test_hostile_text_is_refused_quickly(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ConfigError):
        validate_config(text)
    assert time.process_time() - start < 2


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"fail_on": "never", "rules": {"ruff/S101": {"severity": "off"}}})
    assert validator.is_valid({"rules": {"ruff/S101": "off"}})
    assert not validator.is_valid({"fail_onn": "never"})
    assert not validator.is_valid({"rules": {"ruff/S101": "loud"}})
