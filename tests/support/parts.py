"""Collections of collaborators for tests of the data path: only what that path uses is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from pydantic import SecretStr

from bot.metrics import Metrics
from bot.queue import JobQueue, NullQueue
from bot.services import WebServices, WorkerServices
from bot.settings import GitHubSettings, Settings
from bot.storage.database import Database

ABSENT = cast("Any", None)


def settings(*secrets: str) -> Settings:
    """Settings with these webhook secrets."""
    return Settings(github=GitHubSettings(webhook_secret=tuple(SecretStr(s) for s in secrets)))


def web_services(
    database: Database, *secrets: str, queue: JobQueue | None = None, now: Callable[[], datetime] | None = None
) -> WebServices:
    """What the door needs."""
    return WebServices(
        settings=settings(*secrets),
        database=database,
        queue=queue or NullQueue(),
        metrics=Metrics(),
        templates=ABSENT,
        now=now or database.now,
    )


def worker_services(database: Database, *, queue: JobQueue | None = None, worker_id: str = "w") -> WorkerServices:
    """What the worker itself needs; jobs of tests use the same."""
    return WorkerServices(
        settings=settings(),
        database=database,
        queue=queue or NullQueue(),
        metrics=Metrics(),
        github=ABSENT,
        mirrors=ABSENT,
        reviewer=ABSENT,
        pool=ABSENT,
        health=ABSENT,
        templates=ABSENT,
        now=database.now,
        worker_id=worker_id,
    )


def value_of(metrics: Metrics, name: str, **labels: str) -> float:
    """What a metric shows."""
    return metrics.registry.get_sample_value(name, labels) or 0.0
