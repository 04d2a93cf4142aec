"""GitHub's payloads, the part we read, and how they become our own values. Unknown keys are GitHub's right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import PermanentError
from bot.github.webhooks import (
    CheckRunEvent,
    CheckSuiteEvent,
    Event,
    InstallationEvent,
    IssueCommentEvent,
    PullRequestEvent,
)
from bot.models import Actor, Delivery, PullRequestRef, RepositoryRef

GHOST = "ghost"
"""GitHub's own stand-in for a deleted account."""


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A string that GitHub may give as null."""


class Payload(BaseModel):
    """Part of a payload."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Payload):
    """An account."""

    login: str
    id: int
    type: str = "User"

    def actor(self) -> Actor:
        """As our own value."""
        return Actor(login=self.login, id=self.id, is_bot=self.type == "Bot" or self.login.endswith("[bot]"))


class Repository(Payload):
    """A repository."""

    id: int
    name: str
    full_name: str
    clone_url: str = ""
    html_url: str = ""
    default_branch: str = "main"
    private: bool = False

    def ref(self) -> RepositoryRef:
        """As our own value. Some payloads carry only a repository's web address."""
        owner, _, name = self.full_name.partition("/")
        clone_url = self.clone_url or (f"{self.html_url}.git" if self.html_url else "")
        return RepositoryRef(
            id=self.id,
            owner=owner,
            name=name or self.name,
            clone_url=clone_url,
            default_branch=self.default_branch,
            private=self.private,
        )


class Branch(Payload):
    """One side of a pull request."""

    ref: str
    sha: str
    repo: Repository | None = None
    """None when the fork was deleted."""


class PullRequest(Payload):
    """A pull request, in payloads and in REST answers alike."""

    number: int
    state: Literal["open", "closed"] = "open"
    draft: bool | None = False
    title: Text = ""
    user: User | None = None
    head: Branch
    base: Branch
    updated_at: datetime

    def reference(self, repository: RepositoryRef | None = None) -> PullRequestRef:
        """As our own value.

        Args:
            repository: the base repository, where the answer itself may leave it out.
        """
        base = self.base.repo.ref() if self.base.repo else repository
        if base is None:
            raise PermanentError(f"pull request {self.number} names no base repository")
        head = self.head.repo
        return PullRequestRef(
            repository=base,
            number=self.number,
            head_sha=self.head.sha,
            base_sha=self.base.sha,
            head_ref=self.head.ref,
            base_ref=self.base.ref,
            draft=bool(self.draft),
            state=self.state,
            author=_actor(self.user),
            title=self.title,
            from_fork=head is None or head.id != base.id,
            updated_ms=milliseconds(self.updated_at),
        )


class _Installation(Payload):
    id: int


class _Before(Payload):
    from_: Any = Field(default=None, alias="from")


class _Changes(Payload):
    body: _Before | None = None
    base: dict[str, Any] | None = None


class _Envelope(Payload):
    action: str = ""
    installation: _Installation | None = None
    sender: User | None = None
    changes: _Changes | None = None


class _PullRequestPayload(_Envelope):
    pull_request: PullRequest
    repository: Repository


class _Issue(Payload):
    number: int
    state: str = "open"
    user: User | None = None
    pull_request: dict[str, Any] | None = None


class _Comment(Payload):
    id: int
    body: Text = ""
    user: User | None = None
    created_at: datetime
    updated_at: datetime | None = None


class _IssueCommentPayload(_Envelope):
    issue: _Issue
    comment: _Comment
    repository: Repository


class _Numbered(Payload):
    number: int


class _CheckRun(Payload):
    id: int
    head_sha: str
    external_id: Text = ""


class _RequestedAction(Payload):
    identifier: str = ""


class _CheckRunPayload(_Envelope):
    check_run: _CheckRun
    requested_action: _RequestedAction | None = None
    repository: Repository


class _CheckSuite(Payload):
    head_sha: str
    pull_requests: tuple[_Numbered, ...] = ()


class _CheckSuitePayload(_Envelope):
    check_suite: _CheckSuite
    repository: Repository


