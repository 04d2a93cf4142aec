"""The view of a pull request: its conversation in order, threads under their hunks, checks with annotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from support.github.bodies import Addresses
from support.github.diffs import ChangedFile, Hunk, Side
from support.github.model import Account, CheckRun, PullState, Reaction, ReviewComment, World

Shown = Callable[..., Markup]
CONTEXT = 4
"""Lines GitHub shows above a comment that names one line."""
EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "hooray": "🎉",
    "confused": "😕",
    "heart": "❤️",
    "rocket": "🚀",
    "eyes": "👀",
}
WORDS = {
    "success": ("✓", "good", "Successful"),
    "failure": ("✕", "bad", "Failing"),
    "neutral": ("■", "grey", "Neutral"),
    "cancelled": ("⊘", "grey", "Cancelled"),
    "skipped": ("⊘", "grey", "Skipped"),
    "timed_out": ("✕", "bad", "Timed out"),
    "action_required": ("!", "warn", "Action required"),
    "stale": ("■", "grey", "Stale"),
    "queued": ("●", "warn", "Queued"),
    "in_progress": ("●", "warn", "In progress"),
}
REVIEWED = {
    "COMMENTED": "reviewed",
    "APPROVED": "approved these changes",
    "CHANGES_REQUESTED": "requested changes",
    "DISMISSED": "had a review dismissed",
}


@dataclass(slots=True)
class Row:
    """A line of a diff."""

    kind: str
    old: int | None
    new: int | None
    sign: str
    text: str


@dataclass(slots=True)
class Note:
    """A comment with its author."""

    author: Account
    when: datetime
    html: Markup
    anchor: str
    edited: bool = False
    reactions: list[tuple[str, int]] = field(default_factory=list)
    minimized: str | None = None


@dataclass(slots=True)
class Thread:
    """Line comments that belong together, under the lines they are about."""

    path: str
    where: str
    rows: list[Row]
    notes: list[Note]
    resolved_by: str | None
    outdated: bool


@dataclass(slots=True)
class Event:
    """Something in the conversation."""

    kind: str
    author: Account
    when: datetime
    verb: str = ""
    note: Note | None = None
    threads: list[Thread] = field(default_factory=list)


@dataclass(slots=True)
class Check:
    """A check run."""

    run: CheckRun
    sign: str
    colour: str
    word: str
    summary: Markup
    text: Markup
    annotations: list[dict[str, Any]]


@dataclass(slots=True)
class FileView:
    """A changed file with its hunks."""

    file: ChangedFile
    hunks: list[tuple[str, list[Row]]]


@dataclass(slots=True)
class Conversation:
    """Everything the page of a pull request shows."""

    pull: PullState
    address: str
    commits: int
    description: Note
    events: list[Event]
    checks: list[Check]
    files: list[FileView]


def conversation(world: World, at: Addresses, pull: PullState, shown: Shown) -> Conversation:
    """Gather the view."""
    events = [
        Event("comment", c.author, c.created_at, note=_note(c, shown(c.body), f"issuecomment-{c.id}"))
        for c in world.comments.values()
        if c.pull is pull
    ]
    comments = [c for c in world.review_comments.values() if c.pull is pull and c.review.state != "PENDING"]
    for review in world.reviews.values():
        if review.pull is not pull or review.state == "PENDING":
            continue
        first = [c for c in comments if c.review is review and c.reply_to is None]
        when = review.submitted_at or review.updated_at
        note = Note(review.author, when, shown(review.body), f"pullrequestreview-{review.id}") if review.body else None
        threads = [_thread(c, [r for r in comments if r.reply_to is c], shown) for c in first]
        if note or threads:
            events.append(Event("review", review.author, when, REVIEWED[review.state], note, threads))
    events.sort(key=lambda e: e.when)
    runs = [
        r for r in world.check_runs.values() if r.head_sha == pull.head_sha and r.suite.repository is pull.repository
    ]
    diff = pull.diff()
    return Conversation(
        pull=pull,
        address=f"{at.page(pull.repository)}/pull/{pull.number}",
        commits=len(pull.repository.store.commits(pull.base_sha, pull.head_sha)),
        description=Note(pull.author, pull.created_at, shown(pull.body or "_No description provided._"), "description"),
        events=events,
        checks=[_check(r, shown) for r in runs],
        files=[FileView(f, [(h.header, _rows(h)) for h in f.hunks]) for f in diff.files],
    )


def _note(it: Any, html: Markup, anchor: str) -> Note:
    edited = it.updated_at > it.created_at
    return Note(it.author, it.created_at, html, anchor, edited, _reactions(it.reactions), it.minimized)


def _reactions(given: list[Reaction]) -> list[tuple[str, int]]:
    counts = {name: sum(r.content == name for r in given) for name in EMOJI}
    return [(EMOJI[name], count) for name, count in counts.items() if count]


def _thread(it: ReviewComment, replies: list[ReviewComment], shown: Shown) -> Thread:
    changed = it.pull.diff(it.commit_id).file(it.path)
    side: Side = "LEFT" if it.side == "LEFT" else "RIGHT"
    hunk = changed.hunk_of(it.line, side) if changed and it.line else None
    start = it.start_line or it.line
    rows = _excerpt(_rows(hunk), it.line, start, side) if hunk and it.line and start else []
    replaced = [r.text for r in rows if start and it.line and r.new and start <= r.new <= it.line]
    where = "file" if it.line is None else f"line {it.line}" if start == it.line else f"lines {start} to {it.line}"
    return Thread(
        path=it.path,
        where=where,
        rows=rows,
        notes=[_note(c, shown(c.body, replaced), f"discussion_r{c.id}") for c in (it, *replies)],
        resolved_by=it.resolved_by.login if it.resolved_by else None,
        outdated=it.outdated,
    )


def _excerpt(rows: list[Row], line: int, start: int, side: str) -> list[Row]:
    def number(row: Row) -> int | None:
        return row.old if side == "LEFT" else row.new

    end = next(i for i, row in enumerate(rows) if number(row) == line)
    first = next((i for i, row in enumerate(rows) if number(row) == start), end)
    return rows[max(min(first, end - CONTEXT + 1), 0) : end + 1]


def _rows(hunk: Hunk) -> list[Row]:
    rows = []
    for text, old, new in hunk.lines:
        kind = (
            "note" if old is None and new is None else "addition" if old is None else "deletion" if new is None else ""
        )
        sign = {"addition": "+", "deletion": "−", "note": ""}.get(kind, "")
        rows.append(Row(kind, old, new, sign, text[1:]))
    return rows


def _check(it: CheckRun, shown: Shown) -> Check:
    sign, colour, word = WORDS[it.conclusion or it.status]
    return Check(it, sign, colour, word, shown(it.summary or ""), shown(it.text or ""), it.annotations)
