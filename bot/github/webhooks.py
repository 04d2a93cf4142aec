"""Our typed events: what a webhook delivery says, without GitHub's payload shapes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.models import Actor, PullRequestRef, RepositoryRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has."""

    delivery_id: str
    action: str
    installation_id: int
    received_ms: int
    """When the delivery reached us, ms since the epoch."""
    sender: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEvent(Event):
    """Something happened to a pull request."""

    pull_request: PullRequestRef
    base_changed: bool = False
    """Whether an edit moved it to another base branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCommentEvent(Event):
    """A comment on the conversation of an issue or pull request."""

    repository: RepositoryRef
    number: int
    on_pull_request: bool
    open: bool
    comment_id: int
    body: str
    previous_body: str | None
    """Text before an edit that changed it; None otherwise."""
    comment_ms: int
    author: Actor
    """Who wrote the comment; an edit may be somebody else's."""
    issue_author: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRunEvent(Event):
    """Somebody pressed a button on a check run of ours."""

    repository: RepositoryRef
    check_run_id: int
    head_sha: str
    external_id: str
    requested_action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSuiteEvent(Event):
    """Somebody asked for all our checks of a commit again."""

    repository: RepositoryRef
    head_sha: str
    numbers: tuple[int, ...]
    """Pull requests GitHub names; none for those from forks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationEvent(Event):
    """The App was installed, removed, suspended, or given other repositories."""

    account: str
    account_type: str
    suspended: bool = False
