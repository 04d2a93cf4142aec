"""What a work item of each kind carries from decision to job: JSON, no secrets, no vendor payloads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from bot.models import Frozen, RepositoryRef, WorkItem

REVIEW = "review"
REPLY = "reply"
INSTALLATION = "installation"
_MOST_LATE_MS = 999_999

Reaction = Literal["+1", "-1", "confused", "eyes"]


class ReviewJob(Frozen):
    """Review a pull request as it is when the work starts."""

    repository: RepositoryRef
    number: int
    installation_id: int
    head_sha: str = ""
    """Head when it was asked for; the worker asks GitHub again."""
    reason: str = ""
    """``opened``, ``synchronize``, ``command``, ``rerequested`` …"""
    force: bool = False
    """Whether a person asked: drafts and heads reviewed before are reviewed, too."""
    run: str = ""
    """Tells a wanted repeat from a retry; empty for the one automatic review of a head."""
    full: bool = False
    """Whether findings outside the added lines count, too."""
    delivery_id: str = ""

    @property
    def subject(self) -> str:
        """One review at a time for a pull request."""
        return f"{self.repository.id}:{self.number}:review"

    def effect_key(self, head_sha: str) -> str:
        """Identity of all that the review of this head posts."""
        return f"{self.subject}@{head_sha}" + (f"+{self.run}" if self.run else "")


class ReplyPart(Frozen):
    """One answer within a reply: the name of a template and what it shows."""

    name: Literal["help", "refused", "unknown", "error"]
    values: dict[str, Any] = Field(default_factory=dict)


class ReplyJob(Frozen):
    """Answer a comment: reactions at once, and at most one reply."""

    repository: RepositoryRef
    number: int
    comment_id: int
    installation_id: int
    ordinal: int
    """Which version of the comment is answered."""
    reactions: tuple[Reaction, ...] = ()
    parts: tuple[ReplyPart, ...] = ()

    @property
    def subject(self) -> str:
        """One for each version of a comment, so that an edit does not swallow the first answer."""
        return f"{self.repository.id}:{self.comment_id}.{self.ordinal}:reply"


class InstallationJob(Frozen):
    """Remember where the App is installed, or that it no longer is."""

    installation_id: int
    account: str
    account_type: str = "User"
    present: bool = True
    suspended: bool = False


def review_item(job: ReviewJob, *, ordinal: int) -> WorkItem:
    """The wish for a review as the work table keeps it."""
    return WorkItem(
        subject=job.subject,
        kind=REVIEW,
        installation_id=job.installation_id,
        sha=job.head_sha,
        ordinal=ordinal,
        message=job.model_dump(mode="json"),
    )


def reply_item(job: ReplyJob) -> WorkItem:
    """The wish for an answer as the work table keeps it."""
    return WorkItem(
        subject=job.subject,
        kind=REPLY,
        installation_id=job.installation_id,
        ordinal=job.ordinal,
        message=job.model_dump(mode="json"),
    )


def installation_item(job: InstallationJob, *, ordinal: int) -> WorkItem:
    """News of an installation as the work table keeps it."""
    return WorkItem(
        subject=f"{job.installation_id}:installation",
        kind=INSTALLATION,
        installation_id=job.installation_id,
        ordinal=ordinal,
        message=job.model_dump(mode="json"),
    )


def merge_replies(items: Iterable[WorkItem]) -> tuple[WorkItem, ...]:
    """Answers to the same version of a comment as one: reactions and parts in order, none twice."""
    others: list[WorkItem] = []
    replies: dict[str, ReplyJob] = {}
    for item in items:
        if item.kind != REPLY:
            others.append(item)
            continue
        job = ReplyJob.model_validate(item.message)
        known = replies.get(item.subject)
        if known is not None:
            reactions = tuple(dict.fromkeys(known.reactions + job.reactions))
            parts = known.parts + tuple(part for part in job.parts if part not in known.parts)
            job = known.model_copy(update={"reactions": reactions, "parts": parts})
        replies[item.subject] = job
    return (*others, *(reply_item(job) for job in replies.values()))


def ordinal(at_ms: int, received_ms: int) -> int:
    """Order of an event among those of one pull request.

    GitHub's times have whole seconds, so events of one second are told apart by when they reached us.

    Args:
        at_ms: GitHub's time of the event, ms since the epoch.
        received_ms: when the delivery was stored, ms since the epoch.
    """
    seconds = at_ms // 1000
    late_ms = min(max(received_ms - seconds * 1000, 0), _MOST_LATE_MS)
    return seconds * (_MOST_LATE_MS + 1) + late_ms
