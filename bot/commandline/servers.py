"""``patchwarden servers``: list, check and call MCP servers by hand."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commandline.exits import Exit, Usage
from bot.commandline.start import settings_of

if TYPE_CHECKING:
    from bot.cli import Invocation
    from workflows.host.models import MCPServerConfig
    from workflows.host.pool import ServerPool


@click.group()
def servers() -> None:
    """List, check and call MCP servers."""


@servers.command("list")
@click.pass_obj
def list_servers(invocation: Invocation) -> None:
    """Names, transports and tools of the known servers; none is started."""
    for server in _catalogue(invocation):
        required = sum(policy.required for policy in server.tools.values())
        click.echo(f"{server.name:22} {len(server.tools):3} tools, {required} required  {server.description}")


@servers.command()
@click.argument("name")
@click.pass_obj
def tools(invocation: Invocation, name: str) -> None:
    """What a server offers: it is started and asked."""

    async def ask(pool: ServerPool) -> int:
        for tool in await pool.list_tools(name):
            click.echo(f"{tool.name:24} {(tool.description or '').splitlines()[0] if tool.description else ''}")
        return Exit.OK

    sys.exit(_with_pool(invocation, ask, _known(invocation, name)))


@servers.command()
@click.argument("names", nargs=-1)
@click.pass_obj
def check(invocation: Invocation, names: tuple[str, ...]) -> None:
    """Start servers, list their tools, compare with their contract. Exit 3 when one is not healthy."""
    chosen = names or tuple(config.name for config in _catalogue(invocation))
    _known(invocation, *chosen)

    async def ask(pool: ServerPool) -> int:
        worst = Exit.OK
        states = await asyncio.gather(*(pool.check(name) for name in chosen))
        for name, state in zip(chosen, states, strict=True):
            sign = "✓" if state.status == "healthy" else "✕"
            reason = f"  {state.error_message}" if state.error_message else ""
            click.echo(f"{sign} {name:22} {state.status:10} {state.response_time_ms:7.0f} ms{reason}")
            if state.status != "healthy":
                worst = Exit.INCOMPLETE
        return worst

    sys.exit(_with_pool(invocation, ask, chosen))


@servers.command()
@click.argument("server")
@click.argument("tool")
@click.argument("arguments", metavar="JSON", default="{}")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Folder the server may read; default: the current one.",
)
@click.option("--timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="Seconds.")
@click.pass_obj
def call(invocation: Invocation, server: str, tool: str, arguments: str, root: Path, timeout: int) -> None:
    """Call one tool with JSON arguments and print its result. Exit 3 when the call fails."""
    _known(invocation, server)
    try:
        values: Any = json.loads(arguments)
    except json.JSONDecodeError as error:
        raise Usage(f"JSON: {error}") from None
    if not isinstance(values, dict):
        raise Usage('JSON: arguments are an object, such as {"path": "."}')

    async def ask(pool: ServerPool) -> int:
        result = await pool.call(server, tool, values, timeout_s=timeout)
        if result.ok:
            click.echo(json.dumps(dict(result.content), indent=2, ensure_ascii=False))
            return Exit.OK
        failure = result.failure
        click.echo(
            f"{result.outcome}: {failure.code if failure else ''} {failure.message if failure else ''}",
            err=True,
        )
        return Exit.INCOMPLETE

    sys.exit(_with_pool(invocation, ask, (server,), root=root.resolve(), approvals=((server, tool),)))


def _catalogue(invocation: Invocation) -> tuple[MCPServerConfig, ...]:
    from workflows.errors import CatalogueError
    from workflows.host import catalogue

    try:
        return catalogue.load(settings_of(invocation).service.servers_file)
    except CatalogueError as error:
        raise Usage(str(error)) from None


def _known(invocation: Invocation, *names: str) -> tuple[str, ...]:
    known = [config.name for config in _catalogue(invocation)]
    for name in names:
        if name not in known:
            raise Usage(f"{name}: no such server; there are: {', '.join(known)}")
    return names


def _with_pool(
    invocation: Invocation,
    ask: Callable[[ServerPool], Awaitable[int]],
    names: tuple[str, ...],
    *,
    root: Path | None = None,
    approvals: tuple[tuple[str, str], ...] = (),
) -> int:
    """Run a question over a pool of a developer's own machine: the ``developer`` profile."""

    async def run() -> int:
        from review.session import SessionOptions, open_session, temporary_scratch
        from workflows import logs

        settings = settings_of(invocation)
        logs.configure("error")
        async with temporary_scratch() as scratch:
            options = SessionOptions(
                scratch=scratch,
                roots=(root,) if root is not None else (),
                approvals=approvals,
                profile="developer",
                share_workspaces=root is None,
                servers_file=settings.service.servers_file,
                environment={k: v.get_secret_value() for k, v in settings.server_environment.items()},
                first_servers=names,
            )
            async with open_session(options) as session:
                return await ask(session.pool)

    return asyncio.run(run())
