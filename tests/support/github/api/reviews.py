"""Routes of reviews and their line comments, as particular about lines as GitHub is."""

from __future__ import annotations

from typing import Any

from support.github import review_bodies
from support.github.api.route import Answer, Call, Routes, check_length, listed
from support.github.diffs import Side
from support.github.errors import ApiError, invalid_field, not_found
from support.github.model import PullState, ReviewComment, ReviewState, moment

ROUTES = Routes()
STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def unprocessable(*problems: str) -> ApiError:
    """422 in the review routes' own form: sentences, and none says which comment it was."""
    return ApiError(422, "Unprocessable Entity", errors=list(problems))


def review_of(call: Call) -> ReviewState:
    """The review the path names; a pending one only for its author."""
    found = call.world.reviews.get(call.number("review_id"))
    if found is None or found.pull is not call.pull():
        raise not_found()
    if found.state == "PENDING" and (call.caller.token is None or found.author is not call.caller.actor):
        raise not_found()
    return found


@ROUTES.add("pulls/list-reviews", "pull_requests")
def list_reviews(call: Call) -> Answer:
    """``GET .../pulls/{pull_number}/reviews``: oldest first; others' pending ones are not shown."""
    pull, token = call.pull(), call.caller.token
    me = token.actor if token else None
    mine = [r for r in call.world.reviews.values() if r.pull is pull and (r.state != "PENDING" or r.author is me)]
    return listed(call, mine, lambda r: review_bodies.review(call.at, r))


@ROUTES.add("pulls/create-review", "pull_requests", "write")
def create_review(call: Call) -> Answer:
    """``POST .../pulls/{pull_number}/reviews``: all comments stand, or nothing is posted."""
    pull, user = call.pull(), call.caller.actor
    event = call.body.get("event") or "PENDING"
    commit = call.body.get("commit_id") or pull.head_sha
    if not belongs(pull, commit):
        raise unprocessable("The commit_id is not part of the pull request")
    drafts = [_draft(call, pull, commit, given) for given in call.body.get("comments") or ()]
    body = call.text("PullRequestReview", required=False)
    _allowed(pull, user, event, body, drafts)
    if any(r.pull is pull and r.author is user and r.state == "PENDING" for r in call.world.reviews.values()):
        raise unprocessable("User can only have one pending review per pull request")
    it = ReviewState(
        id=call.world.new_id(),
        pull=pull,
        author=user,
        body=body,
        state="PENDING",
        commit_id=commit,
        app=call.caller.writing_app,
    )
    call.world.reviews[it.id] = it
    for draft in drafts:
        add_comment(call, it, draft)
    if event != "PENDING":
        _submit(call, it, event)
    return Answer(review_bodies.review(call.at, it))


def belongs(pull: PullState, commit: str) -> bool:
    """Whether a commit is one of the pull request's, today or before a forced push."""
    if commit in pull.heads:
        return True
    return any(c.sha == commit for c in pull.repository.store.commits(pull.base_sha, pull.head_sha))


def _allowed(pull: PullState, user: Any, event: str, body: str, drafts: list[dict[str, Any]]) -> None:
    if event in {"APPROVE", "REQUEST_CHANGES"} and user is pull.author:
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise unprocessable(f"Can not {verb} your own pull request")
    if event == "REQUEST_CHANGES" and not body.strip():
        raise unprocessable("Body cannot be blank")
    if event == "COMMENT" and not body.strip() and not drafts:
        raise unprocessable("Body cannot be blank")


def _draft(call: Call, pull: PullState, commit: str, given: dict[str, Any]) -> dict[str, Any]:
    """One comment of a review, placed; the first that cannot be placed refuses the review."""
    text = given.get("body") or ""
    if not text.strip():
        raise unprocessable("Body cannot be blank")
    check_length("PullRequestReviewComment", "body", text)
    side, line = given.get("side") or "RIGHT", given.get("line")
    if line is None and given.get("position") is not None:
        line, side = pull.diff(commit).at_position(given["path"], given["position"])
    start, start_side = given.get("start_line"), given.get("start_side")
    problem = pull.diff(commit).placement_problem(given["path"], line, side, start, start_side)
    if problem is not None:
        raise unprocessable(problem)
    return {
        "path": given["path"],
        "body": text,
        "line": line,
        "side": side,
        "start_line": start,
        "start_side": (start_side or side) if start else None,
    }


