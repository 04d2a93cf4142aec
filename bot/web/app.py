"""The web application: routes and what surrounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.pages import ALL
from bot.pages.home import Home
from bot.web import keys
from bot.web.middleware import add_headers, explain_errors, identify
from bot.web.probes import probe_routes
from bot.web.render import PageReader
from bot.web.status import StatusRoutes

if TYPE_CHECKING:
    from bot.page import Page
    from bot.services import WebServices
    from bot.web.ingest import Ingest

_FOREVER = "public, max-age=31536000, immutable"


def build_app(services: WebServices, webhook_handler: Handler, ingest: Ingest | None = None) -> web.Application:
    """Put the site, the probes and the door together.

    Args:
        services: what the web process was built with.
        webhook_handler: answers ``POST /webhooks/github``; it limits the body itself.
        ingest: stores deliveries for it; may be set later under ``keys.INGEST``.
    """
    app = web.Application(middlewares=[identify, explain_errors])
    pages: list[Page] = [kind() for kind in ALL]
    reader = PageReader(services, pages)
    app[keys.SERVICES] = services
    app[keys.PAGES] = reader
    if ingest is not None:
        app[keys.INGEST] = ingest
    app.on_response_prepare.append(add_headers)
    app.add_routes([web.get(page.path, _page_handler(page)) for page in pages])
    home = next(page for page in pages if isinstance(page, Home))
    app.add_routes(StatusRoutes(home).routes())
    app.add_routes(probe_routes())
    app.add_routes([web.post("/webhooks/github", webhook_handler)])
    app.add_routes([web.get("/static/{name}", _static), web.get("/robots.txt", _robots)])
    return app


def _page_handler(page: Page) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return await request.app[keys.PAGES].respond(request, page)

    return handle


async def _static(request: web.Request) -> web.Response:
    """One of our few files, from memory. With its hash in the address it may be kept for ever."""
    asset = request.app[keys.PAGES].assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    etag = f'"{asset.version}"'
    named = request.query.get("v") == asset.version
    headers = {hdrs.CACHE_CONTROL: _FOREVER if named else "public, max-age=60", hdrs.ETAG: etag}
    if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=asset.body, content_type=asset.media_type, charset="utf-8", headers=headers)
    response.enable_compression()
    return response


async def _robots(request: web.Request) -> web.Response:  # noqa: ARG001 - the handler's signature
    """A status page is for its users, not for search engines."""
    return web.Response(text="User-agent: *\nDisallow: /\n")
