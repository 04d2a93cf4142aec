"""``patchwarden config``: what is set, what may be set, and whether a repository's file is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import SecretStr

from bot.commandline.exits import Usage
from bot.commandline.start import settings_of

if TYPE_CHECKING:
    from bot.cli import Invocation


@click.group()
def config() -> None:
    """Show, describe and validate configuration."""


@config.command()
@click.pass_obj
def show(invocation: Invocation) -> None:
    """Every setting with its value and where it came from; secrets are masked."""
    from bot.settings import Settings

    settings = settings_of(invocation)
    for name, (group, field) in Settings.names().items():
        value = getattr(getattr(settings, group), field)
        source = "environment" if invocation.environ.get(name) else "default"
        if invocation.environ.get(f"{name}_FILE"):
            source = "file"
        click.echo(f"{name}={_shown(value)}  ({source})")


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, tuple):
        return ",".join(_shown(part) for part in value)
    return "" if value is None else str(value)


@config.command()
def schema() -> None:
    """JSON Schema of .github/patchwarden.yml, for editors."""
    from review.config import ReviewConfig

    click.echo(json.dumps(ReviewConfig.model_json_schema(), indent=2))


@config.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
def validate(file: Path | None) -> None:
    """Check a repository's configuration file; default: .github/patchwarden.yml here."""
    from review.config import validate_config
    from review.errors import ConfigError

    path = file or Path(".github/patchwarden.yml")
    if not path.exists():
        raise Usage(f"{path}: no such file; a repository without one is reviewed with the defaults")
    try:
        validate_config(path.read_text(encoding="utf-8", errors="replace"))
    except ConfigError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise Usage(f"{place}: {error}") from None
    click.echo(f"{path}: valid")