class _InstallationDetails(Payload):
    id: int
    account: User
    suspended_at: str | None = None


class _InstallationPayload(Payload):
    action: str = ""
    installation: _InstallationDetails
    sender: User | None = None


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch; a moment without a zone is in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def parse(delivery: Delivery) -> Event | None:
    """Read a delivery's raw body.

    Returns:
        Our event; None for events we do not read, and for those of a webhook that belongs to no installation.

    Raises:
        PermanentError: the body is not what GitHub documents for this event.
    """
    reader = _READERS.get(delivery.event)
    if reader is None:
        return None
    try:
        return reader(delivery)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PermanentError(f"{delivery.event} payload: {where}: {first['msg']}") from error


def parse_pull_request(answer: Mapping[str, Any], repository: RepositoryRef) -> PullRequestRef:
    """Read GitHub's answer for one pull request.

    Raises:
        PermanentError: the answer is not a pull request.
    """
    try:
        return PullRequest.model_validate(answer).reference(repository)
    except ValidationError as error:
        raise PermanentError(f"GitHub's answer is not a pull request: {error.error_count()} problems") from error


def _actor(user: User | None) -> Actor:
    return user.actor() if user else Actor(login=GHOST, id=0)


def _head(delivery: Delivery, envelope: _Envelope, installation_id: int) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "action": envelope.action,
        "installation_id": installation_id,
        "received_ms": milliseconds(delivery.received_at),
        "sender": _actor(envelope.sender),
    }


def _pull_request(delivery: Delivery) -> Event | None:
    body = _PullRequestPayload.model_validate_json(delivery.payload)
    if body.installation is None:
        return None
    return PullRequestEvent(
        **_head(delivery, body, body.installation.id),
        pull_request=body.pull_request.reference(body.repository.ref()),
        base_changed=body.changes is not None and body.changes.base is not None,
    )


def _issue_comment(delivery: Delivery) -> Event | None:
    body = _IssueCommentPayload.model_validate_json(delivery.payload)
    if body.installation is None:
        return None
    before = body.changes.body.from_ if body.changes and body.changes.body else None
    return IssueCommentEvent(
        **_head(delivery, body, body.installation.id),
        repository=body.repository.ref(),
        number=body.issue.number,
        on_pull_request=body.issue.pull_request is not None,
        open=body.issue.state == "open",
        comment_id=body.comment.id,
        body=body.comment.body,
        previous_body=before if isinstance(before, str) else None,
        comment_ms=milliseconds(body.comment.updated_at or body.comment.created_at),
        author=_actor(body.comment.user),
        issue_author=_actor(body.issue.user),
    )


def _check_run(delivery: Delivery) -> Event | None:
    body = _CheckRunPayload.model_validate_json(delivery.payload)
    if body.installation is None:
        return None
    return CheckRunEvent(
        **_head(delivery, body, body.installation.id),
        repository=body.repository.ref(),
        check_run_id=body.check_run.id,
        head_sha=body.check_run.head_sha,
        external_id=body.check_run.external_id,
        requested_action=body.requested_action.identifier if body.requested_action else "",
    )


def _check_suite(delivery: Delivery) -> Event | None:
    body = _CheckSuitePayload.model_validate_json(delivery.payload)
    if body.installation is None:
        return None
    return CheckSuiteEvent(
        **_head(delivery, body, body.installation.id),
        repository=body.repository.ref(),
        head_sha=body.check_suite.head_sha,
        numbers=tuple(pull.number for pull in body.check_suite.pull_requests),
    )


def _installation(delivery: Delivery) -> Event:
    body = _InstallationPayload.model_validate_json(delivery.payload)
    envelope = _Envelope(action=body.action, sender=body.sender)
    return InstallationEvent(
        **_head(delivery, envelope, body.installation.id),
        account=body.installation.account.login,
        account_type=body.installation.account.type,
        suspended=body.installation.suspended_at is not None,
    )


_READERS: Mapping[str, Callable[[Delivery], Event | None]] = {
    "pull_request": _pull_request,
    "issue_comment": _issue_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "installation": _installation,
    "installation_repositories": _installation,
}
