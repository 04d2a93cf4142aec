"""YAML of a repository's configuration to values, with the line of each mistake.

The text is a stranger's: safe loading only, no aliases (they can grow without bound), no tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from review.errors import ConfigError

_MAX_CHARS = 50_000
_MAX_DEPTH = 20
_FILE = "patchwarden.yml"
_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float"))
_NUMBERS: Mapping[str, Callable[[str], float]] = {_INT: int, _FLOAT: float}
_TRUTH = {"true": True, "false": False}

_FORBIDDEN = (yaml.AliasToken, yaml.AnchorToken, yaml.TagToken)
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)

Model = TypeVar("Model", bound=BaseModel)
_Path = tuple[str | int, ...]
_Lines = dict[_Path, int]


def read_config_text(text: str, model: type[Model]) -> Model:
    """Check a text against a model.

    Raises:
        ConfigError: with the 1-based line of the mistake.
    """
    if len(text) > _MAX_CHARS:
        raise ConfigError(f"{_FILE} is longer than {_MAX_CHARS:,} characters.")
    lines: _Lines = {}
    data = _load(text, lines)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{_FILE} must be a mapping of settings, such as `fail_on: high`.", line=1)
    try:
        return model.model_validate(_with_short_rules(data))
    except ValidationError as error:
        raise _explained(error.errors(include_url=False)[0], lines, model) from None


def _load(text: str, lines: _Lines) -> Any:
    try:
        _check_tokens(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _value(node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(f"{_FILE} is not YAML: {error.problem or error.context}.", line=line) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{_FILE} is not YAML that can be read.") from error


def _check_tokens(text: str) -> None:
    """Refuse what grows or runs before anything is built. Stops at the first level too many: the rest is slow."""
    depth = 0
    for token in yaml.scan(text):
        line = token.start_mark.line + 1
        if isinstance(token, _FORBIDDEN):
            raise ConfigError(f"{_FILE} must not use YAML anchors, aliases or tags.", line=line)
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > _MAX_DEPTH:
            raise ConfigError(f"{_FILE} is nested too deep.", line=line)


def _value(node: yaml.Node, path: _Path, lines: _Lines) -> Any:
    """Values of a tree of nodes; notes the line of each."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            line = key_node.start_mark.line + 1
            if key is None:
                raise ConfigError(f"{_FILE}: a key must be a word.", line=line)
            if key in found:
                raise ConfigError(f"{_FILE}: `{key}` is there twice.", line=line)
            lines[(*path, key)] = line
            found[key] = _value(value_node, (*path, key), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, number), lines) for number, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """A plain value. ``off``, ``on``, ``yes`` and ``no`` are words here, not truth values as in YAML 1.1."""
    text = str(node.value)
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return _TRUTH.get(text.lower(), text)
    if node.tag in _NUMBERS:
        with suppress(ValueError):  # other notations stay words, and the model says what it wants
            return _NUMBERS[node.tag](text)
    return text


def _with_short_rules(data: dict[str, Any]) -> dict[str, Any]:
    """``ruff/S101: off`` stands for ``ruff/S101: {severity: off}``."""
    rules = data.get("rules")
    if not isinstance(rules, dict):
        return data
    spelt_out = {name: {"severity": value} if isinstance(value, str) else value for name, value in rules.items()}
    return {**data, "rules": spelt_out}


def _explained(error: ErrorDetails, lines: _Lines, model: type[BaseModel]) -> ConfigError:
    path = tuple(error["loc"])
    shown = ".".join(map(str, _known_part(path, lines))) or "the file"
    line = next((lines[path[:size]] for size in range(len(path), -1, -1) if path[:size] in lines), None)
    if error["type"] == "extra_forbidden":
        nearest = get_close_matches(str(path[-1]), list(_names_beside(path, model)), n=1, cutoff=0.5)
        hint = f" Did you mean `{nearest[0]}`?" if nearest else ""
        return ConfigError(f"{_FILE}: there is no setting `{shown}`.{hint}", line=line)
    return ConfigError(f"{_FILE}: `{shown}`: {error['msg']}.", line=line)


def _known_part(path: _Path, lines: _Lines) -> _Path:
    """The part of a path the file has; pydantic adds names of its own for unions."""
    return next((path[:size] for size in range(len(path), 0, -1) if path[:size] in lines), ())


def _names_beside(path: _Path, model: type[BaseModel]) -> Iterator[str]:
    """Names a misspelt key could have meant."""
    level: Any = model
    for part in path[:-1]:
        field = level.model_fields.get(part) if _is_model(level) else None
        level = field.annotation if field is not None else None
    if _is_model(level):
        yield from level.model_fields
    else:
        yield from ("severity",)


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
