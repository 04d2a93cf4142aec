"""The stand-in's HTTP server: GitHub's front door with all its particulars, then routes, git and pages."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from support.github import openapi, smart_http
from support.github.api import ALL
from support.github.api.route import Answer, Call, Route
from support.github.auth import Caller, demand, identify, visible
from support.github.bodies import Addresses
from support.github.errors import ApiError, invalid, not_found
from support.github.faults import Fault, Faults, RateLimits
from support.github.model import RepositoryState, World
from support.github.webhooks import Events

API_ROOTS = re.compile(
    r"/(?:app|apps|app-manifests|repos|repositories|installation|graphql|rate_limit|users|user|orgs|meta|zen|search)(?:/|\Z)"
)
VERSIONS = {"2022-11-28", "2026-03-10"}
DEFAULT_VERSION = "2022-11-28"
DOCS = "https://docs.github.com/rest"
CONTENT = frozenset(
    {
        "issues/create-comment",
        "issues/update-comment",
        "pulls/create-review",
        "pulls/submit-review",
        "pulls/create-review-comment",
        "pulls/create-reply-for-review-comment",
    }
)
"""Operations the secondary limit on content counts."""


@dataclass(slots=True)
class Entry:
    """One request in the log."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    operation_id: str | None = None
    status: int = 0
    caller: str = ""


@dataclass(slots=True)
class Violation:
    """A request a well-behaved client never sends: it does not fit GitHub's own description."""

    method: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.what}"


