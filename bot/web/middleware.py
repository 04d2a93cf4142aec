"""Round every request: an id, error bodies without internals, and headers that let nothing foreign run."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import uuid4

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.web import keys
from bot.web.render import wants_json

REQUEST_ID = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Only our own files, nothing inline."""
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

log = structlog.get_logger(__name__)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on everything that leaves; a handler's own header stays."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    request_id = request.get(keys.REQUEST_ID)
    if request_id:
        response.headers[REQUEST_ID] = request_id
    response.headers[hdrs.SERVER] = "Patchwarden"


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, the caller's own when it has a plain one, and put it on every log line."""
    given = request.headers.get(REQUEST_ID, "")
    request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
    request[keys.REQUEST_ID] = request_id
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        return await handler(request)


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into a body for people or programs; what went wrong inside stays in the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _explained(request, error.status, error.headers)
    except Exception:
        # The edge of the process: whatever a handler did not foresee becomes a 500 with a reference, never a
        # traceback on the wire. Cancellation is no Exception and passes.
        log.exception("request_failed", method=request.method, path=request.path)
        return _explained(request, HTTPStatus.INTERNAL_SERVER_ERROR)


_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here. It was logged under the reference below.",
}


def _explained(request: web.Request, code: int, original: object = None) -> web.Response:
    status = HTTPStatus(code)
    text = _SENTENCES.get(status, status.description or status.phrase)
    reference = str(request[keys.REQUEST_ID])
    headers = {hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: hdrs.ACCEPT}
    allow = getattr(original, "get", dict[str, str]().get)(hdrs.ALLOW)
    if allow:
        headers[hdrs.ALLOW] = allow
    if wants_json(request) or "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
        body = {"error": {"status": code, "title": status.phrase, "detail": text, "request_id": reference}}
        return web.json_response(body, status=code, headers=headers)
    page = request.app[keys.PAGES].html(
        "error.html.j2", code=code, title=status.phrase, text=text, reference=reference, path=None
    )
    return web.Response(text=page, status=code, content_type="text/html", headers=headers)
