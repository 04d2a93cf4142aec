"""Reading an engine's answer: it succeeded, it is whole, it is JSON of the expected shape, its paths are ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from review.analyser import StepResults
from review.analysers.facts.found import plain
from review.errors import AnalyserError

T = TypeVar("T")

EXCERPT_CHARS = 160
"""How much of an unreadable answer an error quotes."""


def answers(analyser: str, results: StepResults) -> Iterator[Mapping[str, Any]]:
    """Results of the analyser's steps whose program ran to its end.

    Raises:
        AnalyserError: a program was stopped, cut short, or ended with an exit code that means failure.
    """
    for name in sorted(results):
        if name.split(":", 1)[0] != analyser:
            continue
        result = results[name].result
        if result is None or not result.ok:
            raise AnalyserError(f"{analyser}: step {name} has no answer")
        content = result.content
        _require_complete(analyser, content)
        yield content


def _require_complete(analyser: str, content: Mapping[str, Any]) -> None:
    if content.get("timed_out"):
        raise AnalyserError(f"{analyser}: stopped at its time limit; review fewer files or raise the limit")
    if content.get("truncated"):
        raise AnalyserError(f"{analyser}: its output was cut off at the size limit")
    if content.get("ok") is not True:
        said = plain(str(content.get("stderr") or ""), EXCERPT_CHARS)
        raise AnalyserError(f"{analyser}: ended with exit code {content.get('exit_code')}: {said or 'no message'}")


def stdout_of(analyser: str, content: Mapping[str, Any]) -> str:
    """What the program wrote.

    Raises:
        AnalyserError: there is no text.
    """
    stdout = content.get("stdout")
    if not isinstance(stdout, str):
        raise AnalyserError(f"{analyser}: expected text in stdout, got {type(stdout).__name__}")
    return stdout


def json_of(analyser: str, content: Mapping[str, Any]) -> Any:
    """The program's output as JSON.

    Raises:
        AnalyserError: it is not JSON.
    """
    stdout = stdout_of(analyser, content)
    try:
        return json.loads(stdout)
    except (ValueError, RecursionError) as error:
        said = plain(stdout or str(content.get("stderr") or ""), EXCERPT_CHARS)
        raise AnalyserError(f"{analyser}: expected JSON, got {said or 'nothing'!r}") from error


def items(analyser: str, value: Any, what: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON array.

    Raises:
        AnalyserError: it is no array, or holds something else than objects.
    """
    if not isinstance(value, list):
        raise AnalyserError(f"{analyser}: expected an array of {what}, got {type(value).__name__}")
    for item in value:
        if not isinstance(item, Mapping):
            raise AnalyserError(f"{analyser}: expected an object in {what}, got {type(item).__name__}")
        yield item


def field(analyser: str, item: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A required field of the expected type.

    Raises:
        AnalyserError: it is missing or of another type.
    """
    value = item.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        raise AnalyserError(f"{analyser}: expected {name} to be {kind.__name__}, got {type(value).__name__}")
    return value


def known_path(raw: str, workspace: str | None, known: Mapping[str, Any]) -> str | None:
    """The changed file an engine means: relative, ``./`` or absolute in the workspace; None for any other."""
    path = raw
    if workspace and path.startswith(workspace.rstrip("/") + "/"):
        path = path[len(workspace.rstrip("/")) + 1 :]
    path = path.removeprefix("./")
    if path in known:
        return path
    # An engine may resolve links on the way to the workspace (/tmp on macOS): the longest known tail wins.
    if raw.startswith("/") and workspace:
        tail = workspace.rstrip("/").rsplit("/", 1)[-1]
        marker = f"/{tail}/"
        if marker in raw:
            rest = raw.split(marker, 1)[1]
            return rest if rest in known else None
    return None
