"""Routes of conversation comments and of reactions."""

from __future__ import annotations

from collections.abc import Callable

from support.github import bodies
from support.github.api.pulls import issue_of
from support.github.api.route import Answer, Call, Routes, listed
from support.github.errors import ApiError, not_found
from support.github.model import IssueComment, Reaction, ReviewComment, moment

ROUTES = Routes()
TALK = "issues|pull_requests"


def comment_of(call: Call) -> IssueComment:
    """The comment the path names."""
    found = call.world.comments.get(call.number("comment_id"))
    if found is None or found.pull.repository is not call.repository:
        raise not_found()
    return found


@ROUTES.add("issues/list-comments", TALK)
def list_comments(call: Call) -> Answer:
    """``GET .../issues/{issue_number}/comments``: oldest first."""
    pull = issue_of(call)
    mine = [c for c in call.world.comments.values() if c.pull is pull]
    return listed(call, mine, lambda c: bodies.comment(call.at, c))


@ROUTES.add("issues/list-comments-for-repo", TALK)
def list_all_comments(call: Call) -> Answer:
    """``GET .../issues/comments``."""
    mine = [c for c in call.world.comments.values() if c.pull.repository is call.repository]
    return listed(call, mine, lambda c: bodies.comment(call.at, c))


@ROUTES.add("issues/create-comment", TALK, "write")
def create_comment(call: Call) -> Answer:
    """``POST .../issues/{issue_number}/comments``."""
    it = IssueComment(
        id=call.world.new_id(),
        pull=issue_of(call),
        author=call.caller.actor,
        body=call.text("IssueComment"),
        app=call.caller.writing_app,
    )
    call.world.comments[it.id] = it
    it.pull.updated_at = moment()
    call.events.comment(it, "created", it.author)
    body = bodies.comment(call.at, it)
    return Answer(body, 201, {"Location": body["url"]})


@ROUTES.add("issues/get-comment", TALK)
def get_comment(call: Call) -> Answer:
    """``GET .../issues/comments/{comment_id}``."""
    return Answer(bodies.comment(call.at, comment_of(call)))


@ROUTES.add("issues/update-comment", TALK, "write")
def update_comment(call: Call) -> Answer:
    """``PATCH .../issues/comments/{comment_id}``."""
    it = comment_of(call)
    before, it.body = it.body, call.text("IssueComment")
    it.updated_at = moment()
    call.events.comment(it, "edited", call.caller.actor, {"changes": {"body": {"from": before}}})
    return Answer(bodies.comment(call.at, it))


@ROUTES.add("issues/delete-comment", TALK, "write")
def delete_comment(call: Call) -> Answer:
    """``DELETE .../issues/comments/{comment_id}``."""
    it = comment_of(call)
    del call.world.comments[it.id]
    call.events.comment(it, "deleted", call.caller.actor)
    return Answer(status=204)


def _review_comment(call: Call) -> ReviewComment:
    found = call.world.review_comments.get(call.number("comment_id"))
    if found is None or found.pull.repository is not call.repository:
        raise not_found()
    return found


Place = Callable[[Call], list[Reaction]]
PLACES: dict[str, tuple[Place, str]] = {
    "issue": (lambda call: call.world.issue_reactions.setdefault(issue_of(call).id, []), TALK),
    "issue-comment": (lambda call: comment_of(call).reactions, TALK),
    "pull-request-review-comment": (lambda call: _review_comment(call).reactions, "pull_requests"),
}


def _add_reaction_routes(name: str, place: Place, permission: str) -> None:
    def create(call: Call) -> Answer:
        given, content = place(call), call.body["content"]
        mine = next((r for r in given if r.author is call.caller.actor and r.content == content), None)
        if mine is not None:
            return Answer(bodies.reaction(call.at, mine), 200)
        it = Reaction(call.world.new_id(), call.caller.actor, content)
        given.append(it)
        return Answer(bodies.reaction(call.at, it), 201)

    def listing(call: Call) -> Answer:
        wanted = call.query.get("content")
        given = [r for r in place(call) if wanted in {None, r.content}]
        return listed(call, given, lambda r: bodies.reaction(call.at, r))

    def delete(call: Call) -> Answer:
        given = place(call)
        found = next((r for r in given if r.id == call.number("reaction_id")), None)
        if found is None:
            raise not_found()
        if found.author is not call.caller.actor:
            raise ApiError(403, "Resource not accessible by integration")
        given.remove(found)
        return Answer(status=204)

    ROUTES.add(f"reactions/create-for-{name}", permission, "write")(create)
    ROUTES.add(f"reactions/list-for-{name}", permission)(listing)
    short = name.replace("-review", "")
    ROUTES.add(f"reactions/delete-for-{short}", permission, "write")(delete)


for _name, (_place, _permission) in PLACES.items():
    _add_reaction_routes(_name, _place, _permission)
