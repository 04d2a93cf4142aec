"""The repository's own file ``.github/patchwarden.yml``: what it may say. Unknown keys are errors."""

from __future__ import annotations

from typing import Any, Literal

from pathspec import GitIgnoreSpec
from pydantic import Field

from review.errors import ConfigError
from review.models import Confidence, Frozen, Severity

CONFIG_PATH = ".github/patchwarden.yml"


class Limits(Frozen):
    """How much is looked at and posted."""

    file_bytes: int = Field(default=1_000_000, ge=1_000)
    files: int = Field(default=3_000, ge=1)
    diff_bytes: int = Field(default=30_000_000, ge=10_000)
    inline_comments: int = Field(default=10, ge=0, le=50)
    large_file_bytes: int = Field(default=1_000_000, ge=1_000)


class RuleSetting(Frozen):
    """What a repository says of one rule or family (``ruff/*``)."""

    severity: Severity | Literal["off"] | None = None


class ReviewConfig(Frozen):
    """Settings of one review. Read from the base, never from the head of a pull request."""

    fail_on: Severity | Literal["never"] = Severity.HIGH
    fail_on_incomplete: bool = False
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.LOW
    all_lines: bool = False
    """Report findings on lines the change did not add, too."""
    only: tuple[str, ...] = ()
    """Names of analysers; empty means all."""
    skip: tuple[str, ...] = ()
    ignore_paths: tuple[str, ...] = ()
    """Patterns as in .gitignore."""
    rules: dict[str, RuleSetting] = Field(default_factory=dict)
    limits: Limits = Field(default_factory=Limits)
    drafts: bool = False
    """Review draft pull requests, too."""
    auto_review: bool = True
    summary: bool = True
    inline_comments: bool = True


def validate_config(text: str) -> ReviewConfig:
    """Read the text of a configuration file.

    Raises:
        ConfigError: what is wrong, on which line, and the nearest name for a misspelt key.
    """
    from review.config_text import read_config_text

    config = read_config_text(text, ReviewConfig)
    for pattern in config.ignore_paths:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            raise ConfigError(f"{CONFIG_PATH}: `ignore_paths` has a pattern git does not take: {pattern!r}.") from error
    return config


def config_schema() -> dict[str, Any]:
    """JSON schema of the file, for editors and ``patchwarden config schema``."""
    schema = ReviewConfig.model_json_schema()
    short = {"anyOf": [{"$ref": "#/$defs/Severity"}, {"const": "off"}]}
    rule = {"anyOf": [{"$ref": "#/$defs/RuleSetting"}, short]}
    properties = {**schema["properties"], "rules": {**schema["properties"]["rules"], "additionalProperties": rule}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "properties": properties,
        "title": "Patchwarden repository configuration",
    }
