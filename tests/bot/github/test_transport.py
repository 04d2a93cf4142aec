from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import TransientError
from bot.github.app import GitHubApp
from bot.settings import GitHubSettings
from support.fake_rules import APP_ID, SLUG, app_key

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def seen() -> list[tuple[str, int]]:
    return []


@pytest.fixture
async def connect(seen: list[tuple[str, int]]) -> AsyncIterator[Callable[[Handle], Awaitable[GitHubApp]]]:
    servers: list[TestServer] = []
    async with aiohttp.ClientSession() as session:

        async def connected(handle: Handle) -> GitHubApp:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handle)
            server = TestServer(app)
            await server.start_server()
            servers.append(server)
            settings = GitHubSettings.model_validate(
                {"app_id": APP_ID, "private_key": app_key()[0], "api_url": str(server.make_url("/api/v3"))}
            )
            return GitHubApp(session, settings, observe=lambda method, status: seen.append((method, status)))

        yield connected
    for server in servers:
        await server.close()


async def test_an_enterprise_server_is_asked_below_its_own_path(
    connect: Callable[[Handle], Awaitable[GitHubApp]], seen: list[tuple[str, int]]
) -> None:
    async def handle(request: web.Request) -> web.Response:
        assert request.path == "/api/v3/app"
        assert request.headers["User-Agent"].startswith("patchwarden/")
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert request.headers["Authorization"].startswith("bearer ey")
        return web.json_response({"slug": SLUG})

    app = await connect(handle)
    assert await app.slug() == SLUG
    assert seen == [("GET", 200)]


async def test_a_connection_that_breaks_is_worth_another_try(
    connect: Callable[[Handle], Awaitable[GitHubApp]], seen: list[tuple[str, int]]
) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    app = await connect(handle)
    with pytest.raises(TransientError):
        await app.slug()
    assert seen == [("GET", 0)]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{", b"\xff\xfe", b'"text"'])
async def test_an_answer_that_is_no_json_object_is_never_believed(
    connect: Callable[[Handle], Awaitable[GitHubApp]], body: bytes
) -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = await connect(handle)
    with pytest.raises(Exception, match="GitHub"):
        await app.slug()


async def test_a_renamed_repository_is_followed(connect: Callable[[Handle], Awaitable[GitHubApp]]) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/app"):
            raise web.HTTPMovedPermanently("/api/v3/repositories/7")
        return web.json_response({"slug": "moved"})

    app = await connect(handle)
    assert await app.slug() == "moved"
