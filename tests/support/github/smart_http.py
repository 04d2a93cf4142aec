"""git's smart HTTP protocol: ``git http-backend`` run as CGI, with GitHub's rules about who may fetch."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass

from aiohttp import web

from support.github.auth import demand, identify, visible
from support.github.errors import ApiError
from support.github.model import RepositoryState, World
from support.github.store import ENVIRONMENT, git_program

ROUTE = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)\Z"
)
CHUNK = 64 * 1024
STOP_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class GitRequest:
    """A request that is git's."""

    owner: str
    name: str
    service: str


def parse(path: str) -> GitRequest | None:
    """Whether a path is one of git's."""
    found = ROUTE.match(path)
    return GitRequest(**found.groupdict()) if found else None


def admit(world: World, wanted: GitRequest, authorization: str | None, query_service: str) -> RepositoryState:
    """The repository, if the caller may fetch from it.

    Raises:
        ApiError: 401 asks for credentials (also for what nobody may know exists), 403 for a push or missing permission.
    """
    caller = identify(world, authorization)
    found = world.repository(wanted.owner, wanted.name)
    if found is None or not visible(world, caller, found):
        if caller.token is None:
            raise ApiError(401, "Requires authentication", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        raise ApiError(404, "Repository not found.")
    if "receive-pack" in wanted.service + query_service:
        raise ApiError(403, f"Permission to {found.full_name}.git denied.")
    demand(world, caller, found, "contents", "read")
    return found


async def serve(request: web.Request, wanted: GitRequest, found: RepositoryState) -> web.StreamResponse:
    """Hand the request to ``git http-backend`` and stream its answer. aiohttp has unpacked a gzipped body already."""
    process = await asyncio.create_subprocess_exec(
        git_program(),
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(request, wanted, found),
        limit=CHUNK,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    feeder = asyncio.create_task(_feed(request, process.stdin))
    try:
        response = await _head(process.stdout)
        await response.prepare(request)
        while chunk := await process.stdout.read(CHUNK):
            await response.write(chunk)
        await response.write_eof()
    except BaseException:
        # The client went away: git would wait for ever for somebody to read on.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
    finally:
        feeder.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await feeder
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
    return response


def _environment(request: web.Request, wanted: GitRequest, found: RepositoryState) -> dict[str, str]:
    return {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(found.store.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{wanted.service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }


async def _feed(request: web.Request, stdin: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        async for chunk in request.content.iter_chunked(CHUNK):
            stdin.write(chunk)
            await stdin.drain()
    stdin.close()


async def _head(stdout: asyncio.StreamReader) -> web.StreamResponse:
    status, headers = 200, {}
    while line := (await stdout.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return web.StreamResponse(status=status, headers=headers)
