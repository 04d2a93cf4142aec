"""What is built once and handed over: frozen collections of collaborators. Built in ``bot.wiring`` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import jinja2

    from bot.github.app import GitHubApp, InstallationClient
    from bot.metrics import Metrics
    from bot.queue import JobQueue
    from bot.settings import Settings
    from bot.storage.database import Database
    from review.git import MirrorCache
    from review.reviewer import SmartGitReviewer
    from workflows.host.health import HealthMonitor
    from workflows.host.pool import ServerPool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """What the web process needs."""

    settings: Settings
    database: Database
    queue: JobQueue
    metrics: Metrics
    templates: jinja2.Environment
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingServices:
    """What a publisher needs."""

    github: InstallationClient
    database: Database
    templates: jinja2.Environment
    app_slug: str
    now: Callable[[], datetime]
    public_url: str | None = None
    commands: tuple[tuple[str, str], ...] = ()
    """Usage and summary of each slash command, for the summary comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerServices:
    """What a worker needs."""

    settings: Settings
    database: Database
    queue: JobQueue
    metrics: Metrics
    github: GitHubApp
    mirrors: MirrorCache
    reviewer: SmartGitReviewer
    pool: ServerPool
    health: HealthMonitor
    templates: jinja2.Environment
    now: Callable[[], datetime]
    worker_id: str = field(default="")
    """``host-pid-random``: new for each process, so that a lease names exactly one."""
