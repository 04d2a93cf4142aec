"""Routes of check runs and suites: only Apps write them, 50 annotations a request, appended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from support.github import review_bodies
from support.github.api.route import Answer, Call, Routes, check_length, listed
from support.github.errors import ApiError, invalid, invalid_field, not_found
from support.github.model import App, CheckRun, CheckSuite, RepositoryState, World, moment

ROUTES = Routes()
MAX_RUNS_OF_A_NAME = 1_000
MAX_MESSAGE_BYTES = 64 * 1024
MAX_TITLE = 255


def suite_for(world: World, repository: RepositoryState, app: App, sha: str, branch: str | None = None) -> CheckSuite:
    """The suite of an App on a commit, made when there is none."""
    for it in world.suites.values():
        if it.repository is repository and it.app is app and it.head_sha == sha:
            return it
    if branch is None:
        pulls = world.pulls_at(repository, sha)
        branch = pulls[0].head_ref if pulls else None
    made = CheckSuite(world.new_id(), repository, app, sha, branch)
    world.suites[made.id] = made
    return made


def writing_app(call: Call) -> App:
    """The App behind a write.

    Raises:
        ApiError: 403 for people: "You must authenticate via a GitHub App."
    """
    app = call.caller.writing_app
    if app is None:
        raise ApiError(403, "You must authenticate via a GitHub App.")
    return app


@ROUTES.add("checks/create", "checks", "write")
def create(call: Call) -> Answer:
    """``POST .../check-runs``."""
    app, given = writing_app(call), call.body
    sha = call.repository.store.resolve(given["head_sha"]) if len(given["head_sha"]) == 40 else None
    if sha is None or sha != given["head_sha"]:
        raise ApiError(422, f"No commit found for SHA: {given['head_sha']}")
    if not given["name"].strip():
        raise invalid_field("CheckRun", "name", "name cannot be blank", "missing_field")
    suite = suite_for(call.world, call.repository, app, sha)
    same = [r for r in call.world.check_runs.values() if r.suite is suite and r.name == given["name"]]
    if len(same) >= MAX_RUNS_OF_A_NAME:
        raise ApiError(422, f"A suite holds at most {MAX_RUNS_OF_A_NAME} check runs of one name")
    it = CheckRun(call.world.new_id(), suite, given["name"])
    _write(it, given)
    it.started_at = it.started_at or moment()
    call.world.check_runs[it.id] = it
    call.events.check_run(it, "created", call.caller.actor)
    if it.status == "completed":
        call.events.check_run(it, "completed", call.caller.actor)
    return Answer(review_bodies.check_run(call.at, call.world, it), 201)


@ROUTES.add("checks/update", "checks", "write")
def update(call: Call) -> Answer:
    """``PATCH .../check-runs/{check_run_id}``: only by the App that made it."""
    it, app = run_of(call), writing_app(call)
    if it.suite.app is not app:
        raise ApiError(
            403,
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it.",
        )
    was = it.status
    _write(it, call.body)
    it.updates += 1
    if it.status == "completed" and was != "completed":
        call.events.check_run(it, "completed", call.caller.actor)
    return Answer(review_bodies.check_run(call.at, call.world, it))


def _write(it: CheckRun, given: dict[str, Any]) -> None:
    """Check everything, then change the run: a refused request leaves no trace."""
    output = given.get("output") or {}
    annotations = output.get("annotations") or []
    for annotation in annotations:
        _check_annotation(annotation)
    for name in ("title", "summary", "text"):
        check_length("CheckRun", name, output.get(name) or "", 65_535)
    status, conclusion = given.get("status"), given.get("conclusion")
    ends = status == "completed" or given.get("completed_at") is not None
    if conclusion == "stale":
        raise invalid_field("CheckRun", "conclusion", "only GitHub sets stale", "invalid")
    if ends and conclusion is None and it.conclusion is None:
        raise invalid_field("CheckRun", "conclusion", "conclusion is required when status is completed", "missing")
    identifiers = [a["identifier"] for a in given.get("actions") or ()]
    if len(set(identifiers)) != len(identifiers):
        raise invalid_field("CheckRun", "actions", "identifiers must differ", "invalid")
    it.name = given.get("name", it.name)
    it.external_id = given.get("external_id", it.external_id)
    it.details_url = given.get("details_url", it.details_url)
    it.actions = given.get("actions", it.actions)
    it.started_at = _time(given, "started_at") or it.started_at
    if output:
        it.title, it.summary = output.get("title", it.title), output["summary"]
        it.text = output.get("text", it.text)
    it.annotations = [*it.annotations, *annotations]
    if conclusion is not None or status == "completed":
        it.status, it.conclusion = "completed", conclusion or it.conclusion
        it.completed_at = _time(given, "completed_at") or moment()
    elif status is not None:
        it.status, it.conclusion, it.completed_at = status, None, None


def _check_annotation(given: dict[str, Any]) -> None:
    problems = []
    if given["start_line"] < 1 or given["end_line"] < given["start_line"]:
        problems.append("start_line is 1 or more, end_line is not before it")
    columns = {"start_column", "end_column"} & set(given)
    if columns and given["start_line"] != given["end_line"]:
        problems.append("columns only stand when start_line and end_line are the same")
    if len(given.get("title") or "") > MAX_TITLE:
        problems.append(f"title is over {MAX_TITLE} characters")
    problems += [
        f"{name} is over 64 KB"
        for name in ("message", "raw_details")
        if len((given.get(name) or "").encode()) > MAX_MESSAGE_BYTES
    ]
    if not given["message"]:
        problems.append("message is blank")
    if given["path"].startswith("/") or not given["path"]:
        problems.append("path is relative to the repository")
    if problems:
        raise invalid(
            *(
                {"resource": "CheckAnnotation", "field": "annotations", "code": "invalid", "message": p}
                for p in problems
            )
        )


def _time(given: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(given[name]) if given.get(name) else None


def run_of(call: Call) -> CheckRun:
    """The check run the path names."""
    found = call.world.check_runs.get(call.number("check_run_id"))
    if found is None or found.suite.repository is not call.repository:
        raise not_found()
    return found


def suite_of(call: Call) -> CheckSuite:
    """The check suite the path names."""
    found = call.world.suites.get(call.number("check_suite_id"))
    if found is None or found.repository is not call.repository:
        raise not_found()
    return found


@ROUTES.add("checks/get", "checks")
def get(call: Call) -> Answer:
    """``GET .../check-runs/{check_run_id}``."""
    return Answer(review_bodies.check_run(call.at, call.world, run_of(call)))


@ROUTES.add("checks/list-annotations", "checks")
def annotations_of(call: Call) -> Answer:
    """``GET .../check-runs/{check_run_id}/annotations``."""
    it = run_of(call)
    return listed(call, it.annotations, lambda a: review_bodies.annotation(call.at, it, a))


def _runs(call: Call, runs: list[CheckRun]) -> Answer:
    query = call.query
    runs = [
        r
        for r in runs
        if query.get("check_name") in {None, r.name}
        and query.get("status") in {None, r.status}
        and query.get("app_id") in {None, str(r.suite.app.id)}
    ]
    if query.get("filter", "latest") == "latest":
        runs = list({(r.suite.id, r.name): r for r in runs}.values())
    return listed(call, runs, lambda r: review_bodies.check_run(call.at, call.world, r), "check_runs")


def _sha(call: Call) -> str:
    sha = call.repository.store.resolve(call.path["ref"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.path['ref']}")
    return sha


@ROUTES.add("checks/list-for-ref", "checks")
def list_for_ref(call: Call) -> Answer:
    """``GET .../commits/{ref}/check-runs``: by default the latest of each name."""
    sha = _sha(call)
    mine = call.world.check_runs.values()
    return _runs(call, [r for r in mine if r.suite.repository is call.repository and r.head_sha == sha])


@ROUTES.add("checks/list-for-suite", "checks")
def list_for_suite(call: Call) -> Answer:
    """``GET .../check-suites/{check_suite_id}/check-runs``."""
    it = suite_of(call)
    return _runs(call, [r for r in call.world.check_runs.values() if r.suite is it])


@ROUTES.add("checks/get-suite", "checks")
def get_suite(call: Call) -> Answer:
    """``GET .../check-suites/{check_suite_id}``."""
    return Answer(review_bodies.suite(call.at, call.world, suite_of(call)))


@ROUTES.add("checks/list-suites-for-ref", "checks")
def list_suites(call: Call) -> Answer:
    """``GET .../commits/{ref}/check-suites``."""
    sha = _sha(call)
    mine = [
        s
        for s in call.world.suites.values()
        if s.repository is call.repository and s.head_sha == sha and call.query.get("app_id") in {None, str(s.app.id)}
    ]
    return listed(call, mine, lambda s: review_bodies.suite(call.at, call.world, s), "check_suites")


@ROUTES.add("checks/create-suite", "checks", "write")
def create_suite(call: Call) -> Answer:
    """``POST .../check-suites``."""
    sha = call.repository.store.resolve(call.body["head_sha"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.body['head_sha']}")
    known = set(call.world.suites)
    it = suite_for(call.world, call.repository, writing_app(call), sha)
    return Answer(review_bodies.suite(call.at, call.world, it), 200 if it.id in known else 201)


@ROUTES.add("checks/rerequest-run", "checks", "write")
def rerequest_run(call: Call) -> Answer:
    """``POST .../check-runs/{check_run_id}/rerequest``: tells the App, changes nothing."""
    call.events.check_run(run_of(call), "rerequested", call.caller.actor)
    return Answer({}, 201)


@ROUTES.add("checks/rerequest-suite", "checks", "write")
def rerequest_suite(call: Call) -> Answer:
    """``POST .../check-suites/{check_suite_id}/rerequest``."""
    call.events.check_suite(suite_of(call), "rerequested", call.caller.actor)
    return Answer({}, 201)
