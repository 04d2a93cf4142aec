"""Opens everything one reviewing process needs, in order: server pool, engine, reviewer; closes it in reverse."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.host import catalogue

if TYPE_CHECKING:
    from review.reviewer import SmartGitReviewer
    from workflows.engine import WorkflowEngine
    from workflows.host.pool import ServerPool

FIRST_SERVERS = ("simple-warp", "api-key-sniffer")
"""Servers nearly every review calls: started at once, while the change is still being read."""


@dataclass(frozen=True, slots=True)
class ReviewSession:
    """What was opened. ``workspaces`` is the only folder the servers may read."""

    pool: ServerPool
    engine: WorkflowEngine
    reviewer: SmartGitReviewer
    workspaces: Path


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How to open a session."""

    scratch: Path
    """Folder for work copies and the servers' empty working directories."""
    roots: tuple[Path, ...] = ()
    """Further folders the servers may read, such as git mirrors."""
    share_workspaces: bool = True
    """Whether servers may read the work copies, too; a person who calls a tool means their own folder alone."""
    profile: str = "pr-review"
    """Which effect classes are allowed: ``pr-review``, ``workflow`` or ``developer``."""
    servers_file: Path | None = None
    environment: Mapping[str, str] | None = None
    """Values for servers by name; each server gets only the names its manifest lists."""
    jobs: int | None = None
    """Tool calls at the same time; None takes the default."""
    approvals: tuple[tuple[str, str], ...] = ()
    """Pairs of server and tool that a person allowed by asking for them."""
    first_servers: tuple[str, ...] = FIRST_SERVERS
    """Servers started at once."""


@asynccontextmanager
async def open_session(options: SessionOptions) -> AsyncIterator[ReviewSession]:
    """Build pool, engine and reviewer.

    The first servers start before anything else is loaded: a process that imports the protocol's library
    needs about a second, and that second is shared with our own start.
    """
    from workflows.host.pool import ServerPool

    workspaces = options.scratch / "workspaces"
    workspaces.mkdir(parents=True, exist_ok=True)
    roots = ":".join(
        str(path.resolve()) for path in (*([workspaces] if options.share_workspaces else []), *options.roots)
    )
    environment = {**(options.environment or {}), "WORKSPACE_ROOTS": roots, "MCP_PROFILE": options.profile}
    configs = catalogue.load(options.servers_file)
    async with ServerPool.open(
        configs,
        scratch=options.scratch / "servers",
        environment=environment,
        profile=options.profile,
        approvals=options.approvals,
    ) as pool:
        pool.prestart(*options.first_servers)
        # One turn of the loop starts the processes; the imports below then run beside theirs.
        await asyncio.sleep(0)
        from review.reviewer import SmartGitReviewer
        from workflows.engine import WorkflowEngine

        engine = WorkflowEngine(pool)
        reviewer = SmartGitReviewer(engine, max_parallel=options.jobs or 8)
        yield ReviewSession(pool, engine, reviewer, workspaces)


@asynccontextmanager
async def temporary_scratch() -> AsyncIterator[Path]:
    """A private folder that is gone afterwards, whatever was written to it."""
    folder = Path(tempfile.mkdtemp(prefix="patchwarden-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
