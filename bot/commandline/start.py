"""What service commands do first: settings, log set-up, and one clear line when something is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commandline.exits import Usage
from bot.settings import Settings, SettingsError

if TYPE_CHECKING:
    from bot.cli import Invocation


def settings_of(invocation: Invocation) -> Settings:
    """Settings from the environment.

    Raises:
        Usage: one line that names the setting and the mend.
    """
    try:
        return Settings.from_env(invocation.environ)
    except SettingsError as error:
        raise Usage(str(error)) from None


def service_settings_of(invocation: Invocation) -> Settings:
    """Settings of a process that talks to GitHub: App and webhook secret must be there.

    Raises:
        Usage: one line that names what is missing and the mend.
    """
    settings = settings_of(invocation)
    missing = []
    if settings.github.app_id is None:
        missing += ["PATCHWARDEN_GITHUB_APP_ID", "PATCHWARDEN_GITHUB_PRIVATE_KEY (or ..._FILE)"]
    if not settings.github.webhook_secret:
        missing.append("PATCHWARDEN_GITHUB_WEBHOOK_SECRET")
    if missing:
        raise Usage(f"not set: {', '.join(missing)}; docs/guides/install-app.md says where each comes from")
    return settings
