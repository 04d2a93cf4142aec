"""Requests and answers held against GitHub's OpenAPI description: routes, parameters, bodies, unknown keys."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from support.github.descriptions import load

FORMATS = FormatChecker(formats=())
CONTRADICTORY = frozenset({"apps/list-installations"})
"""Answers nobody can give: here the account must be a user and an enterprise at once."""
REALLY_NULL = frozenset({"line", "position"})
"""Null for an outdated comment on GitHub, whatever its description says."""
SHOWN = 200
MULTI_SEGMENT = frozenset({"path", "basehead", "ref"})
"""Path parameters GitHub takes with plain slashes; all others want ``%2F``."""


@FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Match:
    """An operation of GitHub's description that a request names, with its path parameters decoded."""

    operation: dict[str, Any]
    operation_id: str
    path: dict[str, str]


@functools.cache
def _routes() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """Method to patterns; literal segments go before parameters, as a router must try them."""
    table: dict[str, list[tuple[re.Pattern[str], str, str]]] = {}
    for operation_id, operation in load().operations.items():
        path = operation["path"].replace("{base}...{head}", "{basehead}")
        table.setdefault(operation["method"], []).append((_pattern(path), operation_id, path))
    return {
        method: [(pattern, name) for pattern, name, _ in sorted(rows, key=lambda row: _specificity(row[2]))]
        for method, rows in table.items()
    }


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    text = "".join(
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>{'.+' if part in MULTI_SEGMENT else '[^/]+'})"
        for index, part in enumerate(parts)
    )
    return re.compile(text + r"\Z")


def _specificity(path: str) -> tuple[int, list[int]]:
    segments = path.split("/")
    return (-len(segments), [1 if "{" in segment else 0 for segment in segments])


def match(method: str, raw_path: str) -> Match | None:
    """Find the operation for a request.

    Args:
        method: in upper case.
        raw_path: still percent-encoded, from the root of the API.
    """
    for pattern, operation_id in _routes().get(method, ()):
        found = pattern.match(raw_path)
        if found:
            values = {name: unquote(value) for name, value in found.groupdict().items()}
            return Match(load().operations[operation_id], operation_id, values)
    return None


@functools.cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource("urn:github", DRAFT202012.create_resource(load().components))
    return filled


@functools.cache
def _validator(operation_id: str, part: str) -> Draft202012Validator | None:
    operation = load().operations[operation_id]
    schema = operation["body"] if part == "body" else operation["responses"].get(part)
    if not schema:
        return None
    return Draft202012Validator(schema, registry=_registry(), format_checker=FORMATS)


def body_problems(found: Match, body: Any) -> list[str]:
    """What GitHub's description says against a request body; empty when it fits."""
    validator = _validator(found.operation_id, "body")
    if validator is None:
        return [] if body in (None, {}) else ["this operation takes no body"]
    if body is None:
        return ["a body is required"] if found.operation["body_required"] else []
    return [_sentence(error) for error in validator.iter_errors(body)]


def unknown_keys(found: Match, body: Any) -> list[str]:
    """Keys GitHub's description does not know: GitHub ignores them, so a misspelt one is lost in silence."""
    schema = found.operation["body"]
    return list(_unknown(schema, body, "")) if schema and body is not None else []


def query_problems(found: Match, query: Mapping[str, str]) -> list[str]:
    """Unknown query parameters, and values of a wrong type."""
    known = {p["name"]: p["schema"] for p in found.operation["parameters"] if p["in"] == "query"}
    problems = [f"query parameter {name!r} is unknown" for name in query if name not in known]
    for name, value in query.items():
        if name in known:
            checker = Draft202012Validator(known[name], registry=_registry(), format_checker=FORMATS)
            problems += [
                f"query {name}={value!r}: {e.message}" for e in checker.iter_errors(_typed(known[name], value))
            ]
    return problems


def response_problems(operation_id: str, status: int, body: Any) -> list[str]:
    """What GitHub's description says against an answer of the stand-in itself."""
    operation = load().operations[operation_id]
    if operation_id in CONTRADICTORY:
        return []
    if str(status) not in operation["responses"]:
        return [f"status {status} is not described for {operation_id}"]
    validator = _validator(operation_id, str(status))
    errors = validator.iter_errors(body) if validator else ()
    return [_sentence(e) for e in errors if not (e.instance is None and e.absolute_path[-1] in REALLY_NULL)]


def _typed(schema: dict[str, Any], value: str) -> Any:
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


def _sentence(error: Any) -> str:
    place = "/".join(str(part) for part in error.absolute_path) or "body"
    text = error.message if len(error.message) <= SHOWN else f"{error.message[:SHOWN]} … {error.message[-80:]}"
    return f"{place}: {text}"


def _unknown(schema: Any, value: Any, place: str) -> Iterator[str]:
    variants = list(_variants(schema))
    if isinstance(value, list):
        items = [v["items"] for v in variants if "items" in v]
        for index, entry in enumerate(value):
            if items:
                yield from _unknown({"anyOf": items}, entry, f"{place}[{index}]")
    elif isinstance(value, dict):
        known: dict[str, list[Any]] = {}
        for variant in variants:
            for key, sub in variant.get("properties", {}).items():
                known.setdefault(key, []).append(sub)
        if not known:
            return
        for key, entry in value.items():
            if key in known:
                yield from _unknown({"anyOf": known[key]}, entry, f"{place}.{key}".lstrip("."))
            else:
                yield f"{place}.{key}".lstrip(".") + " is not a key GitHub knows here"


def _variants(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from _variants(load().components[schema["$ref"].rsplit("/", 1)[1]])
        return
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        for sub in schema.get(word, ()):
            yield from _variants(sub)
