"""GitHub in memory, at the lowest seam: stateful, and as strict as GitHub where a bot can go wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from gidgethub.abc import GitHubAPI

from support.fake_rules import (
    API,
    APP_ID,
    BOT,
    INSTALLATION,
    SLUG,
    Answer,
    Fault,
    Pull,
    RefusedError,
    Request,
    app_key,
    hunks_of,
    only,
    short,
)

Handler = Callable[..., Answer]


class GitHub:
    """The state of one repository with its pull requests, and the log of all requests."""

    def __init__(self, clone_url: str = "https://github.test/octo-org/shop.git") -> None:
        self.clone_url = clone_url
        self.pulls: dict[int, Pull] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.roles: dict[str, str] = {}
        self.issue_comments: dict[int, dict[str, Any]] = {}
        self.reviews: dict[int, dict[str, Any]] = {}
        self.review_comments: dict[int, dict[str, Any]] = {}
        self.check_runs: dict[int, dict[str, Any]] = {}
        self.annotations: dict[int, list[dict[str, Any]]] = {}
        self.reactions: dict[int, list[str]] = {}
        self.tokens: set[str] = set()
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.refuse_lines: set[tuple[str, int]] = set()
        """Lines GitHub refuses although they look right, as it does for very large diffs."""
        self.token_life = timedelta(hours=1)
        self._next_id = 1000

    # What a test does -----------------------------------------------------------------------------

    def api(self) -> FakeApi:
        return FakeApi(self)

    def open_pull_request(self, number: int, head_sha: str, base_sha: str, diff: str = "", **more: Any) -> Pull:
        pull = Pull(number, head_sha, base_sha, hunks_of(diff), **more)
        self.pulls[number] = pull
        return pull

    def comment(self, login: str, body: str) -> int:
        return int(self._comment({"login": login, "id": len(login), "type": "User"}, body)["id"])

    def fail_next(self, method: str, path: str, status: int, message: str = "", **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(method, re.compile(path), (status, {"message": message}), names))

    def drop_next(self, method: str, path: str, *, recorded: bool) -> None:
        self.faults.append(Fault(method, re.compile(path), None, {}, recorded))

    def asked(self, method: str, path: str = "") -> list[Request]:
        return [r for r in self.requests if r.method == method and re.search(path, r.path)]

    def by_us(self, things: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
        return [thing for thing in things.values() if thing["user"] == BOT]

    # How requests are answered ----------------------------------------------------------------------

    def answer(self, request: Request, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        fault = next((f for f in self.faults if f.method == request.method and f.path.search(request.path)), None)
        if fault is None or fault.recorded:
            status, body, extra = self._handled(request, headers)
        if fault is not None:
            self.faults.remove(fault)
            if fault.answer is None:
                raise ConnectionResetError("connection reset by fault")
            (status, body), extra = fault.answer, dict(fault.headers)
        self.requests.append(request)
        content = b"" if body is None else json.dumps(body).encode()
        return status, {"content-type": "application/json; charset=utf-8", **extra}, content

    def _handled(self, request: Request, headers: Mapping[str, str]) -> tuple[int, Any, dict[str, str]]:
        if not headers.get("user-agent") or headers.get("x-github-api-version") != "2022-11-28":
            return 403, {"message": "Request forbidden by administrative rules."}, {}
        try:
            for method, pattern, handler in ROUTES:
                match = re.fullmatch(pattern, request.path)
                if match and method == request.method:
                    self._authorise(request, headers)
                    status, body = handler(self, request, *map(unquote, match.groups()))
                    return self._paged(request, status, body)
        except RefusedError as refused:
            return (*refused.answer, {})
        return 404, {"message": "Not Found"}, {}

    def _authorise(self, request: Request, headers: Mapping[str, str]) -> None:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if request.path.startswith("/app"):
            try:
                claims = jwt.decode(
                    value, app_key()[1], algorithms=["RS256"], options={"require": ["iat", "exp", "iss"]}
                )
            except jwt.PyJWTError as error:
                raise RefusedError(401, f"A JSON web token could not be decoded: {error}") from error
            if scheme.lower() != "bearer" or claims["exp"] > time.time() + 600 or claims["iss"] != str(APP_ID):
                raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
        elif value not in self.tokens:
            raise RefusedError(401, "Bad credentials")

    @staticmethod
    def _paged(request: Request, status: int, body: Any) -> tuple[int, Any, dict[str, str]]:
        items = body if isinstance(body, list) else body.get("check_runs") if isinstance(body, dict) else None
        if request.method != "GET" or items is None:
            return status, body, {}
        size, page = min(int(request.query.get("per_page", 30)), 100), int(request.query.get("page", 1))
        part = items[(page - 1) * size : page * size]
        more = {"link": f'<{API}{request.path}?per_page={size}&page={page + 1}>; rel="next"'}
        body = part if isinstance(body, list) else {"total_count": len(items), "check_runs": part}
        return status, body, more if len(items) > page * size else {}

    def id(self) -> int:
        self._next_id += 1
        return self._next_id

    # The App ----------------------------------------------------------------------------------------

    def app(self, _request: Request) -> Answer:
        return 200, {"id": APP_ID, "slug": SLUG}

    def token(self, _request: Request, installation: str) -> Answer:
        if int(installation) != INSTALLATION:
            raise RefusedError(404, "Not Found")
        token = f"ghs_{APP_ID}_" + f"eyJhbGciOiJSUzI1NiJ9.{self.id()}." + "x" * 480
        self.tokens.add(token)
        expires = (datetime.now(UTC) + self.token_life).strftime("%Y-%m-%dT%H:%M:%SZ")
        return 201, {"token": token, "expires_at": expires}

    # The repository -----------------------------------------------------------------------------------

    def repository(self) -> dict[str, Any]:
        return {
            "id": 7,
            "name": "shop",
            "full_name": "octo-org/shop",
            "clone_url": self.clone_url,
            "private": False,
            "default_branch": "main",
        }

    def pull(self, _request: Request, number: str) -> Answer:
        pull = self._pull(number)
        repo = self.repository()
        return 200, {
            "number": pull.number,
            "state": pull.state,
            "draft": pull.draft,
            "title": "A change",
            "user": {"login": pull.author, "id": len(pull.author), "type": "User"},
            "head": {"ref": "topic", "sha": pull.head_sha, "repo": repo},
            "base": {"ref": "main", "sha": pull.base_sha, "repo": repo},
            "updated_at": pull.updated_at,
        }

    def contents(self, request: Request, path: str) -> Answer:
        data = self.files.get((request.query["ref"], path))
        if data is None:
            raise RefusedError(404, "Not Found")
        content = base64.encodebytes(data).decode()
        return 200, {"type": "file", "size": len(data), "encoding": "base64", "content": content}

    def role(self, _request: Request, login: str) -> Answer:
        role = self.roles.get(login, "read")
        base = {"maintain": "write", "triage": "read"}.get(role, role)
        return 200, {"permission": base, "role_name": role, "user": {"login": login}}

    # Comments -------------------------------------------------------------------------------------------

    def list_comments(self, _request: Request, number: str) -> Answer:
        self._pull(number)
        return 200, list(self.issue_comments.values())

    def create_comment(self, request: Request, number: str) -> Answer:
        self._pull(number)
        only(request.body, "body")
        return 201, self._comment(BOT, short(request.body["body"]))

    def _comment(self, user: Mapping[str, Any], body: str) -> dict[str, Any]:
        number = self.id()
        url = f"https://github.test/octo-org/shop/pull/1#issuecomment-{number}"
        self.issue_comments[number] = {"id": number, "user": user, "body": body, "html_url": url, "edits": 0}
        return self.issue_comments[number]

    def edit_comment(self, request: Request, number: str) -> Answer:
        comment = self._known(self.issue_comments, number)
        only(request.body, "body")
        if comment["user"] != BOT:
            raise RefusedError(403, "Resource not accessible by integration")
        comment["body"] = short(request.body["body"])
        comment["edits"] += 1
        return 200, comment

    def delete_comment(self, _request: Request, number: str) -> Answer:
        self._known(self.issue_comments, number)
        del self.issue_comments[int(number)]
        return 204, None

    def react(self, request: Request, number: str) -> Answer:
        self._known(self.issue_comments, number)
        only(request.body, "content")
        if request.body["content"] not in {"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}:
            raise RefusedError(422, "Validation Failed")
        seen = self.reactions.setdefault(int(number), [])
        if request.body["content"] in seen:
            return 200, {"id": 1, "content": request.body["content"]}
        seen.append(request.body["content"])
        return 201, {"id": self.id(), "content": request.body["content"]}

    # Reviews --------------------------------------------------------------------------------------------

    def list_reviews(self, _request: Request, number: str) -> Answer:
        self._pull(number)
        return 200, list(self.reviews.values())

    def create_review(self, request: Request, number: str) -> Answer:
        pull = self._pull(number)
        only(request.body, "commit_id", "event", "body", "comments")
        if request.body["event"] != "COMMENT" or not request.body["body"]:
            raise RefusedError(422, "Unprocessable Entity")
        for comment in request.body["comments"]:
            self._check_place(pull, comment, request.body["commit_id"])
        review: dict[str, Any] = {
            "id": self.id(),
            "user": BOT,
            "body": short(request.body["body"]),
            "state": "COMMENTED",
        }
        self.reviews[review["id"]] = review
        for comment in request.body["comments"]:
            self._line_comment(comment, review["id"])
        return 200, review

    def list_line_comments(self, _request: Request, number: str) -> Answer:
        self._pull(number)
        return 200, list(self.review_comments.values())

    def create_line_comment(self, request: Request, number: str) -> Answer:
        body = dict(request.body)
        self._check_place(self._pull(number), body, body.pop("commit_id"))
        return 201, self._line_comment(body, None)

    def _check_place(self, pull: Pull, comment: Mapping[str, Any], commit_id: str) -> None:
        only(comment, "path", "line", "side", "start_line", "start_side", "body")
        start = comment.get("start_line", comment["line"])
        good = (
            commit_id == pull.head_sha
            and comment["side"] == "RIGHT"
            and ("start_line" not in comment or start < comment["line"])
            and any(a <= start <= comment["line"] <= b for a, b in pull.hunks.get(comment["path"], []))
            and (comment["path"], comment["line"]) not in self.refuse_lines
        )
        if not good:
            raise RefusedError(422, "Unprocessable Entity", errors=["Line could not be resolved"])
        short(comment["body"])

    def _line_comment(self, comment: Mapping[str, Any], review: int | None) -> dict[str, Any]:
        number = self.id()
        url = f"https://github.test/octo-org/shop/pull/1#discussion_r{number}"
        made = {**comment, "id": number, "user": BOT, "html_url": url, "pull_request_review_id": review}
        self.review_comments[number] = made
        return made

    # Checks ---------------------------------------------------------------------------------------------

    def list_runs(self, request: Request, sha: str) -> Answer:
        name = request.query.get("check_name")
        runs = [self._run(r) for r in self.check_runs.values() if r["head_sha"] == sha and r["name"] == name]
        return 200, {"total_count": len(runs), "check_runs": runs}

    def create_run(self, request: Request) -> Answer:
        only(request.body, "name", "head_sha", "external_id", "status", "details_url")
        if request.body["head_sha"] not in {p.head_sha for p in self.pulls.values()}:
            raise RefusedError(422, "No commit found for SHA")
        run = {**request.body, "id": self.id(), "conclusion": None, "output": {}, "html_url": None, "history": []}
        run["history"].append("queued")
        self.check_runs[run["id"]] = run
        return 201, self._run(run)

    def get_run(self, _request: Request, number: str) -> Answer:
        return 200, self._run(self._known(self.check_runs, number))

    def update_run(self, request: Request, number: str) -> Answer:
        run = self._known(self.check_runs, number)
        body = dict(request.body)
        only(body, "status", "conclusion", "output", "actions")
        if (body.get("status") == "completed") != ("conclusion" in body):
            raise RefusedError(422, "Invalid request. conclusion is needed for completed")
        if "output" in body:
            self._output(run, dict(body.pop("output")))
        if len(body.get("actions", ())) > 3:
            raise RefusedError(422, "Only three actions")
        if body.get("status") == "in_progress":
            run["conclusion"] = None
        run.update(body)
        run["history"].append(body.get("conclusion") or body.get("status") or "annotated")
        return 200, self._run(run)

    def _output(self, run: dict[str, Any], output: dict[str, Any]) -> None:
        only(output, "title", "summary", "text", "annotations")
        added = output.pop("annotations", [])
        too_long = any(len(output.get(key, "")) > 65_535 for key in ("summary", "text"))
        if len(added) > 50 or too_long or len(output["title"]) > 255:
            raise RefusedError(422, "Validation Failed")
        for item in added:
            only(item, "path", "start_line", "end_line", "annotation_level", "message", "title", "raw_details")
            if item["start_line"] > item["end_line"] or len(item["message"].encode()) > 65_536:
                raise RefusedError(422, "Validation Failed")
        self.annotations.setdefault(run["id"], []).extend(added)
        run["output"] = output

    def _run(self, run: dict[str, Any]) -> dict[str, Any]:
        count = len(self.annotations.get(run["id"], []))
        return {**run, "output": {**run["output"], "annotations_count": count}}

    def list_annotations(self, _request: Request, number: str) -> Answer:
        return 200, list(self.annotations.get(int(number), []))

    def _pull(self, number: str) -> Pull:
        pull = self.pulls.get(int(number))
        if pull is None:
            raise RefusedError(404, "Not Found")
        return pull

    @staticmethod
    def _known(things: Mapping[int, dict[str, Any]], number: str) -> dict[str, Any]:
        if int(number) not in things:
            raise RefusedError(404, "Not Found")
        return things[int(number)]


_REPO = "/repos/octo-org/shop"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/app", GitHub.app),
    ("POST", r"/app/installations/(\d+)/access_tokens", GitHub.token),
    ("GET", rf"{_REPO}/pulls/(\d+)", GitHub.pull),
    ("GET", rf"{_REPO}/contents/(.+)", GitHub.contents),
    ("GET", rf"{_REPO}/collaborators/([^/]+)/permission", GitHub.role),
    ("GET", rf"{_REPO}/issues/(\d+)/comments", GitHub.list_comments),
    ("POST", rf"{_REPO}/issues/(\d+)/comments", GitHub.create_comment),
    ("PATCH", rf"{_REPO}/issues/comments/(\d+)", GitHub.edit_comment),
    ("DELETE", rf"{_REPO}/issues/comments/(\d+)", GitHub.delete_comment),
    ("POST", rf"{_REPO}/issues/comments/(\d+)/reactions", GitHub.react),
    ("GET", rf"{_REPO}/pulls/(\d+)/reviews", GitHub.list_reviews),
    ("POST", rf"{_REPO}/pulls/(\d+)/reviews", GitHub.create_review),
    ("GET", rf"{_REPO}/pulls/(\d+)/comments", GitHub.list_line_comments),
    ("POST", rf"{_REPO}/pulls/(\d+)/comments", GitHub.create_line_comment),
    ("GET", rf"{_REPO}/commits/([0-9a-f]+)/check-runs", GitHub.list_runs),
    ("POST", rf"{_REPO}/check-runs", GitHub.create_run),
    ("GET", rf"{_REPO}/check-runs/(\d+)", GitHub.get_run),
    ("PATCH", rf"{_REPO}/check-runs/(\d+)", GitHub.update_run),
    ("GET", rf"{_REPO}/check-runs/(\d+)/annotations", GitHub.list_annotations),
)


class FakeApi(GitHubAPI):
    """gidgethub with the model where the socket would be."""

    def __init__(self, model: GitHub) -> None:
        super().__init__("patchwarden-tests", base_url=API)
        self._model = model

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        await asyncio.sleep(0)
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return self._model.answer(Request(method, parts.path, query, json.loads(body) if body else None), headers)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"gidgethub wanted to wait {seconds} s")
