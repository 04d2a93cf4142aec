"""The in-memory GitHub with a log of webhook deliveries, as the App may list it and ask for repetitions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from support.deliveries import guid
from support.fake_github import GitHub
from support.fake_rules import RefusedError, Request

LOG = "/app/hook/deliveries"


class GitHubWithHooks(GitHub):
    """Nothing is sent for real: a test says what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[dict[str, Any]] = []
        """Attempts, oldest first."""
        self.has_webhook = True

    def delivered(
        self, number: int, at: datetime, status: int, *, event: str = "pull_request", redelivery: bool = False
    ) -> int:
        """One attempt to deliver; gives its id."""
        item: dict[str, Any] = {
            "id": self.id(),
            "guid": guid(number),
            "event": event,
            "action": "opened",
            "delivered_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "redelivery": redelivery,
            "duration": 0.1,
            "status": "OK",
            "status_code": status,
            "installation_id": 88,
            "repository_id": None,
        }
        self.log.append(item)
        return int(item["id"])

    def asked_again(self) -> list[int]:
        """Attempts somebody wanted repeated, in order."""
        return [int(r.path.split("/")[-2]) for r in self.asked("POST", rf"{LOG}/\d+/attempts")]

    def _handled(self, request: Request, headers: Mapping[str, str]) -> tuple[int, Any, dict[str, str]]:
        again = re.fullmatch(rf"{LOG}/(\d+)/attempts", request.path)
        if request.path != LOG and again is None:
            return super()._handled(request, headers)
        try:
            self._authorise(request, headers)
        except RefusedError as refused:
            return (*refused.answer, {})
        ids = {int(item["id"]) for item in self.log}
        if not self.has_webhook or (again is not None and int(again[1]) not in ids):
            return 404, {"message": "Not Found"}, {}
        if again is not None:
            return 202, {}, {}
        return self._paged(request, 200, self.log[::-1])
