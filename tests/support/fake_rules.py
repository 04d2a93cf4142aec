"""What the in-memory GitHub is made of: its App's identity, its pull requests, and the rules it enforces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.settings import GitHubSettings

APP_ID, INSTALLATION, SLUG = 4711, 88, "patchwarden-test"
BOT = {"login": f"{SLUG}[bot]", "id": 9001, "type": "Bot"}
API = "https://api.github.test"
Answer = tuple[int, Any]


@cache
def app_key() -> tuple[str, Any]:
    """A private key in PEM form, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode(), key.public_key()


def github_settings() -> GitHubSettings:
    return GitHubSettings.model_validate({"app_id": APP_ID, "private_key": app_key()[0], "api_url": API})


@dataclass
class Fault:
    method: str
    path: re.Pattern[str]
    answer: Answer | None
    headers: Mapping[str, str]
    """None drops the connection."""
    recorded: bool = False
    """Whether the request takes effect before it fails."""


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Pull:
    number: int
    head_sha: str
    base_sha: str
    hunks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    state: str = "open"
    draft: bool = False
    author: str = "ada"
    updated_at: str = "2026-11-22T12:00:00Z"


class RefusedError(Exception):
    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = (status, {"message": message, **more})


def only(body: Mapping[str, Any], *keys: str) -> None:
    """GitHub ignores unknown keys in silence; a test must not."""
    unknown = set(body) - set(keys)
    assert not unknown, f"unknown keys in a request: {unknown}"


def short(body: str) -> str:
    if len(body) > 65_536:
        raise RefusedError(422, "body is too long (maximum is 65536 characters)")
    return body


def hunks_of(diff: str) -> dict[str, list[tuple[int, int]]]:
    """New-side ranges of each file's hunks, read without our own parser."""
    found: dict[str, list[tuple[int, int]]] = {}
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/")
        elif match := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(match[1]), int(match[2] or 1)
            found.setdefault(path, []).append((start, start + count - 1))
    return found
