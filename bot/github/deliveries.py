"""GitHub's own log of what it tried to deliver to the App."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to deliver; attempts for the same event share the GUID."""

    id: int
    guid: str
    event: str
    delivered_at: datetime
    redelivery: bool
    """Whether somebody asked for it; False for GitHub's own, first attempt."""
    status_code: int
    """What was answered; 0 when nobody answered."""

    @property
    def ok(self) -> bool:
        """Whether it was taken. GitHub follows no redirect."""
        return self.status_code in _OK


def read_attempt(item: Any) -> DeliveryAttempt:
    """One entry of ``GET /app/hook/deliveries``. Source: GitHub REST API, "GitHub App webhooks".

    Raises:
        ValueError: the entry is not what GitHub documents.
    """
    try:
        return DeliveryAttempt(
            id=int(item["id"]),
            guid=str(item["guid"]).lower(),
            event=str(item["event"]),
            delivered_at=datetime.fromisoformat(item["delivered_at"]).astimezone(UTC),
            redelivery=bool(item["redelivery"]),
            status_code=int(item["status_code"] or 0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("not an entry of the list of deliveries") from error
