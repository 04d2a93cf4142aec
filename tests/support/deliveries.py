"""Deliveries and work items for tests, each told apart by a number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from bot.models import Delivery, ReviewRecord, StoredFinding, WorkItem


def guid(number: int) -> str:
    """A GUID that is the same in every run."""
    return str(UUID(int=number))


def delivery(number: int, *, at: datetime | None = None, event: str = "pull_request", **body: object) -> Delivery:
    """A stored-to-be delivery."""
    return Delivery(
        delivery_id=guid(number),
        event=event,
        action="opened",
        installation_id=7,
        repository_id=11,
        received_at=at or datetime.now(UTC),
        payload=json.dumps({"n": number, **body}).encode(),
    )


def item(subject: str = "11:1:review", *, ordinal: int = 1, kind: str = "review", **message: object) -> WorkItem:
    """A wish."""
    return WorkItem(
        subject=subject,
        kind=kind,
        installation_id=7,
        sha=f"{ordinal:040x}",
        ordinal=ordinal,
        message={"ordinal": ordinal, **message},
    )


def review(number: int, *, pull: int = 1, at: datetime | None = None, private: bool = False) -> ReviewRecord:
    """A finished review."""
    when = at or datetime.now(UTC)
    return ReviewRecord(
        id=guid(number),
        effect_key=f"11:{pull}:review@{number:040x}",
        installation_id=7,
        repository_id=11,
        repository="octo-org/shop",
        private=private,
        number=pull,
        head_sha=f"{number:040x}",
        base_sha="0" * 40,
        verdict="findings",
        title=f"review {number}",
        counts={"high": 1},
        findings=(
            StoredFinding(
                fingerprint=f"f{number}",
                rule_id="x/y",
                severity="high",
                file_path="ä.py",
                line_number=3,
                message="that",
            ),
        ),
        files=2,
        additions=10,
        deletions=1,
        skipped=("zizmor",),
        started_at=when,
        finished_at=when,
    )