def add_comment(call: Call, review: ReviewState, draft: dict[str, Any]) -> ReviewComment:
    """Hang a placed comment under a review."""
    changed = review.pull.diff(review.commit_id).file(draft["path"])
    side: Side = "LEFT" if draft.get("side") == "LEFT" else "RIGHT"
    line = draft.get("line")
    hunk = changed.hunk_of(line, side) if changed and line else None
    it = ReviewComment(
        id=call.world.new_id(),
        pull=review.pull,
        review=review,
        author=review.author,
        commit_id=review.commit_id,
        app=review.app,
        diff_hunk=hunk.up_to(line, side) if hunk and line else "",
        **draft,
    )
    call.world.review_comments[it.id] = it
    return it


def _submit(call: Call, it: ReviewState, event: str) -> None:
    it.state = STATES[event]
    it.submitted_at = it.updated_at = it.pull.updated_at = moment()
    call.events.review(it, "submitted", it.author)
    for comment in comments_of(call, it):
        call.events.review_comment(comment, "created", it.author)


def comments_of(call: Call, it: ReviewState) -> list[ReviewComment]:
    """A review's comments in order."""
    return [c for c in call.world.review_comments.values() if c.review is it]


@ROUTES.add("pulls/get-review", "pull_requests")
def get_review(call: Call) -> Answer:
    """``GET .../reviews/{review_id}``."""
    return Answer(review_bodies.review(call.at, review_of(call)))


@ROUTES.add("pulls/update-review", "pull_requests", "write")
def update_review(call: Call) -> Answer:
    """``PUT .../reviews/{review_id}``: its body."""
    it = review_of(call)
    it.body, it.updated_at = call.text("PullRequestReview"), moment()
    call.events.review(it, "edited", call.caller.actor)
    return Answer(review_bodies.review(call.at, it))


@ROUTES.add("pulls/submit-review", "pull_requests", "write")
def submit_review(call: Call) -> Answer:
    """``POST .../reviews/{review_id}/events``: a pending review is posted."""
    it, event = review_of(call), call.body["event"]
    if it.state != "PENDING":
        raise unprocessable("Can not submit a review that is not pending")
    it.body = call.text("PullRequestReview", required=False) or it.body
    placed = [{"path": c.path} for c in comments_of(call, it)]
    _allowed(it.pull, it.author, event, it.body, placed)
    _submit(call, it, event)
    return Answer(review_bodies.review(call.at, it))


@ROUTES.add("pulls/delete-pending-review", "pull_requests", "write")
def delete_review(call: Call) -> Answer:
    """``DELETE .../reviews/{review_id}``: only while pending."""
    it = review_of(call)
    if it.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    for comment in comments_of(call, it):
        del call.world.review_comments[comment.id]
    del call.world.reviews[it.id]
    return Answer(review_bodies.review(call.at, it))


@ROUTES.add("pulls/dismiss-review", "pull_requests", "write")
def dismiss_review(call: Call) -> Answer:
    """``PUT .../reviews/{review_id}/dismissals``: approvals and change requests only."""
    it = review_of(call)
    if it.state not in {"APPROVED", "CHANGES_REQUESTED"}:
        raise unprocessable(f"Can not dismiss a {it.state.lower()} pull request review")
    it.state = "DISMISSED"
    call.events.review(it, "dismissed", call.caller.actor)
    return Answer(review_bodies.review(call.at, it))


@ROUTES.add("pulls/list-comments-for-review", "pull_requests")
def list_comments_of_review(call: Call) -> Answer:
    """``GET .../reviews/{review_id}/comments``."""
    return listed(call, comments_of(call, review_of(call)), lambda c: review_bodies.review_comment(call.at, c))


@ROUTES.add("pulls/list-review-comments", "pull_requests")
def list_comments(call: Call) -> Answer:
    """``GET .../pulls/{pull_number}/comments``: all submitted line comments, oldest first."""
    pull = call.pull()
    shown = [c for c in call.world.review_comments.values() if c.pull is pull and c.review.state != "PENDING"]
    return listed(call, shown, lambda c: review_bodies.review_comment(call.at, c))


@ROUTES.add("pulls/list-review-comments-for-repo", "pull_requests")
def list_all_comments(call: Call) -> Answer:
    """``GET .../pulls/comments``."""
    shown = [
        c
        for c in call.world.review_comments.values()
        if c.pull.repository is call.repository and c.review.state != "PENDING"
    ]
    return listed(call, shown, lambda c: review_bodies.review_comment(call.at, c))


