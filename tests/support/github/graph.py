"""GitHub's GraphQL API: every query validated against the real schema, the threads and comments resolved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync, parse, validate

from support.github.auth import Caller, demand, visible
from support.github.bodies import Addresses, node_id
from support.github.errors import ApiError
from support.github.model import Account, IssueComment, PullState, ReviewComment, World, moment, stamp
from support.github.webhooks import Events

Node = dict[str, Any]
MAX_PAGE = 100


@functools.cache
def schema() -> GraphQLSchema:
    """GitHub's public schema; building it takes about a second, once a process."""
    from support.github.descriptions import load

    return build_schema(load().graphql_sdl, assume_valid=True)


class GraphQL:
    """Answers queries over a world."""

    def __init__(self, world: World, at: Addresses, events: Events, complain: Callable[[str], None]) -> None:
        self.world = world
        self.at = at
        self.events = events
        self.complain = complain
        """Told of every query the schema refuses."""

    def answer(self, caller: Caller, body: Any) -> tuple[int, Any]:
        """Status and body for a request.

        Raises:
            ApiError: nobody may query without a token.
        """
        if caller.token is None:
            raise ApiError(401, "This endpoint requires you to be authenticated.")
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            raise ApiError(400, "A query attribute must be specified and must be a string.")
        try:
            problems = validate(schema(), parse(body["query"]))
        except GraphQLError as error:
            problems = [error]
        if problems:
            for problem in problems:
                self.complain(problem.message)
            return 200, {"errors": [_error(p) for p in problems]}
        done = graphql_sync(
            schema(),
            body["query"],
            root_value=_Root(self, caller).fields(),
            variable_values=body.get("variables") or {},
            operation_name=body.get("operationName"),
        )
        answer: dict[str, Any] = {"data": done.data}
        if done.errors:
            answer["errors"] = [_error(e) for e in done.errors]
        return 200, answer


def _error(error: GraphQLError) -> Node:
    told: Node = dict(error.formatted)
    kind = (told.pop("extensions", None) or {}).get("type")
    return {"type": kind, **told} if kind else told


