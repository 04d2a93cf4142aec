"""The GitHub App: its signed identity, installation tokens, and a client for each installation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from gidgethub import apps
from gidgethub.abc import GitHubAPI

from bot import __version__
from bot.errors import PermanentError, TransientError
from bot.github.client import FAILURES, HEADERS, PAGE, InstallationClient, Pace
from bot.github.deliveries import DeliveryAttempt, read_attempt
from bot.github.errors import Call, NotFoundError, translated
from bot.github.transport import Transport

if TYPE_CHECKING:
    import aiohttp

    from bot.settings import GitHubSettings

__all__ = ["GitHubApp", "InstallationClient"]

REQUESTER = f"patchwarden/{__version__}"
JWT_LIFE_S = 9 * 60
"""From the back-dated issue time. GitHub takes at most 10 minutes, and exactly 10 fails on a fast clock.
Source: GitHub Apps, "Generating a JSON Web Token"."""
REFRESH_BEFORE = timedelta(minutes=5)
"""A token is replaced this long before it ends, so that a fetch begun with it can finish."""


@dataclass(slots=True)
class _Tokens:
    """What is remembered of one installation."""

    pace: Pace
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: str | None = None
    expires: datetime | None = None


class GitHubApp:
    """Our App on one GitHub: github.com or an Enterprise Server."""

    def __init__(
        self,
        session: aiohttp.ClientSession | None,
        settings: GitHubSettings,
        *,
        api: Callable[[], GitHubAPI] | None = None,
        pace_s: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        observe: Callable[[str, int], None] | None = None,
    ) -> None:
        """Bind the App to a connection.

        Args:
            session: the process's HTTP session; may be None only when ``api`` is given.
            settings: identity and addresses.
            api: makes the API object of each client; default: gidgethub over the session.
            pace_s: seconds between two writes to one installation, or as the App itself, after a short burst.
            now: clock for the life of tokens.
            observe: told of every answer: method and status (0 when the connection was lost).
        """
        self._settings = settings
        self._pace_s = pace_s
        self._own_pace = Pace(pace_s)
        self._now = now
        self._installations: dict[int, _Tokens] = {}
        self._slug: str | None = None
        self._slug_lock = asyncio.Lock()
        if api is not None:
            self._make_api = api
        elif session is not None:
            self._make_api = lambda: Transport(session, REQUESTER, base_url=settings.api_url, observe=observe)
        else:
            raise ValueError("GitHubApp needs a session or a maker of API objects")

    @asynccontextmanager
    async def installation(self, installation_id: int) -> AsyncIterator[InstallationClient]:
        """A client that acts as one installation. Nothing is asked of GitHub until it is used."""
        known = self._known(installation_id)

        async def token(refused: str | None) -> str:
            return await self._token(installation_id, known, refused)

        yield InstallationClient(
            self._make_api(),
            installation_id,
            token=token,
            pace=known.pace,
            graphql_url=self._settings.effective_graphql_url,
        )

    async def slug(self) -> str:
        """The App's short name: its comments come from ``{slug}[bot]``. Asked once.

        Raises:
            TransientError: GitHub cannot be reached now.
            PermanentError: the App's id or key is wrong or missing.
        """
        async with self._slug_lock:
            if self._slug is None:
                self._slug = str((await self._as_app(Call("GET", "/app")))["slug"])
            return self._slug

    async def deliveries(self) -> AsyncGenerator[DeliveryAttempt, None]:
        """GitHub's log of webhook deliveries to the App, newest first; a page is asked for when it is needed.

        Raises:
            TransientError: GitHub cannot be reached now, or its answer is not a list of deliveries.
            NotFoundError: the App has no webhook.
            PermanentError: the App's id or key is wrong or missing.
        """
        call = Call("GET", "/app/hook/deliveries")
        url = f"{call.path}?per_page={PAGE}"
        items = self._make_api().getiter(url, jwt=self._jwt(), extra_headers=HEADERS)
        try:
            async for item in items:
                yield read_attempt(item)
        except FAILURES as error:
            raise translated(error, call) from error
        finally:
            await items.aclose()

    async def redeliver(self, attempt_id: int) -> None:
        """Ask GitHub to deliver again, under the same GUID, what an attempt carried. Paced as a write.

        Raises:
            TransientError: worth another try later.
            GitHubRefusedError: not.
        """
        async with self._own_pace.lock:
            self._own_pace.check()
            await self._own_pace.before_write()
            try:
                await self._sent(Call("POST", f"/app/hook/deliveries/{attempt_id}/attempts"))
            except TransientError as error:
                self._own_pace.note(error)
                raise

    def _known(self, installation_id: int) -> _Tokens:
        return self._installations.setdefault(installation_id, _Tokens(Pace(self._pace_s)))

    async def _token(self, installation_id: int, known: _Tokens, refused: str | None) -> str:
        """A token that is still good for a while; one request however many ask at once."""
        async with known.lock:
            if refused is not None and known.token == refused:
                known.token = None
            token, expires = known.token, known.expires
            if token is None or expires is None or self._now() >= expires - REFRESH_BEFORE:
                token, known.expires = await self._new_token(installation_id)
                known.token = token
            return token

    async def _new_token(self, installation_id: int) -> tuple[str, datetime]:
        call = Call("POST", f"/app/installations/{installation_id}/access_tokens")
        try:
            answer = await self._as_app(call)
        except NotFoundError as error:
            raise PermanentError(
                f"the App has no installation {installation_id}; it was removed or is another App's"
            ) from error
        try:
            return str(answer["token"]), datetime.fromisoformat(answer["expires_at"])
        except (KeyError, TypeError, ValueError) as error:
            raise TransientError(f"GitHub's answer to {call} holds no token") from error

    async def _as_app(self, call: Call) -> dict[str, Any]:
        answer = await self._sent(call)
        if not isinstance(answer, dict):
            raise PermanentError(f"GitHub's answer to {call} is not an object; check PATCHWARDEN_GITHUB_API_URL")
        return answer

    async def _sent(self, call: Call) -> Any:
        """Send with the App's own signature; gives the answer, whatever it is."""
        api, token = self._make_api(), self._jwt()
        try:
            request: Awaitable[Any] = (
                api.getitem(call.path, jwt=token, extra_headers=HEADERS)
                if call.method == "GET"
                else api.post(call.path, data=b"", jwt=token, extra_headers=HEADERS)
            )
            return await request
        except FAILURES as error:
            raise translated(error, call) from error

    def _jwt(self) -> str:
        app_id, key = self._settings.app_id, self._settings.private_key
        if app_id is None or key is None:
            raise PermanentError(
                "no GitHub App is set up; set PATCHWARDEN_GITHUB_APP_ID and PATCHWARDEN_GITHUB_PRIVATE_KEY"
            )
        try:
            return apps.get_jwt(app_id=str(app_id), private_key=key.get_secret_value(), expiration=JWT_LIFE_S)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise PermanentError(
                "PATCHWARDEN_GITHUB_PRIVATE_KEY is not an RSA key in PEM form; make a new one on the App's page"
            ) from error
