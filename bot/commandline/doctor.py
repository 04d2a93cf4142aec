"""``patchwarden doctor``: is everything a review needs here, and what to do where it is not."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commandline.exits import Exit
from bot.settings import Settings, SettingsError

if TYPE_CHECKING:
    from bot.cli import Invocation

OUR_PACKAGES = ("bot", "review", "workflows", "action", "servers", "templates", "migrations")
OLDEST_GIT = (2, 38)
"""First with safe.bareRepository. Source: git release notes 2.38."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: ``ok``, ``warning`` or ``bad``, what was seen, and the mend."""

    name: str
    state: str
    seen: str
    mend: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_obj
def doctor(invocation: Invocation, *, as_json: bool) -> None:
    """Check settings, git, engines, MCP servers, database and names. Exit 3 when something is broken."""
    from workflows import logs

    logs.configure("error")
    checks = list(_checks(invocation))
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            sign = {"ok": "✓", "warning": "!", "bad": "✕"}[check.state]
            click.echo(f"{sign} {check.name:14} {check.seen}")
            if check.mend:
                click.echo(f"  {'':14} → {check.mend}")
    sys.exit(Exit.INCOMPLETE if any(check.state == "bad" for check in checks) else Exit.OK)


def _checks(invocation: Invocation) -> Iterator[Check]:
    yield _python()
    yield _git()
    yield _names()
    try:
        settings = Settings.from_env(invocation.environ)
    except SettingsError as error:
        yield Check("settings", "bad", str(error), "mend the setting; `patchwarden config show` lists all")
        return
    yield _app(settings)
    yield _folder(settings.service.data_dir)
    yield from _engines()
    yield from asyncio.run(_servers(settings))
    yield _browser()
    yield asyncio.run(_database(settings))


def _python() -> Check:
    return Check("python", "ok", sys.version.split()[0])


def _git() -> Check:
    program = shutil.which("git")
    if program is None:
        return Check("git", "bad", "not found", "install git 2.38 or newer")
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = tuple(int(part) for part in text.split()[2].split(".")[:2])
    if version < OLDEST_GIT:
        return Check("git", "bad", text, "install git 2.38 or newer: older ones open hidden bare repositories")
    return Check("git", "ok", text)


def _names() -> Check:
    owners = packages_distributions()
    foreign = {name: set(owners.get(name, [])) - {"patchwarden"} for name in OUR_PACKAGES}
    taken = [f"{name} ({', '.join(sorted(who))})" for name, who in foreign.items() if who]
    if taken:
        return Check(
            "names", "bad", f"also claimed by others: {'; '.join(taken)}", "give Patchwarden its own environment"
        )
    return Check("names", "ok", "package names are ours alone")


def _app(settings: Settings) -> Check:
    if settings.github.app_id is None:
        return Check(
            "github app", "warning", "not set up: the command line and the Action work without it",
            "set PATCHWARDEN_GITHUB_APP_ID, ..._PRIVATE_KEY and ..._WEBHOOK_SECRET to run the service",
        )  # fmt: skip
    if not settings.github.webhook_secret:
        return Check("github app", "bad", "no webhook secret", "set PATCHWARDEN_GITHUB_WEBHOOK_SECRET")
    return Check("github app", "ok", f"App {settings.github.app_id} at {settings.github.api_url}")


def _folder(path: Path) -> Check:
    if not path.exists():
        return Check("data folder", "ok", f"{path} (made at first start)")
    probe = path / ".doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Check(
            "data folder",
            "bad",
            f"{path}: {error.strerror}",
            "give this user write access, or set PATCHWARDEN_DATA_DIR",
        )
    return Check("data folder", "ok", str(path))


def _engines() -> Iterator[Check]:
    for name in ("ruff", "oxlint", "ast-grep", "shellcheck", "hadolint", "actionlint", "zizmor", "yamllint"):
        beside = Path(sys.executable).with_name(name)
        found = str(beside) if beside.exists() else shutil.which(name)
        if found is None:
            yield Check(name, "bad", "not found", "install Patchwarden again: its dependencies bring the engine")
            continue
        shown = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=30)
        yield Check(name, "ok", next(iter(shown.stdout.split("\n")), "").strip() or "runs")


async def _servers(settings: Settings) -> list[Check]:
    from review.session import SessionOptions, open_session, temporary_scratch

    environment = {name: value.get_secret_value() for name, value in settings.server_environment.items()}
    async with temporary_scratch() as scratch:
        options = SessionOptions(scratch=scratch, environment=environment, servers_file=settings.service.servers_file)
        async with open_session(options) as session:
            names = list(session.pool.statuses())
            states = await asyncio.gather(*(session.pool.check(name) for name in names))
    return [
        Check(name, "ok", f"answers in {state.response_time_ms:.0f} ms")
        if state.status == "healthy"
        else Check(
            name, "bad", f"{state.status}: {state.error_message}", f"`patchwarden servers check {name}` says more"
        )
        for name, state in zip(names, states, strict=True)
    ]


def _browser() -> Check:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Check("browser", "ok", found)
    return Check("browser", "ok", "none; no analyser of this release needs one")


async def _database(settings: Settings) -> Check:
    from bot.storage import migrate as schema

    where = settings.database_url.partition("://")[0].partition("+")[0]
    head = schema.head()
    if where == "sqlite" and not settings.service.data_dir.exists():
        return Check("database", "ok", "sqlite (made at first start)")
    current: str | None = None
    read: Callable[[str], object] = schema.current
    try:
        async with asyncio.timeout(10):
            current = await read(settings.database_url)  # type: ignore[misc]
    except (OSError, TimeoutError, schema.SchemaError) as error:
        return Check("database", "bad", f"{where}: {error}", "check PATCHWARDEN_DATABASE_URL and that the server runs")
    if current != head:
        return Check(
            "database", "warning", f"{where} at {current or 'nothing'}, needs {head}", "run `patchwarden migrate`"
        )
    return Check("database", "ok", f"{where} at {head}")
