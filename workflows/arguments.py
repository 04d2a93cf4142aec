"""Step arguments filled in from the inputs of an execution and the outputs of earlier steps.

``${{ inputs.NAME }}`` and ``${{ steps.STEP.output.KEY }}`` are looked up, never evaluated. A string that is
one expression takes the value as it is, type included; inside other text a value that is not a string stands
as JSON. What was looked up is data and is not looked at again, so a tool's answer that contains ``${{ }}``
stays text.
``$${{`` stands for a literal ``${{``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.errors import ArgumentError

_EXPRESSION = re.compile(r"\$\$\{\{|\$\{\{(?P<inside>[^{}]{0,512})\}\}")
_OPENING = re.compile(r"(?<!\$)\$\{\{")
_PART = re.compile(r"""\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<index>\d{1,9})\]|\["(?P<key>[^"\]]{1,200})"\]""")
_QUOTED_STEP = re.compile(r"""^\["(?P<name>[^"\]]{1,100})"\](?P<rest>.*)$""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reference:
    """One parsed expression."""

    text: str
    """As written, without the braces."""
    step: str | None
    """Whose output; None for an input."""
    path: tuple[str | int, ...]
    """Keys and list positions, outermost first."""


def references(arguments: Any, steps: Collection[str]) -> Iterator[Reference]:
    """Every expression in some arguments.

    Args:
        arguments: JSON values, nested as they come.
        steps: names of the steps that may be referred to.

    Raises:
        ArgumentError: an expression is neither an input nor the output of one of the steps.
    """
    if isinstance(arguments, str):
        _check_closed(arguments)
        for match in _EXPRESSION.finditer(arguments):
            if match["inside"] is not None:
                yield parse(match["inside"], steps)
    elif isinstance(arguments, Mapping):
        for value in arguments.values():
            yield from references(value, steps)
    elif isinstance(arguments, list | tuple):
        for value in arguments:
            yield from references(value, steps)


def fill(arguments: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    """Replace every expression by its value.

    Args:
        arguments: JSON values, nested as they come.
        inputs: what the execution was started with.
        outputs: content of each finished step, by name.

    Raises:
        ArgumentError: an expression names something that is not there.
    """
    if isinstance(arguments, str):
        return _fill_text(arguments, inputs, outputs)
    if isinstance(arguments, Mapping):
        return {key: fill(value, inputs, outputs) for key, value in arguments.items()}
    if isinstance(arguments, list | tuple):
        return [fill(value, inputs, outputs) for value in arguments]
    return arguments


def parse(text: str, steps: Collection[str]) -> Reference:
    """Read one expression.

    Raises:
        ArgumentError: it is not of one of the two forms, or names an unknown step.
    """
    written = text.strip()
    if written.startswith("inputs"):
        path = _path(written.removeprefix("inputs"), written)
        if path and isinstance(path[0], str):
            return Reference(text=written, step=None, path=path)
    elif written.startswith("steps"):
        step, rest = _step(written.removeprefix("steps"), steps)
        if step is not None and rest.startswith(".output"):
            return Reference(text=written, step=step, path=_path(rest.removeprefix(".output"), written))
        raise ArgumentError(
            f"${{{{ {written} }}}} must be steps.NAME.output.KEY with a step this one depends on",
            reference=written,
        )
    raise ArgumentError(f"${{{{ {written} }}}} must start with inputs. or steps.", reference=written)


def _fill_text(text: str, inputs: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    if "${{" not in text:
        return text
    _check_closed(text)
    whole = _EXPRESSION.fullmatch(text)
    if whole and whole["inside"] is not None:
        return _look_up(parse(whole["inside"], outputs), inputs, outputs)

    def value(match: re.Match[str]) -> str:
        if match["inside"] is None:
            return "${{"
        found = _look_up(parse(match["inside"], outputs), inputs, outputs)
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _EXPRESSION.sub(value, text)


def _look_up(reference: Reference, inputs: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    value: Any = inputs if reference.step is None else outputs[reference.step]
    for part in reference.path:
        named = isinstance(part, str) and isinstance(value, Mapping) and part in value
        counted = isinstance(part, int) and isinstance(value, list | tuple) and part < len(value)
        if named or counted:
            value = value[part]
        else:
            raise ArgumentError(f"${{{{ {reference.text} }}}}: there is no {part!r}", reference=reference.text)
    return value


def _step(rest: str, steps: Collection[str]) -> tuple[str | None, str]:
    quoted = _QUOTED_STEP.match(rest)
    if quoted:
        return (quoted["name"] if quoted["name"] in steps else None), quoted["rest"]
    # step names may contain dots, so the longest known name wins
    fitting = [name for name in steps if rest.startswith(f".{name}.output")]
    name = max(fitting, key=len, default=None)
    return name, "" if name is None else rest[len(name) + 1 :]


def _path(text: str, written: str) -> tuple[str | int, ...]:
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ArgumentError(f"${{{{ {written} }}}}: cannot read {text[position:]!r}", reference=written)
        parts.append(int(match["index"]) if match["index"] is not None else match["name"] or match["key"])
        position = match.end()
    return tuple(parts)


def _check_closed(text: str) -> None:
    # a mistyped expression must not reach a tool as if it were meant
    for opening in _OPENING.finditer(text):
        if _EXPRESSION.match(text, opening.start()) is None:
            raise ArgumentError(
                "an expression that starts with ${{ is not closed; write $${{ for the plain text",
                reference=text[opening.start() : opening.start() + 40],
            )
