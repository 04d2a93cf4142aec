"""The slash commands."""

from __future__ import annotations

from collections.abc import Sequence

from bot.command import Command
from bot.commands.help import Help
from bot.commands.review import Review

ALL: Sequence[Command] = (Review(), Help())
