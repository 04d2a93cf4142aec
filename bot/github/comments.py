"""Comments, reviews and reactions: found again by hidden marker and our own name, created, edited, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from bot.github.client import InstallationClient
from bot.github.markers import Marker, read_marker
from bot.github.pulls import repository_vars
from bot.messages import Reaction
from bot.models import RepositoryRef

MAX_BODY = 65_536
"""Characters of a comment; more is refused with 422. Counted in UTF-16 units to be safe."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Something of ours on a pull request."""

    id: int
    marker: Marker
    body: str
    html_url: str | None = None


class NewComment(TypedDict):
    """A comment on lines of the diff's new side, as GitHub's review request takes it."""

    path: str
    line: int
    side: Literal["RIGHT"]
    body: str
    start_line: NotRequired[int]
    start_side: NotRequired[Literal["RIGHT"]]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One pull request's comments, seen as our App."""

    github: InstallationClient
    repository: RepositoryRef
    number: int
    app_slug: str

    async def ours(self, kind: str, *, where: str = "issues") -> list[Posted]:
        """What we posted of a kind, oldest first.

        Args:
            kind: of the marker: ``summary``, ``reply``, ``finding``, ``review``.
            where: ``issues`` (conversation), ``comments`` (on lines) or ``reviews``.
        """
        paths = {
            "issues": "/repos/{owner}/{repo}/issues/{number}/comments{?per_page}",
            "comments": "/repos/{owner}/{repo}/pulls/{number}/comments{?per_page}",
            "reviews": "/repos/{owner}/{repo}/pulls/{number}/reviews{?per_page}",
        }
        found = [posted async for posted in self._mine(paths[where]) if posted.marker.kind == kind]
        return sorted(found, key=lambda posted: posted.id)

    async def create(self, body: str) -> Posted:
        """Add a comment to the conversation."""
        path = "/repos/{owner}/{repo}/issues/{number}/comments"
        return _posted(await self.github.post(path, self._vars(), data={"body": _checked(body)}))

    async def edit(self, comment_id: int, body: str) -> None:
        """Replace the text of a comment of the conversation; notifies nobody."""
        path = "/repos/{owner}/{repo}/issues/comments/{comment}"
        await self.github.patch(path, self._vars(comment=comment_id), data={"body": _checked(body)})

    async def delete(self, comment_id: int) -> None:
        """Remove a comment of the conversation."""
        path = "/repos/{owner}/{repo}/issues/comments/{comment}"
        await self.github.delete(path, self._vars(comment=comment_id))

    async def react(self, comment_id: int, content: Reaction) -> None:
        """React to a comment. Repeating it changes nothing: GitHub keeps one reaction of a kind for each account."""
        path = "/repos/{owner}/{repo}/issues/comments/{comment}/reactions"
        await self.github.post(path, self._vars(comment=comment_id), data={"content": content})

    async def create_review(self, head_sha: str, body: str, comments: Sequence[NewComment]) -> Posted:
        """Submit one review with all its comments: one request, one notification.

        Raises:
            InvalidRequestError: at least one comment is refused, and with it the whole review.
        """
        path = "/repos/{owner}/{repo}/pulls/{number}/reviews"
        data = {
            "commit_id": head_sha,
            "event": "COMMENT",
            "body": _checked(body),
            "comments": [{**comment, "body": _checked(comment["body"])} for comment in comments],
        }
        return _posted(await self.github.post(path, self._vars(), data=data))

    async def create_comment(self, head_sha: str, comment: NewComment) -> Posted:
        """Post one comment on a line by itself.

        Raises:
            InvalidRequestError: GitHub does not take a comment there.
        """
        path = "/repos/{owner}/{repo}/pulls/{number}/comments"
        data = {**comment, "body": _checked(comment["body"]), "commit_id": head_sha}
        return _posted(await self.github.post(path, self._vars(), data=data))

    async def _mine(self, path: str) -> AsyncIterator[Posted]:
        async for item in self.github.getiter(path, self._vars(per_page=100)):
            found = read_marker(item.get("body"))
            if found is not None and self._is_ours(item):
                yield Posted(int(item["id"]), found, item.get("body") or "", item.get("html_url"))

    def _is_ours(self, item: Mapping[str, Any]) -> bool:
        """Whether our App wrote it: anyone can plant a marker, nobody else can post under our name."""
        user = item.get("user") or {}
        return user.get("login") == f"{self.app_slug}[bot]" and user.get("type", "Bot") == "Bot"

    def _vars(self, **values: int) -> dict[str, str]:
        texts = {name: str(value) for name, value in values.items()}
        return {**repository_vars(self.repository), "number": str(self.number), **texts}


def _posted(answer: Mapping[str, Any]) -> Posted:
    body = answer.get("body") or ""
    return Posted(int(answer["id"]), read_marker(body) or Marker("", {}), body, answer.get("html_url"))


def _checked(body: str) -> str:
    """Last guard of the length; texts are fitted where they are made."""
    units = len(body.encode("utf-16-le", "surrogatepass")) // 2
    if units <= MAX_BODY:
        return body
    cut = body.encode("utf-16-le", "surrogatepass")[: (MAX_BODY - 20) * 2]
    return cut.decode("utf-16-le", "ignore") + "\n\n_Shortened._"
