"""Named commands: what the manifest may say, and the argument list that comes of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_RESERVED_ENV = frozenset({"PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH"})

Parser = Literal["", "sarif", "junit", "ruff"]


class Command(BaseModel):
    """One command as its manifest describes it. A caller chooses its name, never its program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = ""
    program: str = Field(pattern=r"^(?:/[^\x00]+|[A-Za-z0-9][A-Za-z0-9._+-]*)$")
    """A bare name, looked up beside our Python and then on PATH, or an absolute path."""
    argv: tuple[str, ...] = ()
    """``{paths}`` and ``{args}`` as whole items; ``{engines}`` and ``{scratch}`` anywhere."""
    cwd: Literal["workspace", "scratch"] = "workspace"
    timeout_s: float = Field(default=60, gt=0, le=3600)
    network: bool = False
    max_output_bytes: int = Field(default=8_388_608, ge=1024, le=67_108_864)
    ok_exit_codes: tuple[int, ...] = (0,)
    env: Mapping[str, str] = Field(default_factory=dict)
    memory_mb: int = Field(default=2048, ge=64)
    stdin: str = ""
    parser: Parser = ""
    allowed_args: tuple[str, ...] = ()
    """Exactly these extra arguments may be asked for; they stand where ``{args}`` is."""


class Named(BaseModel):
    """A command with its name and where it was defined."""

    model_config = ConfigDict(frozen=True)

    name: str
    command: Command
    source: Literal["bundled", "operator"]


def load(operator_file: str, allowed: Sequence[str]) -> dict[str, Named]:
    """The bundled commands and the operator's; the operator's win.

    Args:
        operator_file: a TOML file of the same form; none when empty.
        allowed: when not empty, only these names are offered.

    Raises:
        ValueError: a file cannot be read, or a command is malformed.
    """
    bundled = files("servers.simple_warp").joinpath("commands.toml").read_text(encoding="utf-8")
    found = {name: Named(name=name, command=c, source="bundled") for name, c in _parsed(bundled, "bundled").items()}
    if operator_file:
        try:
            text = Path(operator_file).read_text(encoding="utf-8")
        except OSError as error:
            raise ValueError(f"WARP_COMMANDS_FILE cannot be read: {error.strerror}") from None
        for name, command in _parsed(text, "WARP_COMMANDS_FILE").items():
            found[name] = Named(name=name, command=command, source="operator")
    if unknown := sorted(set(allowed) - found.keys()):
        raise ValueError(f"WARP_ALLOWED_COMMANDS names unknown commands: {', '.join(unknown)}")
    return {name: named for name, named in found.items() if not allowed or name in allowed}


def _parsed(text: str, origin: str) -> dict[str, Command]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{origin}: {error}") from None
    commands: dict[str, Command] = {}
    for name, table in tables.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{origin}: {name!r} is no command name")
        try:
            commands[name] = Command.model_validate(table)
        except ValidationError as error:
            raise ValueError(f"{origin}: [{name}] {_first(error)}") from None
        if reserved := sorted(_RESERVED_ENV & commands[name].env.keys()):
            raise ValueError(f"{origin}: [{name}] may not set {', '.join(reserved)}")
    return commands


def _first(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def arguments(command: Command, *, paths: Sequence[str], args: Sequence[str], folders: Mapping[str, str]) -> list[str]:
    """Fill a command's argument list.

    Args:
        command: the command.
        paths: as the program shall see them, already checked; the working folder when none.
        args: extra arguments, already allowed.
        folders: values of ``engines`` and ``scratch``.
    """
    filled: list[str] = []
    for item in command.argv:
        if item == "{paths}":
            filled += paths
        elif item == "{args}":
            filled += args
        else:
            filled.append(expanded(item, folders))
    return filled


def expanded(item: str, folders: Mapping[str, str]) -> str:
    """An item with ``{engines}`` and ``{scratch}`` replaced; other braces stay."""
    for name, folder in folders.items():
        item = item.replace(f"{{{name}}}", folder)
    return item
