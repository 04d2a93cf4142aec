"""Routes of pull requests: the list, one of them, its files, commits and diff."""

from __future__ import annotations

from support.github import bodies, review_bodies
from support.github.api.repositories import diff_answer, wants_diff
from support.github.api.route import Answer, Call, Routes, check_length, listed
from support.github.errors import not_found
from support.github.model import PullState, moment

ROUTES = Routes()
MAX_FILES = 3_000
MAX_COMMITS = 250


@ROUTES.add("pulls/list", "pull_requests")
def list_pulls(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/pulls``."""
    state = call.query.get("state", "open")
    pulls = [p for p in call.world.pulls.get(call.repository.id, []) if state in {p.state, "all"}]
    if "head" in call.query:
        owner, _, ref = call.query["head"].partition(":")
        pulls = [p for p in pulls if p.head_ref == ref and p.head_repository.owner.login == owner]
    if "base" in call.query:
        pulls = [p for p in pulls if p.base_ref == call.query["base"]]
    by_update = call.query.get("sort") == "updated"
    newest_first = call.query.get("direction", "desc" if "sort" not in call.query else "asc") == "desc"
    pulls.sort(key=lambda p: (p.updated_at if by_update else p.created_at, p.number), reverse=newest_first)
    return listed(call, pulls, lambda p: bodies.pull_simple(call.at, p))


@ROUTES.add("pulls/get", "pull_requests")
def get_pull(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/pulls/{pull_number}``, as JSON or as a diff."""
    it = call.pull()
    if wants_diff(call):
        return diff_answer(it.diff().raw, it.diff().too_large())
    return Answer(bodies.pull(call.at, call.world, it))


@ROUTES.add("pulls/update", "pull_requests", "write")
def update_pull(call: Call) -> Answer:
    """``PATCH /repos/{owner}/{repo}/pulls/{pull_number}``: title, body, state."""
    it = call.pull()
    if "title" in call.body:
        check_length("PullRequest", "title", call.body["title"], 256)
        it.title = call.body["title"]
    if "body" in call.body:
        check_length("PullRequest", "body", call.body["body"] or "")
        it.body = call.body["body"]
    it.updated_at = moment()
    if call.body.get("state", it.state) != it.state:
        it.state = call.body["state"]
        it.closed_at = moment() if it.state == "closed" else None
        call.events.pull(it, "closed" if it.state == "closed" else "reopened", call.caller.actor)
    else:
        call.events.pull(it, "edited", call.caller.actor, {"changes": {}})
    return Answer(bodies.pull(call.at, call.world, it))


@ROUTES.add("pulls/list-files", "pull_requests")
def list_files(call: Call) -> Answer:
    """``GET .../pulls/{pull_number}/files``: 3,000 at most, whatever the diff holds."""
    it = call.pull()
    files = it.diff().files[:MAX_FILES]
    return listed(call, files, lambda f: review_bodies.changed_file(call.at, it.head_repository, it.head_sha, f))


@ROUTES.add("pulls/list-commits", "pull_requests")
def list_commits(call: Call) -> Answer:
    """``GET .../pulls/{pull_number}/commits``: 250 at most."""
    it = call.pull()
    commits = it.repository.store.commits(it.base_sha, it.head_sha)[:MAX_COMMITS]
    return listed(call, commits, lambda c: review_bodies.commit(call.at, call.world, it.repository, c))


@ROUTES.add("pulls/check-if-merged", "pull_requests")
def is_merged(call: Call) -> Answer:
    """``GET .../pulls/{pull_number}/merge``: 204 or 404."""
    if call.pull().merged_at is None:
        raise not_found()
    return Answer(status=204)


@ROUTES.add("issues/get", "issues|pull_requests")
def get_issue(call: Call) -> Answer:
    """``GET .../issues/{issue_number}``: a pull request seen as an issue."""
    return Answer(bodies.issue(call.at, call.world, issue_of(call)))


def issue_of(call: Call) -> PullState:
    """The pull request behind an issue number; the stand-in has no other issues."""
    return call.pull("issue_number")
