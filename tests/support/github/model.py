"""What the stand-in remembers: accounts, Apps, repositories, pull requests, comments, reviews, check runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from support.github.diffs import PullDiff, pull_diff
from support.github.store import Author, Store

ACTIONS_APP_ID = 15_368
"""The App that owns GITHUB_TOKEN on GitHub."""


def moment() -> datetime:
    """Now, to the second: GitHub's timestamps have no finer resolution."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(value: datetime | None) -> str | None:
    """As GitHub writes time."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


@dataclass(slots=True)
class Account:
    """A user, an organisation or a bot."""

    id: int
    login: str
    kind: str = "User"

    @property
    def author(self) -> Author:
        """As commits name it."""
        return Author(self.login, f"{self.id}+{self.login}@users.noreply.github.com")


@dataclass(slots=True)
class App:
    """A GitHub App."""

    id: int
    slug: str
    name: str
    owner: Account
    bot: Account
    public_key: Any
    permissions: dict[str, str]
    events: list[str]
    webhook_url: str | None = None
    webhook_secret: str = ""
    client_id: str = ""
    created_at: datetime = field(default_factory=moment)


@dataclass(slots=True)
class Installation:
    """An App on an account."""

    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    repository_ids: set[int] | None = None
    """None: all repositories of the account."""
    suspended_at: datetime | None = None
    created_at: datetime = field(default_factory=moment)


@dataclass(slots=True)
class Token:
    """A bearer token and what it may do."""

    kind: str
    """``installation``, ``actions`` or ``user``."""
    actor: Account
    permissions: dict[str, str]
    expires_at: datetime
    app: App | None = None
    installation: Installation | None = None
    repository_ids: set[int] | None = None


@dataclass(slots=True)
class RepositoryState:
    """A repository."""

    id: int
    owner: Account
    name: str
    store: Store
    private: bool = False
    fork_of: RepositoryState | None = None
    default_branch: str = "main"
    roles: dict[str, str] = field(default_factory=dict)
    """Login to role: read, triage, write, maintain, admin."""
    created_at: datetime = field(default_factory=moment)

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    def role(self, login: str) -> str:
        """What a person may do; owners are admins, anybody reads a public repository."""
        if login == self.owner.login:
            return "admin"
        return self.roles.get(login, "none" if self.private else "read")


@dataclass(slots=True)
class PullState:
    """A pull request."""

    id: int
    repository: RepositoryState
    number: int
    title: str
    body: str | None
    author: Account
    head_repository: RepositoryState
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    state: str = "open"
    merge_sha: str | None = None
    merged_at: datetime | None = None
    created_at: datetime = field(default_factory=moment)
    updated_at: datetime = field(default_factory=moment)
    closed_at: datetime | None = None
    heads: list[str] = field(default_factory=list)
    """Every head it ever had; the newest last."""
    diffs: dict[tuple[str, str], PullDiff] = field(default_factory=dict)

    def diff(self, head: str | None = None) -> PullDiff:
        """The diff of the current head, or of an earlier one that a comment names."""
        key = (self.base_sha, head or self.head_sha)
        if key not in self.diffs:
            self.diffs[key] = pull_diff(self.repository.store, *key)
        return self.diffs[key]


@dataclass(slots=True)
class Reaction:
    """An emoji on something."""

    id: int
    author: Account
    content: str
    created_at: datetime = field(default_factory=moment)


@dataclass(slots=True)
class IssueComment:
    """A comment in the conversation."""

    id: int
    pull: PullState
    author: Account
    body: str
    app: App | None = None
    created_at: datetime = field(default_factory=moment)
    updated_at: datetime = field(default_factory=moment)
    reactions: list[Reaction] = field(default_factory=list)
    minimized: str | None = None


@dataclass(slots=True)
class ReviewState:
    """A review: PENDING until submitted."""

    id: int
    pull: PullState
    author: Account
    body: str
    state: str
    commit_id: str
    app: App | None = None
    submitted_at: datetime | None = None
    updated_at: datetime = field(default_factory=moment)


@dataclass(slots=True)
class ReviewComment:
    """A comment on a line of the diff, or on a file."""

    id: int
    pull: PullState
    review: ReviewState
    author: Account
    body: str
    path: str
    commit_id: str
    line: int | None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    subject_type: str = "line"
    diff_hunk: str = ""
    reply_to: ReviewComment | None = None
    app: App | None = None
    resolved_by: Account | None = None
    minimized: str | None = None
    created_at: datetime = field(default_factory=moment)
    updated_at: datetime = field(default_factory=moment)
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def outdated(self) -> bool:
        """Whether a later push took the line away from under it."""
        if self.commit_id == self.pull.head_sha or self.line is None:
            return False
        now, then = self.pull.diff().file(self.path), self.pull.diff(self.commit_id).file(self.path)
        return now is None or then is None or now.blob != then.blob


@dataclass(slots=True)
class CheckSuite:
    """All check runs of one App on one commit."""

    id: int
    repository: RepositoryState
    app: App
    head_sha: str
    head_branch: str | None
    before: str | None = None
    created_at: datetime = field(default_factory=moment)
    updated_at: datetime = field(default_factory=moment)


@dataclass(slots=True)
class CheckRun:
    """A check run with its annotations."""

    id: int
    suite: CheckSuite
    name: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updates: int = 0
    """How often it was written to after its creation."""

    @property
    def head_sha(self) -> str:
        """The commit it is about."""
        return self.suite.head_sha


class World:
    """Everything there is, with the look-ups the routes share. One event loop; no locks."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[int, RepositoryState] = {}
        self.renamed: dict[str, int] = {}
        self.pulls: dict[int, list[PullState]] = {}
        self.comments: dict[int, IssueComment] = {}
        self.reviews: dict[int, ReviewState] = {}
        self.review_comments: dict[int, ReviewComment] = {}
        self.suites: dict[int, CheckSuite] = {}
        self.check_runs: dict[int, CheckRun] = {}
        self.issue_reactions: dict[int, list[Reaction]] = {}
        self._ids: Iterator[int] = itertools.count(1_000_000_007)

    def new_id(self) -> int:
        """Ids as large as GitHub's: over 32 bits once a world lives long enough to matter is not needed here."""
        return next(self._ids)

    def account(self, login: str, kind: str = "User") -> Account:
        """The account of that login, made on first use."""
        if login not in self.accounts:
            self.accounts[login] = Account(self.new_id(), login, kind)
        return self.accounts[login]

    def repository(self, owner: str, name: str) -> RepositoryState | None:
        """By name, letter case aside as on GitHub."""
        wanted = f"{owner}/{name}".lower()
        return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def pull(self, repository: RepositoryState, number: int) -> PullState | None:
        """By number."""
        pulls = self.pulls.get(repository.id, [])
        return pulls[number - 1] if 1 <= number <= len(pulls) else None

    def pulls_at(self, repository: RepositoryState, sha: str) -> list[PullState]:
        """Open pull requests of the repository's own branches with that head; forks are left out as on GitHub."""
        return [
            p
            for p in self.pulls.get(repository.id, [])
            if p.head_sha == sha and p.state == "open" and p.head_repository is repository
        ]

    def installation_for(self, repository: RepositoryState, app: App) -> Installation | None:
        """The App's installation that covers a repository."""
        for found in self.installations.values():
            mine = found.app is app and found.account is repository.owner
            if mine and (found.repository_ids is None or repository.id in found.repository_ids):
                return found
        return None

    def covered(self, installation: Installation) -> list[RepositoryState]:
        """Repositories an installation sees."""
        return [
            r
            for r in self.repositories.values()
            if r.owner is installation.account
            and (installation.repository_ids is None or r.id in installation.repository_ids)
        ]