def _refuse(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


class _Root:
    """Resolvers of one request: they know who asks."""

    def __init__(self, graph: GraphQL, caller: Caller) -> None:
        self.world, self.at, self.events = graph.world, graph.at, graph.events
        self.caller = caller

    def fields(self) -> Node:
        return {
            "viewer": self.actor(self.caller.actor),
            "repository": self.repository,
            "node": lambda _info, id: self.node(id),  # noqa: A006 - GraphQL's own argument name
            "nodes": lambda _info, ids: [self.node(i) for i in ids],
            "rateLimit": {
                "limit": 5_000,
                "cost": 1,
                "remaining": 4_999,
                "used": 1,
                "nodeCount": 1,
                "resetAt": stamp(moment()),
            },
            "resolveReviewThread": lambda _info, input: self.resolve(input, done=True),  # noqa: A006 - as above
            "unresolveReviewThread": lambda _info, input: self.resolve(input, done=False),  # noqa: A006 - as above
            "minimizeComment": lambda _info, input: self.minimize(input, hide=True),  # noqa: A006 - as above
            "unminimizeComment": lambda _info, input: self.minimize(input, hide=False),  # noqa: A006 - as above
        }

    def actor(self, who: Account) -> Node:
        """An actor; GraphQL names a bot without ``[bot]``."""
        return {
            "__typename": who.kind,
            "id": node_id("U", who.id),
            "databaseId": who.id,
            "login": who.login.removesuffix("[bot]"),
            "url": f"{self.at.html}/{who.login}",
        }

    def repository(self, _info: Any, owner: str, name: str, **_: Any) -> Node:
        found = self.world.repository(owner, name)
        if found is None or not visible(self.world, self.caller, found):
            raise _refuse("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")

        def pull_request(_info: Any, number: int) -> Node:
            pull = self.world.pull(found, number)
            if pull is None:
                raise _refuse("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
            return self.pull(pull)

        return {
            "__typename": "Repository",
            "id": node_id("R", found.id),
            "databaseId": found.id,
            "name": found.name,
            "nameWithOwner": found.full_name,
            "isPrivate": found.private,
            "isFork": found.fork_of is not None,
            "url": self.at.page(found),
            "pullRequest": pull_request,
        }

    def pull(self, it: PullState) -> Node:
        """A pull request."""
        threads = [c for c in self._comments(it) if c.reply_to is None]
        talk = [c for c in self.world.comments.values() if c.pull is it]
        return {
            "__typename": "PullRequest",
            "id": node_id("PR", it.id),
            "databaseId": it.id,
            "number": it.number,
            "title": it.title,
            "body": it.body or "",
            "state": it.state.upper(),
            "isDraft": it.draft,
            "headRefOid": it.head_sha,
            "baseRefOid": it.base_sha,
            "headRefName": it.head_ref,
            "baseRefName": it.base_ref,
            "url": f"{self.at.page(it.repository)}/pull/{it.number}",
            "author": self.actor(it.author),
            "reviewThreads": _connection([self.thread(c) for c in threads]),
            "comments": _connection([self.comment(c) for c in talk]),
        }

    def _comments(self, it: PullState) -> list[ReviewComment]:
        return [c for c in self.world.review_comments.values() if c.pull is it and c.review.state != "PENDING"]

    def thread(self, it: ReviewComment) -> Node:
        """A thread: named by its first comment."""
        comments = [c for c in self._comments(it.pull) if c is it or c.reply_to is it]
        gone = it.outdated
        return {
            "__typename": "PullRequestReviewThread",
            "id": node_id("PRRT", it.id),
            "isResolved": it.resolved_by is not None,
            "isOutdated": gone,
            "isCollapsed": gone or it.resolved_by is not None,
            "path": it.path,
            "line": None if gone else it.line,
            "originalLine": it.line,
            "startLine": None if gone else it.start_line,
            "originalStartLine": it.start_line,
            "diffSide": it.side,
            "startDiffSide": it.start_side,
            "subjectType": it.subject_type.upper(),
            "resolvedBy": self.actor(it.resolved_by) if it.resolved_by else None,
            "viewerCanResolve": self._may(it, "contents"),
            "viewerCanUnresolve": self._may(it, "contents"),
            "viewerCanReply": self._may(it, "pull_requests"),
            "comments": _connection([self.comment(c) for c in comments]),
        }

    def comment(self, it: ReviewComment | IssueComment) -> Node:
        """A comment of either kind."""
        review = isinstance(it, ReviewComment)
        anchor = f"discussion_r{it.id}" if review else f"issuecomment-{it.id}"
        return {
            "__typename": "PullRequestReviewComment" if review else "IssueComment",
            "id": node_id("PRRC" if review else "IC", it.id),
            "databaseId": it.id,
            "fullDatabaseId": str(it.id),
            "body": it.body,
            "author": self.actor(it.author),
            "url": f"{self.at.page(it.pull.repository)}/pull/{it.pull.number}#{anchor}",
            "createdAt": stamp(it.created_at),
            "updatedAt": stamp(it.updated_at),
            "isMinimized": it.minimized is not None,
            "minimizedReason": it.minimized,
            "viewerDidAuthor": it.author is self.caller.actor,
            "viewerCanMinimize": True,
        } | ({"path": it.path, "line": it.line, "outdated": it.outdated} if isinstance(it, ReviewComment) else {})

    def node(self, identifier: str) -> Node:
        """Anything by its id."""
        found = self._find(identifier)
        if isinstance(found, PullState):
            return self.pull(found)
        if identifier.startswith("PRRT_") and isinstance(found, ReviewComment):
            return self.thread(found)
        return self.comment(found)

    def _find(self, identifier: str) -> PullState | ReviewComment | IssueComment:
        kind, _, rest = identifier.partition("_kwDOAAE")
        try:
            number = int(rest, 16)
        except ValueError:
            number = -1
        pulls = {p.id: p for several in self.world.pulls.values() for p in several}
        tables: dict[str, dict[int, Any]] = {
            "PR": pulls,
            "PRRT": self.world.review_comments,
            "PRRC": self.world.review_comments,
            "IC": self.world.comments,
        }
        found: PullState | ReviewComment | IssueComment | None = tables.get(kind, {}).get(number)
        if found is None or not visible(self.world, self.caller, _repository(found)):
            raise _refuse("NOT_FOUND", f"Could not resolve to a node with the global id of '{identifier}'")
        return found

    def _may(self, it: ReviewComment | IssueComment, permission: str) -> bool:
        try:
            demand(self.world, self.caller, it.pull.repository, permission, "write")
        except ApiError:
            return False
        return True

    def resolve(self, given: Node, *, done: bool) -> Node:
        """Resolve a thread: an App needs contents: write for it, pull_requests: write is not enough."""
        it = self._find(given["threadId"])
        if not isinstance(it, ReviewComment):
            raise _refuse("NOT_FOUND", "Could not resolve to a PullRequestReviewThread")
        if not self._may(it, "contents"):
            raise _refuse("FORBIDDEN", "Resource not accessible by integration")
        it.resolved_by = self.caller.actor if done else None
        self.events.thread(it, "resolved" if done else "unresolved", self.caller.actor)
        return {"clientMutationId": given.get("clientMutationId"), "thread": self.thread(it)}

    def minimize(self, given: Node, *, hide: bool) -> Node:
        """Hide a comment, or show it again."""
        it = self._find(given["subjectId"])
        if isinstance(it, PullState):
            raise _refuse("UNPROCESSABLE", "A pull request cannot be minimized")
        if not self._may(it, "issues|pull_requests"):
            raise _refuse("FORBIDDEN", "Resource not accessible by integration")
        it.minimized = str(given["classifier"]).lower() if hide else None
        name = "minimizedComment" if hide else "unminimizedComment"
        return {"clientMutationId": given.get("clientMutationId"), name: self.comment(it)}


def _repository(it: PullState | ReviewComment | IssueComment) -> Any:
    return it.repository if isinstance(it, PullState) else it.pull.repository


def _connection(nodes: Sequence[Node]) -> Callable[..., Node]:
    """A connection; GitHub wants ``first`` or ``last``, 100 at most."""

    def page(_info: Any, **args: Any) -> Node:
        first, last = args.get("first"), args.get("last")
        if (first is None) == (last is None):
            raise _refuse("MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value.")
        if max(first or 0, last or 0) > MAX_PAGE:
            raise _refuse("EXCESSIVE_PAGINATION", f"Requesting more than {MAX_PAGE} records exceeds the limit.")
        start = int(args["after"]) + 1 if args.get("after") else 0
        end = int(args["before"]) if args.get("before") else len(nodes)
        if first is not None:
            end = min(end, start + first)
        else:
            start = max(start, end - (last or 0))
        shown = nodes[start:end]
        return {
            "nodes": shown,
            "edges": [{"node": node, "cursor": str(start + i)} for i, node in enumerate(shown)],
            "totalCount": len(nodes),
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": start > 0,
                "startCursor": str(start) if shown else None,
                "endCursor": str(end - 1) if shown else None,
            },
        }

    return page
