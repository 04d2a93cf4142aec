"""Nouns that travel through the service. Frozen; JSON in and out; no vendor payloads, no ORM rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from review.config import ReviewConfig


class Frozen(BaseModel):
    """A value that travels: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delivery(Frozen):
    """One webhook POST, known by the id GitHub gave it."""

    delivery_id: str
    """``X-GitHub-Delivery``: a GUID; the same on a redelivery."""
    event: str
    action: str | None = None
    installation_id: int | None = None
    repository_id: int | None = None
    received_at: datetime
    payload: bytes = b""


class RepositoryRef(Frozen):
    """A repository on GitHub."""

    id: int
    owner: str
    name: str
    clone_url: str
    default_branch: str = "main"
    private: bool = False

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    @property
    def html_url(self) -> str:
        """Address of its page: GitHub's clone address without ``.git``."""
        return self.clone_url.removesuffix(".git")


class Actor(Frozen):
    """Who did something."""

    login: str
    id: int
    is_bot: bool = False


class PullRequestRef(Frozen):
    """A pull request as a payload described it; the worker asks GitHub again before it acts."""

    repository: RepositoryRef
    number: int
    head_sha: str
    base_sha: str
    head_ref: str
    base_ref: str
    draft: bool = False
    state: Literal["open", "closed"] = "open"
    author: Actor
    title: str = ""
    from_fork: bool = False
    updated_ms: int = 0
    """``updated_at`` in ms since the epoch: orders pushes whose webhooks came out of order."""


class WorkItem(Frozen):
    """Something that must be done once for a subject; newer wishes replace older ones of the same subject."""

    subject: str
    """``{repo_id}:{number}:review`` or ``{repo_id}:{comment_id}:reply``: one at a time each."""
    kind: str
    """Name of the job that does it."""
    installation_id: int
    sha: str = ""
    ordinal: int
    """Larger is newer; an item that is not newer than the stored one changes nothing."""
    message: dict[str, object]
    """The job's message as JSON."""


class PublishOutcome(StrEnum):
    """How a publisher did."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class PublishReceipt(Frozen):
    """What a publisher left on GitHub."""

    publisher: str
    outcome: PublishOutcome
    url: str | None = None
    detail: str = ""
    """Why it was skipped or failed, for a person."""
    counts: dict[str, int] = Field(default_factory=dict)


class ReviewTarget(Frozen):
    """Where a review's outcome goes, and what was there before."""

    pull_request: PullRequestRef
    installation_id: int
    effect_key: str
    """``{subject}@{head_sha}``: the identity of everything this review posts."""
    check_run_id: int | None = None
    details_url: str | None = None
    reason: str = ""
    """What started it: ``opened``, ``synchronize``, ``command`` …"""
    config: ReviewConfig = Field(default_factory=ReviewConfig)
    """The repository's own settings, as the base has them."""
    previous: ReviewRecord | None = None
    """The review before this one: what tells new, still open and fixed apart."""
    started_at: datetime | None = None
    receipts: tuple[PublishReceipt, ...] = ()
    """What publishers before this one left or could not leave."""


class StoredFinding(Frozen):
    """What is remembered of a posted finding, enough to tell new, still open and fixed apart."""

    fingerprint: str
    rule_id: str
    severity: str
    file_path: str
    line_number: int
    message: str


class ReviewRecord(Frozen):
    """One finished review as the database remembers it."""

    id: str
    """UUID in text form."""
    effect_key: str
    installation_id: int
    repository_id: int
    repository: str
    """``owner/name``."""
    private: bool = False
    number: int
    head_sha: str
    base_sha: str
    verdict: str
    title: str
    counts: dict[str, int] = Field(default_factory=dict)
    """Shown findings by severity."""
    findings: tuple[StoredFinding, ...] = ()
    files: int = 0
    additions: int = 0
    deletions: int = 0
    skipped: tuple[str, ...] = ()
    """Names of analysers that did not run."""
    security_score: float = 100.0
    quality_score: float = 100.0
    started_at: datetime
    finished_at: datetime


class Backlog(Frozen):
    """State of the work table."""

    waiting: int = 0
    running: int = 0
    dead: int = 0
    unrouted: int = 0
    """Deliveries stored but not yet looked at."""
    oldest_wait_s: float = 0.0
    done_total: int = 0


class WorkerBeat(Frozen):
    """A worker that said it is alive."""

    worker_id: str
    started_at: datetime
    last_seen: datetime
    running: int = 0


class ServerState(Frozen):
    """An MCP server as the last health check saw it; ``status`` is one of the seed's MCPServerStatus values."""

    server_name: str
    status: str
    response_time_ms: float = 0.0
    error_message: str | None = None
    checked_at: datetime
