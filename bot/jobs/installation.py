"""Remembers where the App is installed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel

from bot.job import Lease
from bot.messages import INSTALLATION, InstallationJob
from bot.services import WorkerServices


class RememberInstallation:
    """Brings the table of installations up to date."""

    name: ClassVar[str] = INSTALLATION
    message: ClassVar[type[BaseModel]] = InstallationJob
    timeout_s: ClassVar[int] = 30

    async def run(self, services: WorkerServices, message: InstallationJob, lease: Lease) -> None:
        """Store the account, or forget it."""
        await lease.confirm()
        async with services.database.begin() as tx:
            if message.present:
                await tx.installations.upsert(
                    message.installation_id,
                    message.account,
                    account_type=message.account_type,
                    suspended=message.suspended,
                )
            else:
                await tx.installations.remove(message.installation_id)

    async def give_up(self, services: WorkerServices, message: InstallationJob, lease: Lease, reason: str) -> None:
        """There is no pull request to tell; the work table keeps the reason."""
