"""The contract of a route: what a handler gets, what it gives back, and who may call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from support.github.auth import Caller
from support.github.bodies import Addresses
from support.github.errors import ApiError, invalid_field, not_found
from support.github.model import App, PullState, RepositoryState, World

if TYPE_CHECKING:
    from support.github.webhooks import Events

MAX_PER_PAGE = 100
MAX_BODY = 65_536
"""Characters in a comment or review body: "body is too long (maximum is 65536 characters)"."""


@dataclass(slots=True)
class Call:
    """One request, already known to fit GitHub's description."""

    world: World
    at: Addresses
    events: Events
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]
    accept: str
    url: str
    """Address of the request without its query, for ``Link``."""
    found: RepositoryState | None = None

    @property
    def repository(self) -> RepositoryState:
        """The repository the path names."""
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def app(self) -> App:
        """The App that signed the request with its JWT."""
        if self.caller.app is None:
            raise ApiError(401, "A JSON web token could not be decoded")
        return self.caller.app

    def number(self, name: str) -> int:
        """A numeric path parameter; anything else names nothing."""
        text = self.path[name]
        if not text.isascii() or not text.isdigit():
            raise not_found()
        return int(text)

    def pull(self, name: str = "pull_number") -> PullState:
        """The pull request the path names."""
        found = self.world.pull(self.repository, self.number(name))
        if found is None:
            raise not_found()
        return found

    def text(self, resource: str, key: str = "body", *, required: bool = True) -> str:
        """A comment's text, held against GitHub's limit."""
        value = str(self.body.get(key) or "")
        if required and not value.strip():
            raise invalid_field(resource, key, f"{key} cannot be blank", "missing_field")
        check_length(resource, key, value)
        return value


@dataclass(slots=True)
class Answer:
    """What goes back."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A handler with its key at the door."""

    handler: Handler
    permission: str
    """App permission, several separated by ``|``; ``app`` for routes of the JWT; ``any`` for everybody."""
    level: str


class Routes(dict[str, Route]):
    """Operation id to route."""

    def add(self, operation_id: str, permission: str, level: str = "read") -> Callable[[Handler], Handler]:
        """Register a handler under the id GitHub's description gives the operation."""

        def register(handler: Handler) -> Handler:
            self[operation_id] = Route(handler, permission, level)
            return handler

        return register


def check_length(resource: str, key: str, value: str, limit: int = MAX_BODY) -> None:
    """Refuse text over GitHub's limit."""
    if len(value) > limit:
        raise invalid_field(resource, key, f"{key} is too long (maximum is {limit} characters)")


def page_of(call: Call, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """One page and its ``Link`` header, as GitHub cuts lists: 30 a page, 100 at most."""
    size = min(max(_whole(call.query.get("per_page"), 30), 1), MAX_PER_PAGE)
    page = max(_whole(call.query.get("page"), 1), 1)
    last = max(-(-len(items) // size), 1)

    def link(number: int, rel: str) -> str:
        query = urlencode({**call.query, "page": number})
        return f'<{call.url}?{query}>; rel="{rel}"'

    links = []
    if page > 1:
        links += [link(page - 1, "prev"), link(1, "first")]
    if page < last:
        links += [link(page + 1, "next"), link(last, "last")]
    headers = {"Link": ", ".join(links)} if links else {}
    return items[(page - 1) * size : page * size], headers


def listed(call: Call, items: Sequence[Any], shape: Callable[[Any], Any], key: str | None = None) -> Answer:
    """A list answer; with ``key`` GitHub wraps it together with ``total_count``."""
    part, headers = page_of(call, items)
    bodies = [shape(item) for item in part]
    return Answer({"total_count": len(items), key: bodies} if key else bodies, headers=headers)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
