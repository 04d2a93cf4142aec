"""A page as HTML or, from the same view, as JSON; views are read at most every two seconds."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.page import Page
from bot.services import WebServices
from templates import render_page

MAX_AGE_S = 2.0
"""A view is read again after so many seconds: any number of open tabs costs one look."""
_STATIC_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class PageReader:
    """Reads views, one look at a time for each page, and renders them.

    Args:
        services: what pages read from.
        pages: the pages.
    """

    def __init__(self, services: WebServices, pages: Sequence[Page]) -> None:
        self._services = services
        self._pages = pages
        self._views: dict[str, tuple[float, Any]] = {}
        self._locks = {page.path: asyncio.Lock() for page in pages}
        self.assets = read_assets()
        # A proxy may serve us below a path; only the operator knows it, never a request header.
        self.base = urlsplit(services.settings.service.public_url or "").path.rstrip("/")

    async def view(self, page: Page) -> Any:
        """The page's view, at most ``MAX_AGE_S`` old."""
        async with self._locks[page.path]:
            read_at, view = self._views.get(page.path, (float("-inf"), None))
            if view is None or time.monotonic() - read_at > MAX_AGE_S:
                view = await page.load(self._services)
                self._views[page.path] = (time.monotonic(), view)
            return view

    def html(self, template: str, **values: object) -> str:
        """A template as HTML with what every page needs."""
        return render_page(
            self._services.templates,
            template,
            base=self.base,
            assets={name: asset.version for name, asset in self.assets.items()},
            pages=[{"path": page.path, "title": page.title} for page in self._pages],
            **values,
        )

    async def respond(self, request: web.Request, page: Page) -> web.Response:
        """The page in the form the request asks for."""
        view = await self.view(page)
        headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.VARY: hdrs.ACCEPT}
        if wants_json(request):
            response = web.Response(text=view.model_dump_json(), content_type="application/json", headers=headers)
        else:
            text = self.html(page.template, view=view, title=page.title, path=page.path)
            response = web.Response(text=text, content_type="text/html", headers=headers)
        response.enable_compression()
        return response


class Asset:
    """A static file, read once.

    Attributes:
        body: its bytes.
        media_type: what it is.
        version: short hash of the body: part of its address, so that it may be kept for ever.
    """

    def __init__(self, name: str, body: bytes) -> None:
        self.body = body
        self.media_type = _STATIC_TYPES[name.rpartition(".")[2]]
        self.version = hashlib.sha256(body).hexdigest()[:12]


def read_assets() -> dict[str, Asset]:
    """The stylesheet, the script and the icon, by name."""
    folder = files("templates") / "static"
    return {
        entry.name: Asset(entry.name, entry.read_bytes())
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in _STATIC_TYPES
    }


def wants_json(request: web.Request) -> bool:
    """Whether JSON is preferred over HTML: named, and not after HTML."""
    accept = request.headers.get(hdrs.ACCEPT, "")
    weights = {kind: weight for kind, weight in map(_weighted, accept.split(",")) if kind}
    return weights.get("application/json", 0.0) > weights.get("text/html", 0.0)


def _weighted(part: str) -> tuple[str, float]:
    kind, _, parameters = part.strip().partition(";")
    weight = 1.0
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return kind.strip().lower(), weight
