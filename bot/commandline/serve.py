"""``patchwarden serve``, ``web`` and ``worker``: the long-running processes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING

import click

from bot.commandline.exits import Usage
from bot.commandline.start import service_settings_of

if TYPE_CHECKING:
    from bot.cli import Invocation
    from bot.settings import Settings


@click.command()
@click.pass_obj
def serve(invocation: Invocation) -> None:
    """Run web, worker and an embedded queue in one process tree, migrating the database first.

    For development and small installations; Ctrl-C stops it cleanly.
    """
    settings = _ready(invocation)
    _run(lambda: _serve(invocation, settings))


@click.command()
@click.pass_obj
def web(invocation: Invocation) -> None:
    """Run the webhook door and the status site."""
    settings = _ready(invocation)
    _needs_redis(settings)
    _run(lambda: _web(settings))


@click.command()
@click.option("--until-stdin-closes", is_flag=True, hidden=True, help="Stop when whoever started us is gone.")
@click.pass_obj
def worker(invocation: Invocation, *, until_stdin_closes: bool) -> None:
    """Run a worker: routes deliveries and runs reviews."""
    settings = _ready(invocation)
    _needs_redis(settings)
    _run(lambda: _worker(settings, until_stdin_closes=until_stdin_closes))


def _ready(invocation: Invocation) -> Settings:
    from workflows import logs

    settings = service_settings_of(invocation)
    logs.configure(settings.service.log_level, json_lines=settings.service.log_format == "json")
    try:
        settings.service.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Usage(f"PATCHWARDEN_DATA_DIR: cannot make {settings.service.data_dir}: {error.strerror}") from None
    return settings


def _needs_redis(settings: Settings) -> None:
    if settings.redis.url is None:
        raise Usage(
            "PATCHWARDEN_REDIS_URL is not set: separate web and worker processes share one Redis or Valkey;"
            " `patchwarden serve` brings its own"
        )


def _run(main: Callable[[], Coroutine[None, None, int]]) -> None:
    import uvloop

    from bot.valkey import ValkeyError

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(main())
    except KeyboardInterrupt:
        code = 0
    except ValkeyError as error:
        raise Usage(str(error)) from None
    sys.exit(code)


@contextlib.asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _serve(invocation: Invocation, settings: Settings) -> int:
    from bot.storage import migrate as schema
    from bot.supervisor import WorkerProcess
    from bot.valkey import embedded_valkey
    from bot.wiring import open_site

    async with contextlib.AsyncExitStack() as stack:
        stop = await stack.enter_async_context(_stop_signal())
        await schema.upgrade(settings.database_url)
        if settings.redis.url is not None:
            address = settings.redis.url.get_secret_value()
        else:
            address = await stack.enter_async_context(embedded_valkey(settings.service.data_dir))
        # The worker is a process of its own: a review's CPU time must not hold up the door.
        environ = {**invocation.environ, "PATCHWARDEN_REDIS_URL": address}
        environ.pop("PATCHWARDEN_REDIS_URL_FILE", None)
        child = WorkerProcess(environ)
        stack.push_async_callback(child.stop)
        running = asyncio.create_task(child.run(), name="worker-process")
        stack.callback(running.cancel)
        await stack.enter_async_context(open_site(settings, redis_url=address, say=click.echo))
        await stop.wait()
        click.echo("stopping; running reviews get up to 20 s", err=True)
    return 0


async def _web(settings: Settings) -> int:
    from bot.wiring import open_site

    async with _stop_signal() as stop, open_site(settings, redis_url=_address(settings), say=click.echo):
        await stop.wait()
    return 0


async def _worker(settings: Settings, *, until_stdin_closes: bool) -> int:
    from bot.wiring import run_worker

    async with _stop_signal() as stop:
        if until_stdin_closes:
            await _watch_stdin(stop)
        await run_worker(settings, redis_url=_address(settings), stop=stop)
    return 0


async def _watch_stdin(stop: asyncio.Event) -> None:
    """Set the event when standard input ends: the process that started us is gone."""

    class Ended(asyncio.Protocol):
        def eof_received(self) -> bool:
            stop.set()
            return False

        def connection_lost(self, exc: Exception | None) -> None:
            del exc
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(Ended, sys.stdin)


def _address(settings: Settings) -> str:
    url = settings.redis.url
    return url.get_secret_value() if url is not None else ""
