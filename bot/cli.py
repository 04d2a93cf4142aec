"""The command ``patchwarden``: the only reader of the command line and of the environment in the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import click

from bot import __version__

COMMANDS: Mapping[str, str] = {
    "review": "bot.commandline.review:review",
    "serve": "bot.commandline.serve:serve",
    "web": "bot.commandline.serve:web",
    "worker": "bot.commandline.serve:worker",
    "migrate": "bot.commandline.migrate:migrate",
    "doctor": "bot.commandline.doctor:doctor",
    "config": "bot.commandline.config:config",
    "servers": "bot.commandline.servers:servers",
    "replay": "bot.commandline.replay:replay",
}
"""Commands in the order of the help page, each imported only when it is called."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command gets from outside."""

    environ: Mapping[str, str]

    @property
    def in_ci(self) -> bool:
        """Whether a CI system runs us: no live progress then."""
        return self.environ.get("CI", "").lower() not in {"", "0", "false"}

    def coloured(self, *, terminal: bool) -> bool:
        """Whether to colour. Source: no-color.org and the FORCE_COLOR convention."""
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return terminal and self.environ.get("TERM") != "dumb"


class LazyGroup(click.Group):
    """A group whose commands are imported when called, so that ``--help`` and short commands start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in help order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or None for an unknown name."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(place)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="patchwarden")
@click.pass_context
def patchwarden(context: click.Context) -> None:
    """Reviews pull requests: secrets, bugs, security and configuration, deterministic first.

    Review the branch you are on with `patchwarden review`; run the GitHub App with `patchwarden serve`.
    """
    # One of the two places that read the environment; everything below takes it as an argument.
    context.obj = Invocation(environ=dict(os.environ))  # noqa: TID251 - see above


def main() -> None:
    """Run the command line; exit statuses are part of the outside contract."""
    try:
        patchwarden(prog_name="patchwarden", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`| head`); nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
