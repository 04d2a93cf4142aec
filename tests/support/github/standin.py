"""The stand-in as tests and the demo hold it: start it, stage repositories and people, look at the outcome."""

from __future__ import annotations

import functools
import itertools
import re
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from support.github.auth import new_installation_token
from support.github.bodies import Addresses
from support.github.deliveries import Attempt, Deliveries
from support.github.faults import Fault, Outcome, secondary
from support.github.graph import GraphQL
from support.github.model import (
    ACTIONS_APP_ID,
    App,
    CheckRun,
    Installation,
    IssueComment,
    PullState,
    RepositoryState,
    ReviewComment,
    ReviewState,
    Token,
    World,
    moment,
)
from support.github.page import Pages
from support.github.repository import PullRequest, Repository
from support.github.server import Entry, Server, Violation
from support.github.store import Author, Files, Store
from support.github.webhooks import Events

DEFAULT_PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
DEFAULT_EVENTS = ("check_run", "check_suite", "issue_comment", "pull_request")


@functools.cache
def _app_key() -> rsa.RSAPrivateKey:
    """The App's key: one a process, since making one takes a while."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class GitHub:
    """A GitHub on loopback with one App registered. ``async with GitHub() as github:``.

    Args:
        port: 0 takes a free one.
        layout: ``cloud`` puts the API at the root as api.github.com does, ``enterprise`` at ``/api/v3``. Requests
            are taken at both; the layout decides the addresses in answers.
        permissions: what the App is granted at its installations.
        events: what it subscribed to.
        slug: the App's name in addresses; its bot is ``{slug}[bot]``.
        delivery_workers: webhooks under way at a time; 1 keeps their order.
        folder: where repositories live; a temporary one by default, removed at the end.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        layout: str = "cloud",
        permissions: Mapping[str, str] = DEFAULT_PERMISSIONS,
        events: tuple[str, ...] = DEFAULT_EVENTS,
        slug: str = "patchwarden",
        delivery_workers: int = 1,
        folder: Path | None = None,
    ) -> None:
        self._port, self._layout, self._delivery_workers = port, layout, delivery_workers
        self._permissions, self._events, self._slug = dict(permissions), list(events), slug
        self._folder_given = folder
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._runner: web.AppRunner | None = None
        self._clock = itertools.count(int(moment().timestamp()) - 86_400)
        self.world = World()
        self.deliveries = Deliveries()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on loopback and register the App."""
        if self._folder_given is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="stand-in-github-")
        self.folder = self._folder_given or Path(self._scratch.name if self._scratch else "")
        self._runner = web.AppRunner(web.Application())
        self.address = await self._listen()
        self.private_key, self.app = self._register()
        await self.deliveries.start(self._delivery_workers)

    async def _listen(self) -> str:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self.server.handle(request)

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        address = f"http://127.0.0.1:{port}"
        self.at = Addresses(address if self._layout == "cloud" else f"{address}/api/v3", address)
        self.events = Events(self.world, self.at, self.deliveries)
        self.graphql = GraphQL(self.world, self.at, self.events, self._complain)
        pages = Pages(self.world, self.at)
        self.server = Server(self.world, self.at, self.events, pages.handle, self.graphql.answer)
        return address

    def _complain(self, what: str) -> None:
        self.server.violations.append(Violation("POST", "/graphql", what))

    def _register(self) -> tuple[str, App]:
        key = _app_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        owner = self.world.account("patchwarden-makers", "Organization")
        bot = self.world.account(f"{self._slug}[bot]", "Bot")
        app = App(
            id=100_001,
            slug=self._slug,
            name=self._slug.capitalize(),
            owner=owner,
            bot=bot,
            public_key=key.public_key(),
            permissions=self._permissions,
            events=self._events,
            client_id="Iv23li" + f"{100_001:014x}",
        )
        self.world.apps[app.id] = app
        return pem.decode(), app

    async def stop(self) -> None:
        """Stop listening and delivering; remove the repositories."""
        await self.deliveries.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._scratch is not None:
            self._scratch.cleanup()

    # Addresses

    @property
    def api_url(self) -> str:
        """For ``PATCHWARDEN_GITHUB_API_URL``."""
        return self.at.api

    @property
    def graphql_url(self) -> str:
        """Where GraphQL answers."""
        return f"{self.address}/graphql" if self._layout == "cloud" else f"{self.address}/api/graphql"

    # Staging

    def webhook(self, url: str, secret: str) -> None:
        """Set where the App's webhooks go, and the secret that signs them."""
        self.app.webhook_url, self.app.webhook_secret = url, secret

    def tick(self) -> int:
        """Seconds since the epoch for the next commit: a day ago, then one second each."""
        return next(self._clock)

    def repository(
        self,
        owner: str,
        name: str,
        *,
        files: Files | None = None,
        private: bool = False,
        organization: bool = True,
        source: Path | None = None,
        install: bool = True,
    ) -> Repository:
        """Create a repository with a first commit, the App installed on it.

        Args:
            owner: account, made on first use.
            name: repository.
            files: content of the first commit on ``main``.
            private: whether only the App and collaborators see it.
            organization: whether a new owner is an organisation.
            source: a local git repository to copy with all its history instead of ``files``.
            install: whether the App's installation on the account covers it.
        """
        account = self.world.account(owner, "Organization" if organization else "User")
        store = Store.create(self.folder / owner / f"{name}.git", source=source)
        branch = "main"
        if source is None:
            content = {"README.md": f"# {name}\n"} if files is None else files
            author = Author("Mona Lisa", "mona@example.com")
            store.commit("refs/heads/main", content, "First commit", author, when=self.tick(), parent=None)
        else:
            branch = store.text("symbolic-ref", "--short", "HEAD")
        state = RepositoryState(self.world.new_id(), account, name, store, private=private, default_branch=branch)
        self.world.repositories[state.id] = state
        if install:
            self.install(owner)
        return Repository(self, state)

    def install(self, owner: str, *, permissions: Mapping[str, str] | None = None) -> Installation:
        """The App's installation on an account, made (and told to the App) on first use."""
        account = self.world.account(owner)
        for found in self.world.installations.values():
            if found.account is account and found.app is self.app:
                return found
        made = Installation(self.world.new_id(), self.app, account, dict(permissions or self._permissions))
        self.world.installations[made.id] = made
        self.events.installation(made, "created")
        return made

    def installation_token(
        self, owner: str, *, permissions: Mapping[str, str] | None = None, expired: bool = False
    ) -> str:
        """An installation token without the round trip, for tests of the stand-in and of scripts."""
        installation = self.install(owner)
        value, token = new_installation_token(
            self.world, installation, dict(permissions or installation.permissions), None
        )
        if expired:
            token.expires_at = moment() - timedelta(seconds=1)
        return value

    def expire_tokens(self) -> None:
        """Every installation token given so far is refused from now on."""
        for token in self.world.tokens.values():
            token.expires_at = moment() - timedelta(seconds=1)

    def user_token(self, login: str) -> str:
        """A person's token."""
        value = "ghp_" + f"{self.world.new_id():036x}"
        actor = self.world.account(login)
        self.world.tokens[value] = Token("user", actor, {}, moment() + timedelta(days=30))
        return value

    def actions_token(self, repository: Repository, permissions: Mapping[str, str]) -> str:
        """A workflow's GITHUB_TOKEN: of the Actions App, for one repository, with the permissions given."""
        if ACTIONS_APP_ID not in self.world.apps:
            bot = self.world.account("github-actions[bot]", "Bot")
            owner = self.world.account("github", "Organization")
            self.world.apps[ACTIONS_APP_ID] = App(
                ACTIONS_APP_ID, "github-actions", "GitHub Actions", owner, bot, None, dict(permissions), []
            )
        app = self.world.apps[ACTIONS_APP_ID]
        value = f"ghs_{self.world.new_id():036x}"
        token = Token("actions", app.bot, dict(permissions), moment() + timedelta(hours=6), app)
        token.repository_ids = {repository.state.id}
        self.world.tokens[value] = token
        return value

    # A bad day

    def fail_next(
        self,
        method: str,
        path: str,
        outcome: Outcome,
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        message: str = "Server Error",
    ) -> Fault:
        """Let the next request that fits go wrong.

        Args:
            method: in upper case, ``*`` for any.
            path: regular expression, searched in the raw path.
            outcome: a status to answer, ``drop connection`` (nothing took effect) or ``record then drop`` (it did,
                but the client never hears of it).
            times: how many requests it strikes.
            headers: of the answer, such as ``retry-after``.
            message: of the answer.
        """
        fault = Fault(method, re.compile(path), outcome, times, message, dict(headers or {}))
        return self.server.faults.add(fault)

    def secondary_limit(
        self, *, retry_after_s: int | None = 1, status: int = 403, times: int = 1, method: str = "*", path: str = "."
    ) -> Fault:
        """Answer the next requests with GitHub's secondary rate limit."""
        refusal = secondary(retry_after_s, status)
        return self.fail_next(method, path, status, times=times, headers=refusal.headers, message=refusal.message)

    def latency(self, seconds: float) -> None:
        """Make every answer slow."""
        self.server.faults.latency_s = seconds

    # What happened

    @property
    def requests(self) -> list[Entry]:
        """Every request to the API and to git, oldest first."""
        return self.server.log

    @property
    def violations(self) -> list[Violation]:
        """Requests that do not fit GitHub's descriptions; a test asserts that there are none."""
        return self.server.violations

    @property
    def webhooks(self) -> list[Attempt]:
        """The delivery log, oldest first."""
        return self.deliveries.sent

    async def delivered(self, timeout_s: float = 30.0) -> None:
        """Wait until all webhooks were delivered or given up.

        Raises:
            TimeoutError: not in time.
        """
        await self.deliveries.settled(timeout_s)

    def comments(self, pull: PullRequest | PullState) -> list[IssueComment]:
        """The conversation of a pull request, oldest first."""
        state = _state(pull)
        return [c for c in self.world.comments.values() if c.pull is state]

    def reviews(self, pull: PullRequest | PullState) -> list[ReviewState]:
        """Reviews of a pull request, oldest first; pending ones too."""
        state = _state(pull)
        return [r for r in self.world.reviews.values() if r.pull is state]

    def review_comments(self, pull: PullRequest | PullState) -> list[ReviewComment]:
        """Line comments of a pull request, oldest first."""
        state = _state(pull)
        return [c for c in self.world.review_comments.values() if c.pull is state]

    def check_runs(self, sha: str) -> list[CheckRun]:
        """Check runs on a commit, oldest first."""
        return [r for r in self.world.check_runs.values() if r.head_sha == sha]


def _state(pull: PullRequest | PullState) -> PullState:
    return pull.state if isinstance(pull, PullRequest) else pull
