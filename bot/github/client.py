"""One installation's view of GitHub's API: authorised, paced, with failures in the service's own words."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

import gidgethub
from gidgethub.abc import GitHubAPI
from pydantic import SecretStr

from bot.errors import ServiceError, TransientError
from bot.github.errors import Call, UnauthorizedError, translated

API_VERSION = "2022-11-28"
"""The default until at least 2028-03. Source: GitHub REST API, "API versions"."""
HEADERS = {"x-github-api-version": API_VERSION}
PAGE = 100
"""Largest page size of GitHub's lists."""
Variables = Mapping[str, str]
T = TypeVar("T")
FAILURES = (gidgethub.GitHubException, OSError, ValueError, KeyError)
"""What a call may raise: refusals, lost connections, and answers that are not what they say they are."""


@dataclass(slots=True)
class Pace:
    """Writes to one installation go one after the other; after a short burst a pause apart; none when told to wait.

    Source: GitHub REST API, "Best practices": requests in series, a second between many writes; "Rate limits": at
    most 80 writes of content a minute. A burst of 4 and one a second after it stay below both.
    """

    pause_s: float
    burst: int = 4
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    blocked_until: float = float("-inf")
    _due: float = float("-inf")
    """When the burst is whole again."""

    async def before_write(self) -> None:
        """Wait for this write's turn; the caller holds the lock."""
        now = monotonic()
        wait = self._due - now - (self.burst - 1) * self.pause_s
        self._due = max(self._due, now) + self.pause_s
        if wait > 0:
            await self.sleep(wait)

    def check(self) -> None:
        """Refuse while GitHub asked for silence: going on may get an App banned.

        Raises:
            TransientError: with the seconds left.
        """
        left = self.blocked_until - monotonic()
        if left > 0:
            raise TransientError("GitHub asked to wait before the next request", retry_after_s=left)

    def note(self, error: ServiceError) -> None:
        """Remember a wait GitHub asked for."""
        if isinstance(error, TransientError) and error.retry_after_s:
            self.blocked_until = max(self.blocked_until, monotonic() + error.retry_after_s)


class InstallationClient:
    """Calls to GitHub as one installation. Paths are URI templates: values go in escaped."""

    def __init__(
        self,
        api: GitHubAPI,
        installation_id: int,
        *,
        token: Callable[[str | None], Awaitable[str]],
        pace: Pace,
        graphql_url: str,
    ) -> None:
        """Bind an API to an installation.

        Args:
            api: gidgethub over some transport.
            installation_id: whose token is used.
            token: gives a usable token; told of one that GitHub no longer takes.
            pace: shared by all clients of the installation.
            graphql_url: address of GraphQL.
        """
        self.installation_id = installation_id
        self._api = api
        self._token = token
        self._pace = pace
        self._graphql_url = graphql_url

    async def get(self, path: str, url_vars: Variables | None = None) -> Any:
        """Read one thing.

        Raises:
            TransientError: worth another try later.
            GitHubRefusedError: not.
        """
        return await self._authorised(
            Call("GET", path),
            lambda token: self._api.getitem(path, url_vars or {}, oauth_token=token, extra_headers=HEADERS),
        )

    async def getiter(self, path: str, url_vars: Variables | None = None, *, key: str = "items") -> AsyncIterator[Any]:
        """Read a list over all its pages, following GitHub's own links.

        Args:
            path: URI template, page size included.
            url_vars: its values.
            key: where the list is when the answer is an object, such as ``check_runs``.
        """
        call = Call("GET", path)
        refused: str | None = None
        while True:
            token = await self._usable(refused)
            pages = self._api.getiter(path, url_vars or {}, oauth_token=token, extra_headers=HEADERS, iterable_key=key)
            begun = False
            try:
                async for item in pages:
                    begun = True
                    yield item
            except FAILURES as error:
                problem = self._noted(error, call)
                if begun or refused is not None or not isinstance(problem, UnauthorizedError):
                    raise problem from error
                refused = token
            else:
                return
            finally:
                await pages.aclose()

    async def post(self, path: str, url_vars: Variables | None = None, *, data: Mapping[str, Any]) -> Any:
        """Create something. Raises as ``get``."""
        return await self._write(
            Call("POST", path),
            lambda token: self._api.post(path, url_vars or {}, data=data, oauth_token=token, extra_headers=HEADERS),
        )

    async def patch(self, path: str, url_vars: Variables | None = None, *, data: Mapping[str, Any]) -> Any:
        """Change something. Raises as ``get``."""
        return await self._write(
            Call("PATCH", path),
            lambda token: self._api.patch(path, url_vars or {}, data=data, oauth_token=token, extra_headers=HEADERS),
        )

    async def delete(self, path: str, url_vars: Variables | None = None) -> None:
        """Remove something. Raises as ``get``."""
        await self._write(
            Call("DELETE", path),
            lambda token: self._api.delete(path, url_vars or {}, oauth_token=token, extra_headers=HEADERS),
        )

    async def graphql(self, query: str, **variables: Any) -> Any:
        """Ask GraphQL; a mutation is paced as a write. Raises as ``get``."""

        async def ask(token: str) -> Any:
            self._api.oauth_token = token
            return await self._api.graphql(query, endpoint=self._graphql_url, **variables)

        call = Call("POST", "/graphql")
        if query.lstrip().startswith("mutation"):
            return await self._write(call, ask)
        return await self._authorised(call, ask)

    async def clone_authorization(self) -> SecretStr:
        """Value of the Authorization header git needs to fetch. Good for an hour at most."""
        token = await self._usable()
        return SecretStr("Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode())

    async def _write(self, call: Call, send: Callable[[str], Awaitable[T]]) -> T:
        async with self._pace.lock:
            self._pace.check()
            await self._pace.before_write()
            return await self._authorised(call, send)

    async def _authorised(self, call: Call, send: Callable[[str], Awaitable[T]]) -> T:
        """Send with a token; once more with a fresh one when GitHub no longer takes it."""
        token = await self._usable()
        try:
            return await send(token)
        except FAILURES as error:
            problem = self._noted(error, call)
            if not isinstance(problem, UnauthorizedError):
                raise problem from error
        fresh = await self._token(token)
        try:
            return await send(fresh)
        except FAILURES as error:
            raise self._noted(error, call) from error

    async def _usable(self, refused: str | None = None) -> str:
        """A token, when GitHub has not asked for silence; a new one when it no longer takes the last."""
        self._pace.check()
        return await self._token(refused)

    def _noted(self, error: Exception, call: Call) -> ServiceError:
        problem = translated(error, call)
        self._pace.note(problem)
        return problem
