"""Who asks, and may they: App JWTs, installation tokens, permissions, visibility."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from support.github.errors import ApiError
from support.github.model import Account, App, Installation, RepositoryState, Token, World, moment

LEVELS = {"read": 1, "write": 2, "admin": 3}
UNTIMED: Options = {"verify_aud": False, "verify_iss": False, "verify_iat": False, "verify_exp": False}
MAX_JWT_S = 600
"""An App's JWT may live ten minutes at most, measured by GitHub's clock."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The one behind a request."""

    token: Token | None = None
    app: App | None = None
    """Set for a request signed with an App's JWT."""

    @property
    def key(self) -> str:
        """Whom the rate limit counts against."""
        if self.token is not None:
            return (
                f"installation ID {self.token.installation.id}" if self.token.installation else self.token.actor.login
            )
        return f"app ID {self.app.id}" if self.app else "127.0.0.1"

    @property
    def actor(self) -> Account:
        """The account that writes.

        Raises:
            ApiError: 401 for nobody.
        """
        if self.token is None:
            raise ApiError(401, "Requires authentication")
        return self.token.actor

    @property
    def writing_app(self) -> App | None:
        """The App a write is attributed to (``performed_via_github_app``)."""
        return self.token.app if self.token else None


def identify(world: World, header: str | None) -> Caller:
    """Read an ``Authorization`` header.

    Raises:
        ApiError: 401 for a token or JWT GitHub would refuse.
    """
    if not header:
        return Caller()
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        value = _password(value)
    elif scheme.lower() not in {"bearer", "token"}:
        raise ApiError(401, "Bad credentials")
    if value.count(".") == 2 and not value.startswith("ghs_"):
        return Caller(app=_app_of(world, value))
    token = world.tokens.get(value)
    if token is None or token.expires_at <= moment():
        raise ApiError(401, "Bad credentials")
    if token.installation is not None and token.installation.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended")
    return Caller(token=token)


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        raise ApiError(401, "Bad credentials") from None


def _app_of(world: World, value: str) -> App:
    undecodable = ApiError(401, "A JSON web token could not be decoded")
    try:
        if jwt.get_unverified_header(value).get("alg") != "RS256":
            raise undecodable
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise undecodable from None
    issuer = str(claims.get("iss", ""))
    if not issuer:
        raise ApiError(401, "'Issuer' claim ('iss') must be an Integer")
    app = next((a for a in world.apps.values() if issuer in {str(a.id), a.client_id} and a.public_key), None)
    if app is None:
        raise ApiError(404, "Integration not found")
    _check_times(claims)
    try:
        jwt.decode(value, app.public_key, algorithms=["RS256"], options=UNTIMED)
    except jwt.PyJWTError:
        raise undecodable from None
    return app


def _check_times(claims: Mapping[str, Any]) -> None:
    for name, word in (("iat", "Issued at"), ("exp", "Expiration time")):
        if not isinstance(claims.get(name), (int, float)) or isinstance(claims.get(name), bool):
            raise ApiError(401, f"'{word}' claim ('{name}') must be an Integer representing a time")
    now = time.time()
    if claims["exp"] <= now:
        raise ApiError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires",
        )
    if claims["exp"] > now + MAX_JWT_S:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
    if claims["iat"] > now:
        raise ApiError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )


def new_installation_token(
    world: World, installation: Installation, permissions: dict[str, str], repository_ids: set[int] | None
) -> tuple[str, Token]:
    """A token as GitHub gives since April 2026: ``ghs_APPID_JWT``, about 520 characters, with dots."""
    parts = ".".join(secrets.token_urlsafe(n) for n in (27, 227, 128))
    value = f"ghs_{installation.app.id}_{parts}"
    token = Token(
        kind="installation",
        actor=installation.app.bot,
        permissions=permissions,
        expires_at=moment() + timedelta(hours=1),
        app=installation.app,
        installation=installation,
        repository_ids=repository_ids,
    )
    world.tokens[value] = token
    return value, token


def visible(world: World, caller: Caller, repository: RepositoryState) -> bool:
    """Whether the caller may know that a repository exists."""
    if not repository.private:
        return True
    token = caller.token
    if token is None:
        return False
    if token.kind == "user":
        return repository.role(token.actor.login) != "none"
    return in_scope(world, token, repository)


def in_scope(world: World, token: Token, repository: RepositoryState) -> bool:
    """Whether an App's or workflow's token covers a repository."""
    if token.installation is not None and repository not in world.covered(token.installation):
        return False
    return token.repository_ids is None or repository.id in token.repository_ids


def demand(world: World, caller: Caller, repository: RepositoryState, permission: str, level: str) -> None:
    """Stop a caller who may not do this.

    Args:
        world: where the installations are.
        caller: who asks.
        repository: what is asked for; already known to be visible.
        permission: one or several App permissions separated by ``|``: any of them suffices.
        level: ``read`` or ``write``.

    Raises:
        ApiError: 401 for nobody, 403 for too little.
    """
    token = caller.token
    if token is None:
        if caller.app is not None:
            raise ApiError(401, "Bad credentials")
        if level == "read" and not repository.private:
            return
        raise ApiError(401, "Requires authentication")
    if token.kind == "user":
        role = repository.role(token.actor.login)
        if level == "read" or role in {"write", "maintain", "admin"} or "issues" in permission:
            return
        raise ApiError(403, "Must have admin rights to Repository.")
    granted = max(LEVELS.get(token.permissions.get(name, ""), 0) for name in permission.split("|"))
    readable = level == "read" and not repository.private
    if readable or (in_scope(world, token, repository) and granted >= LEVELS[level]):
        return
    raise ApiError(403, "Resource not accessible by integration", headers={"X-Accepted-GitHub-Permissions": permission})