Extra = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Server:
    """Answers requests over a world."""

    world: World
    at: Addresses
    events: Events
    pages: Extra
    graphql: Callable[[Caller, Any], tuple[int, Any]]
    faults: Faults = field(default_factory=Faults)
    limits: RateLimits = field(default_factory=RateLimits)
    log: list[Entry] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    own_faults: list[str] = field(default_factory=list)
    """Answers of the stand-in that do not fit GitHub's description: faults of the stand-in, not of its client."""
    check_answers: bool = False

    def app(self) -> web.Application:
        """The aiohttp application: one handler, since GitHub's own route table decides."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Git, API or page."""
        raw_path = request.rel_url.raw_path
        self.limits.under_way += 1
        try:
            if self.faults.latency_s:
                await asyncio.sleep(self.faults.latency_s)
            fault = self.faults.take(request.method, raw_path)
            if fault is not None and fault.outcome != "record then drop":
                status = fault.outcome if isinstance(fault.outcome, int) else 0
                self.log.append(Entry(request.method, raw_path, dict(request.query), None, "fault", status))
                return _faulty(fault) if status else _drop(request)
            response = await self._route(request, raw_path)
            return response if fault is None else _drop(request)
        finally:
            self.limits.under_way -= 1

    async def _route(self, request: web.Request, raw_path: str) -> web.StreamResponse:
        wanted = smart_http.parse(request.path)
        if wanted is not None:
            return await self._git(request, wanted)
        for prefix in ("/api/v3", "/api"):
            if raw_path.startswith(prefix + "/"):
                return await self._api(request, raw_path.removeprefix(prefix))
        if API_ROOTS.match(raw_path):
            return await self._api(request, raw_path)
        return await self.pages(request)

    async def _git(self, request: web.Request, wanted: smart_http.GitRequest) -> web.StreamResponse:
        entry = Entry(request.method, request.path, dict(request.query), None, "git")
        self.log.append(entry)
        try:
            header = request.headers.get("Authorization")
            found = smart_http.admit(self.world, wanted, header, request.query.get("service", ""))
        except ApiError as error:
            entry.status = error.status
            return web.Response(status=error.status, text=f"{error.message}\n", headers=error.headers)
        response = await smart_http.serve(request, wanted, found)
        entry.status = response.status
        return response

    async def _api(self, request: web.Request, path: str) -> web.StreamResponse:
        entry = Entry(request.method, path, dict(request.query), None)
        self.log.append(entry)
        raw = await request.read()
        caller = Caller()
        found: openapi.Match | None = None
        try:
            self._front_door(request, path)
            caller = identify(self.world, request.headers.get("Authorization"))
            entry.caller = caller.key
            body = entry.body = _json(raw)
            if path == "/graphql":
                entry.operation_id = "graphql"
                status, data = self.graphql(caller, body)
                answer = Answer(data, status)
            else:
                found, path = self._found(request.method, path)
                entry.operation_id = found.operation_id
                answer = self._rest(request, caller, found, body)
        except ApiError as error:
            answer = self._error(error, found)
        entry.status = answer.status
        if self.check_answers and found is not None and answer.media_type == "application/json":
            problems = openapi.response_problems(found.operation_id, answer.status, answer.body)
            self.own_faults += [f"{found.operation_id}: {p}" for p in problems if answer.status < 300]
        return self._response(request, caller, answer)

    def _front_door(self, request: web.Request, path: str) -> None:
        if not request.headers.get("User-Agent"):
            raise ApiError(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
                "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).",
            )
        version = request.headers.get("X-GitHub-Api-Version", DEFAULT_VERSION)
        if version not in VERSIONS:
            raise ApiError(400, f"{version!r} is not a supported API version.")
        if path.endswith("/") and path != "/":
            raise not_found()

    def _found(self, method: str, path: str) -> tuple[openapi.Match, str]:
        by_id = re.match(r"/repositories/(\d+)(/.*)?\Z", path)
        if by_id:
            repo = self.world.repositories.get(int(by_id[1]))
            if repo is None:
                raise not_found()
            path = f"/repos/{repo.full_name}{by_id[2] or ''}"
        found = openapi.match(method, path)
        if found is None:
            self.violations.append(Violation(method, path, "GitHub has no such route"))
            raise not_found()
        return found, path

    def _rest(self, request: web.Request, caller: Caller, found: openapi.Match, body: Any) -> Answer:
        route = ALL.get(found.operation_id)
        if route is None:
            self._violate(request, f"the stand-in lacks {found.operation_id}")
            raise ApiError(501, f"The stand-in does not implement {found.operation_id}")
        refusal = self.limits.admit(
            caller.key, request.method, found.operation_id, creates=found.operation_id in CONTENT
        )
        if refusal is not None:
            raise ApiError(refusal.status, refusal.message, headers=refusal.headers)
        repo = self._repository(request, caller, found)
        self._permit(caller, route, repo)
        self._validate(request, found, body)
        if found.operation_id == "rate-limit/get":
            return Answer(self._rate_limit(caller))
        call = Call(
            world=self.world,
            at=self.at,
            events=self.events,
            caller=caller,
            path=found.path,
            query=dict(request.query),
            body=body if isinstance(body, dict) else {},
            accept=request.headers.get("Accept", ""),
            url=self.at.api + request.rel_url.raw_path.removeprefix("/api/v3"),
            found=repo,
        )
        return route.handler(call)

    def _repository(self, request: web.Request, caller: Caller, found: openapi.Match) -> RepositoryState | None:
        if "owner" not in found.path or "repo" not in found.path:
            return None
        name = f"{found.path['owner']}/{found.path['repo']}"
        repo = self.world.repository(found.path["owner"], found.path["repo"])
        if repo is None and name in self.world.renamed:
            rest = request.rel_url.raw_path.partition(name)[2]
            target = f"{self.at.api}/repositories/{self.world.renamed[name]}{rest}"
            status = 301 if request.method == "GET" else 307
            raise ApiError(status, "Moved Permanently", headers={"Location": target})
        if repo is None or not (caller.app is not None or visible(self.world, caller, repo)):
            raise not_found()
        return repo

    def _permit(self, caller: Caller, route: Route, repo: RepositoryState | None) -> None:
        if route.permission == "app":
            if caller.app is None:
                raise ApiError(401, "A JSON web token could not be decoded")
        elif route.permission != "any" and repo is not None:
            demand(self.world, caller, repo, route.permission, route.level)

    def _validate(self, request: web.Request, found: openapi.Match, body: Any) -> None:
        for problem in openapi.query_problems(found, request.query):
            self._violate(request, problem)
        for problem in openapi.unknown_keys(found, body):
            self._violate(request, problem)
        problems = openapi.body_problems(found, body)
        for problem in problems:
            self._violate(request, problem)
        if problems:
            raise invalid(
                *(
                    {"resource": found.operation_id, "field": p.partition(":")[0], "code": "invalid", "message": p}
                    for p in problems
                )
            )

    def _violate(self, request: web.Request, what: str) -> None:
        self.violations.append(Violation(request.method, request.path, what))

    def _rate_limit(self, caller: Caller) -> dict[str, Any]:
        told = self.limits.headers(caller.key)
        core = {name: int(told[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "used", "reset")}
        return {"resources": {"core": core, "search": core, "graphql": core}, "rate": core}

    def _error(self, error: ApiError, found: openapi.Match | None) -> Answer:
        docs = found.operation["documentation_url"] if found else DOCS
        body: dict[str, Any] = {"message": error.message}
        if error.errors is not None:
            body["errors"] = list(error.errors)
        if "Location" in error.headers:
            body["url"] = error.headers["Location"]
        body |= {"documentation_url": docs, "status": str(error.status)}
        return Answer(body, error.status, error.headers)

    def _response(self, request: web.Request, caller: Caller, answer: Answer) -> web.Response:
        headers = {
            **self.limits.headers(caller.key),
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": uuid.uuid4().hex[:20].upper(),
            "X-GitHub-Api-Version-Selected": request.headers.get("X-GitHub-Api-Version", DEFAULT_VERSION),
            "Server": "github.com",
            **answer.headers,
        }
        if answer.status == 204:
            return web.Response(status=204, headers=headers)
        data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        headers["Content-Type"] = answer.media_type + ("; charset=utf-8" if answer.media_type.endswith("json") else "")
        if request.method == "GET" and answer.status == 200:
            headers["ETag"] = etag = f'W/"{hashlib.sha256(data).hexdigest()}"'
            if request.headers.get("If-None-Match") == etag:
                self.limits.usage[caller.key].used -= 1
                del headers["Content-Type"]
                return web.Response(status=304, headers=headers)
        return web.Response(status=answer.status, body=data, headers=headers)


def _json(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(400, "Problems parsing JSON") from None


def _faulty(fault: Fault) -> web.Response:
    body = {"message": fault.message, "documentation_url": DOCS, "status": str(fault.outcome)}
    return web.json_response(body, status=int(fault.outcome), headers=fault.headers)


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