def _comment(call: Call) -> ReviewComment:
    found = call.world.review_comments.get(call.number("comment_id"))
    if found is None or found.pull.repository is not call.repository:
        raise not_found()
    return found


@ROUTES.add("pulls/get-review-comment", "pull_requests")
def get_comment(call: Call) -> Answer:
    """``GET .../pulls/comments/{comment_id}``."""
    return Answer(review_bodies.review_comment(call.at, _comment(call)))


@ROUTES.add("pulls/update-review-comment", "pull_requests", "write")
def update_comment(call: Call) -> Answer:
    """``PATCH .../pulls/comments/{comment_id}``."""
    it = _comment(call)
    before, it.body = it.body, call.text("PullRequestReviewComment")
    it.updated_at = moment()
    call.events.review_comment(it, "edited", call.caller.actor, {"changes": {"body": {"from": before}}})
    return Answer(review_bodies.review_comment(call.at, it))


@ROUTES.add("pulls/delete-review-comment", "pull_requests", "write")
def delete_comment(call: Call) -> Answer:
    """``DELETE .../pulls/comments/{comment_id}``."""
    it = _comment(call)
    del call.world.review_comments[it.id]
    call.events.review_comment(it, "deleted", call.caller.actor)
    return Answer(status=204)


@ROUTES.add("pulls/create-reply-for-review-comment", "pull_requests", "write")
def reply(call: Call) -> Answer:
    """``POST .../pulls/{pull_number}/comments/{comment_id}/replies``: to the first of a thread only."""
    first = _comment(call)
    if first.pull is not call.pull():
        raise not_found()
    if first.reply_to is not None:
        raise unprocessable("Replies to replies are not supported")
    return _single(call, {**_place_of(first), "body": call.text("PullRequestReviewComment"), "reply_to": first})


def _place_of(it: ReviewComment) -> dict[str, Any]:
    return {name: getattr(it, name) for name in ("path", "line", "side", "start_line", "start_side", "subject_type")}


@ROUTES.add("pulls/create-review-comment", "pull_requests", "write")
def create_comment(call: Call) -> Answer:
    """``POST .../pulls/{pull_number}/comments``: one comment, which is a review of its own."""
    pull, given = call.pull(), call.body
    text = call.text("PullRequestReviewComment")
    if "in_reply_to" in given:
        first = call.world.review_comments.get(given["in_reply_to"])
        if first is None or first.pull is not pull:
            raise invalid_field("PullRequestReviewComment", "in_reply_to", "in_reply_to is invalid", "invalid")
        return _single(call, {**_place_of(first), "body": text, "reply_to": first})
    commit = given["commit_id"]
    if not belongs(pull, commit):
        raise invalid_field("PullRequestReviewComment", "commit_id", "commit_id is not part of the pull request")
    if given.get("subject_type") == "file":
        if pull.diff(commit).file(given["path"]) is None:
            raise _thread_error("path")
        return _single(call, {"path": given["path"], "body": text, "line": None, "subject_type": "file"}, commit)
    side, line, start = given.get("side") or "RIGHT", given.get("line"), given.get("start_line")
    start_side = given.get("start_side")
    problem = pull.diff(commit).placement_problem(given["path"], line, side, start, start_side)
    if problem is not None:
        raise _thread_error({"P": "path", "L": "line", "S": "start_line"}[problem[0]])
    first_side = (start_side or side) if start else None
    placed = {"line": line, "side": side, "start_line": start, "start_side": first_side}
    return _single(call, {"path": given["path"], "body": text, **placed}, commit)


def _thread_error(field: str) -> ApiError:
    name = f"pull_request_review_thread.{field}"
    return invalid_field("PullRequestReviewComment", name, f"{name} must be part of the diff")


def _single(call: Call, draft: dict[str, Any], commit: str | None = None) -> Answer:
    pull = call.pull()
    review = ReviewState(
        id=call.world.new_id(),
        pull=pull,
        author=call.caller.actor,
        body="",
        state="COMMENTED",
        commit_id=commit or (draft["reply_to"].commit_id if "reply_to" in draft else pull.head_sha),
        app=call.caller.writing_app,
        submitted_at=moment(),
    )
    call.world.reviews[review.id] = review
    it = add_comment(call, review, draft)
    pull.updated_at = moment()
    call.events.review(review, "submitted", review.author)
    call.events.review_comment(it, "created", review.author)
    body = review_bodies.review_comment(call.at, it)
    return Answer(body, 201, {"Location": body["url"]})
