"""Which servers there are: the bundled manifests and the operator's file, as validated configurations."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workflows.errors import CatalogueError
from workflows.host.models import MCPServerConfig

_MANIFEST = "server.toml"
_MAX_FILE_BYTES = 1_048_576


def load(extra: Path | None = None) -> tuple[MCPServerConfig, ...]:
    """Read every manifest.

    Args:
        extra: the operator's file: TOML with one server at the top level or several under ``[[servers]]``, or
            JSON with ``mcpServers`` as other MCP hosts read it. A server of a bundled name replaces the
            bundled one, and keeps its tool table when it brings none.

    Returns:
        Configurations by name, in alphabetical order.

    Raises:
        CatalogueError: a file cannot be read or does not fit; the message names file, server and field.
    """
    found = {config.name: config for config in bundled()}
    if extra is not None:
        for config in read(extra):
            replaced = found.get(config.name)
            if replaced is not None and not config.tools:
                found[config.name] = config.model_copy(update={"tools": replaced.tools})
            else:
                found[config.name] = config
    return tuple(found[name] for name in sorted(found))


def bundled() -> Iterator[MCPServerConfig]:
    """The servers that come with us: each folder of ``servers`` that holds a manifest."""
    for folder in sorted(files("servers").iterdir(), key=lambda entry: entry.name):
        manifest = folder / _MANIFEST
        if folder.is_dir() and manifest.is_file():
            source = f"servers/{folder.name}/{_MANIFEST}"
            yield _config(_toml(manifest.read_text(encoding="utf-8"), source), source)


def read(path: Path) -> Iterator[MCPServerConfig]:
    """The servers of one file of the operator.

    Raises:
        CatalogueError: the file cannot be read or does not fit.
    """
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise CatalogueError(f"is larger than {_MAX_FILE_BYTES} bytes", source=str(path))
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"cannot be read: {error}", source=str(path)) from error
    yield from _json_servers(text, str(path)) if path.suffix == ".json" else _toml_servers(text, str(path))


def _toml_servers(text: str, source: str) -> Iterator[MCPServerConfig]:
    table = _toml(text, source)
    several = table.get("servers")
    if isinstance(several, list):
        for entry in several:
            yield _config(entry, source)
    else:
        yield _config(table, source)


def _json_servers(text: str, source: str) -> Iterator[MCPServerConfig]:
    try:
        table = json.loads(text)
    except ValueError as error:
        raise CatalogueError(f"is not valid JSON: {error}", source=source) from error
    servers = table.get("mcpServers") if isinstance(table, dict) else None
    if not isinstance(servers, dict):
        raise CatalogueError('has no object "mcpServers"', source=source)
    for name, entry in servers.items():
        if not isinstance(entry, dict):
            raise CatalogueError(f"server {name!r} is not an object", source=source)
        if "url" in entry:
            raise CatalogueError(
                f"server {name!r} is given by url; give a command that speaks MCP over stdio", source=source
            )
        # keys of other hosts that mean nothing here are common in shared files: type, disabled, autoApprove
        known = {key: value for key, value in entry.items() if key in _JSON_KEYS}
        if not entry.get("disabled", False):
            yield _config({**known, "name": name}, source)


_JSON_KEYS = frozenset(MCPServerConfig.model_fields) | {"secrets"}


def _config(table: Mapping[str, Any], source: str) -> MCPServerConfig:
    if not isinstance(table, Mapping):
        raise CatalogueError("a server must be a table", source=source)
    values = dict(table)
    # in manifests "env" lists names to pass on; in mcpServers files it maps names to values
    if isinstance(values.get("env"), list):
        values["env_names"] = values.pop("env")
    if "secrets" in values:
        values["secret_names"] = values.pop("secrets")
    module = values.get("module")
    if module is not None:
        # -P: a reviewed repository may hold a folder named like ours, and must not be importable
        values["command"], values["args"] = sys.executable, ["-P", "-m", module, *values.get("args", [])]
    try:
        return MCPServerConfig.model_validate(values)
    except ValidationError as error:
        raise CatalogueError(_explain(values.get("name"), error), source=source) from error


def _explain(name: object, error: ValidationError) -> str:
    problems = "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'server'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)
    )
    return f"server {name!r}: {problems}"


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"is not valid TOML: {error}", source=source) from error
