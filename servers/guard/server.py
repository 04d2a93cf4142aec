"""An MCP server whose tools are closed, annotated, timed, audited, and fail in one shape."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from time import monotonic
from typing import Any, Literal, cast

import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, ValidationError

from servers.guard.environ import Environ
from servers.guard.fault import Code, Fault

Effect = Literal["R", "N", "L", "W", "A", "X", "H"]
"""Reads workspace, reads network, paid model, writes workspace, acts on a page, runs, reads host."""

_ALLOWED: Mapping[str, frozenset[str]] = {
    "pr-review": frozenset("RNLAX"),
    "workflow": frozenset("RNLWAX"),
    "developer": frozenset("RNLWAXH"),
}
MAX_TEXT_BYTES = 524_288
"""Above this the text block only points at the structured content, which holds the same."""
MAX_RESULT_BYTES = 7_340_032
"""Largest structured result: hosts commonly cut a message at 8 MiB."""
_ARGUMENT_ERRORS_SHOWN = 5

_audit = logging.getLogger("servers.audit")
_log = logging.getLogger("servers")


@dataclass(frozen=True, slots=True)
class _Offer:
    function: Callable[..., Any]
    arguments: type[BaseModel]
    effect: Effect
    timeout_s: float


class GuardedServer(MCPServer[Any]):
    """The SDK's server with the rules common to all bundled servers built in."""

    def __init__(self, name: str, *, instructions: str, version: str, environ: Environ) -> None:
        super().__init__(name, instructions=instructions, version=version, log_level="WARNING", subscriptions=False)
        self._offers: dict[str, _Offer] = {}
        self._allowed = _ALLOWED[environ.profile()]
        self._ceiling_s = environ.integer("TOOL_MAX_TIMEOUT_SECONDS", 600)
        self._default_s = environ.integer("TOOL_TIMEOUT_SECONDS", 30)
        for switch in environ.ignored():
            _log.warning("%s has no meaning here and is ignored", switch)

    def offer(self, function: Callable[..., Any], *, effect: Effect = "R", timeout_s: float | None = None) -> None:
        """List a tool. Its name, description and schemas come from the function.

        Args:
            function: returns a pydantic model; blocking ones run in a thread.
            effect: what it touches; a profile that forbids it leaves the tool unlisted.
            timeout_s: seconds per call; the server's default when None.
        """
        if effect not in self._allowed:
            return
        read_only = effect in {"R", "N", "H"}
        self.add_tool(
            function,
            annotations=ToolAnnotations(
                read_only_hint=read_only,
                destructive_hint=effect in {"W", "A"},
                idempotent_hint=read_only,
                open_world_hint=effect in {"N", "L", "A"},
            ),
            structured_output=True,
        )
        name = function.__name__
        tool = self._tool_manager.get_tool(name)
        if tool is None:  # pragma: no cover - it was added above
            raise LookupError(name)
        arguments = tool.fn_metadata.arg_model
        arguments.model_config["extra"] = "forbid"
        arguments.model_rebuild(force=True)
        tool.parameters = arguments.model_json_schema(by_alias=True)
        limit_s = min(timeout_s or self._default_s, self._ceiling_s)
        self._offers[name] = _Offer(function, arguments, effect, limit_s)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult:
        """Run one call: never raises for a tool's own failure."""
        del context
        started = monotonic()
        offer = self._offers.get(name)
        code, size = "ok", 0
        try:
            result = await self._run(name, arguments)
            size = len(cast("TextContent", result.content[0]).text)
        except Fault as fault:
            code, result = fault.code.value, _failure(fault)
        except Exception:  # noqa: BLE001 - the edge of the process: a bug must not leak its text to the client
            _log.exception("tool %s failed", name)
            code = Code.INTERNAL.value
            result = _failure(Fault(Code.INTERNAL, "internal error: see this server's standard error"))
        _audit.info(
            "%s",
            json.dumps(
                {
                    "event": "tool_call",
                    "tool": name[:100],
                    "arguments": sorted(str(key)[:40] for key in arguments)[:20],
                    "class": offer.effect if offer else None,
                    "code": code,
                    "duration_ms": round((monotonic() - started) * 1000),
                    "bytes": size,
                }
            ),
        )
        return result

    async def _run(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        offer = self._offers.get(name)
        if offer is None:
            raise Fault(Code.NOT_FOUND, f"unknown tool {name[:100]!r}")
        keywords = _validated(offer.arguments, arguments)
        try:
            async with asyncio.timeout(offer.timeout_s):
                answer = await _started(offer.function, keywords)
        except TimeoutError:
            raise Fault(Code.TIMEOUT, f"no answer within {offer.timeout_s:g} s") from None
        return _success(answer)


def _validated(model: type[BaseModel], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        parsed = model.model_validate(arguments)
    except ValidationError as error:
        # Names and reasons only: the rejected values are the caller's data.
        problems = [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_context=False, include_url=False)
        ]
        shown = "; ".join(problems[:_ARGUMENT_ERRORS_SHOWN])
        raise Fault(Code.INVALID_ARGUMENT, f"arguments do not fit the schema: {shown}") from None
    return {name: getattr(parsed, name) for name in type(parsed).model_fields}


async def _started(function: Callable[..., Any], keywords: dict[str, Any]) -> BaseModel:
    if iscoroutinefunction(function):
        return await cast("Awaitable[BaseModel]", function(**keywords))
    call = functools.partial(function, **keywords)
    return cast("BaseModel", await anyio.to_thread.run_sync(call, abandon_on_cancel=True))


def _success(answer: BaseModel) -> CallToolResult:
    content = answer.model_dump(mode="json", by_alias=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_RESULT_BYTES:
        raise Fault(Code.TOO_LARGE, f"the answer is larger than {MAX_RESULT_BYTES} bytes: ask for less", bytes=size)
    if size > MAX_TEXT_BYTES:
        text = json.dumps({"see": "structuredContent", "bytes": size})
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=content)


def _failure(fault: Fault) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=fault.as_json())], is_error=True)
