"""Pages of the stand-in: what a pull request would look like on GitHub, for people and for screenshots."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
from aiohttp import web
from markupsafe import Markup

from support.github.bodies import Addresses
from support.github.errors import ApiError
from support.github.model import PullState, RepositoryState, World
from support.github.page import markdown
from support.github.page.view import Conversation, conversation

HERE = Path(__file__).resolve().parent
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
AVATAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<rect width="40" height="40" fill="hsl({hue} 45% 45%)"/><path d="{path}" fill="hsl({hue} 60% 88%)"/></svg>'
)


class Pages:
    """Answers every request that is neither the API's nor git's."""

    def __init__(self, world: World, at: Addresses) -> None:
        self.world = world
        self.at = at
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["when"] = lambda value: value.strftime("%Y-%m-%d %H:%M UTC") if value else ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One page."""
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        try:
            return self._page(request.path)
        except ApiError:
            if "text/html" not in request.headers.get("Accept", ""):
                docs = "https://docs.github.com/rest"
                return web.json_response(
                    {"message": "Not Found", "documentation_url": docs, "status": "404"}, status=404
                )
            return self._html("missing.html.j2", 404)

    def _page(self, path: str) -> web.Response:
        if path == "/":
            return self._html("index.html.j2", repositories=self._listing())
        if path == "/assets/page.css":
            return web.Response(text=(HERE / "page.css").read_text(encoding="utf-8"), content_type="text/css")
        if found := re.match(r"/avatars/(\d+)\Z", path):
            return web.Response(text=_avatar(int(found[1])), content_type="image/svg+xml")
        if found := re.match(r"/([^/]+)/([^/]+)(?:/pull/(\d+)(\.diff)?)?(?:/(?:files|checks))?\Z", path):
            return self._pull(found[1], found[2], found[3], as_diff=bool(found[4]))
        if found := re.match(r"/([^/]+)/([^/]+)/runs/(\d+)\Z", path):
            return self._run(self._repository(found[1], found[2]), int(found[3]))
        if found := re.match(r"/([^/]+)/([^/]+)/(blob|raw)/([^/]+)/(.+)\Z", path):
            return self._file(self._repository(found[1], found[2]), found[4], found[5], raw=found[3] == "raw")
        raise ApiError(404, path)

    def _html(self, template: str, status: int = 200, **values: Any) -> web.Response:
        text = self.templates.get_template(template).render(at=self.at, **values)
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def _listing(self) -> list[tuple[RepositoryState, list[PullState]]]:
        return [
            (r, list(reversed(self.world.pulls.get(r.id, []))))
            for r in self.world.repositories.values()
            if r.fork_of is None
        ]

    def _repository(self, owner: str, name: str) -> RepositoryState:
        found = self.world.repository(owner, name)
        if found is None:
            raise ApiError(404, name)
        return found

    def _pull(self, owner: str, name: str, number: str | None, *, as_diff: bool) -> web.Response:
        repo = self._repository(owner, name)
        if number is None:
            return self._html("index.html.j2", repositories=[(repo, list(reversed(self.world.pulls.get(repo.id, []))))])
        pull = self.world.pull(repo, int(number))
        if pull is None:
            raise ApiError(404, number)
        if as_diff:
            return web.Response(body=pull.diff().raw, content_type="text/plain", charset="utf-8")
        return self._html("pull.html.j2", it=self.conversation(pull))

    def conversation(self, pull: PullState) -> Conversation:
        """The view of a pull request."""

        def shown(text: str, replaced: list[str] | None = None) -> Markup:
            # The renderer lets only known tags and attributes through.
            return Markup(markdown.render(text, page=self.at.page(pull.repository), replaced=replaced))  # noqa: S704 - as said

        return conversation(self.world, self.at, pull, shown)

    def _run(self, repo: RepositoryState, number: int) -> web.Response:
        run = self.world.check_runs.get(number)
        if run is None or run.suite.repository is not repo:
            raise ApiError(404, str(number))
        pulls = self.world.pulls_at(repo, run.head_sha)
        if not pulls:
            pulls = [p for p in self.world.pulls.get(repo.id, []) if run.head_sha in p.heads]
        if not pulls:
            raise ApiError(404, str(number))
        view = self.conversation(pulls[0])
        checks = [c for c in view.checks if c.run.id == number]
        return self._html("run.html.j2", it=view, checks=checks)

    def _file(self, repo: RepositoryState, ref: str, path: str, *, raw: bool) -> web.Response:
        commit = repo.store.resolve(unquote(ref))
        blob = repo.store.blob(commit, unquote(path)) if commit else None
        if blob is None:
            raise ApiError(404, path)
        if raw:
            return web.Response(body=blob[1], content_type="text/plain", charset="utf-8")
        lines = blob[1].decode("utf-8", "replace").split("\n")
        return self._html("file.html.j2", repo=repo, ref=ref, path=path, lines=lines)


def _avatar(seed: int) -> str:
    """A mirrored five by five pattern, a different one for each account."""
    bits = (seed * 2_654_435_761) & 0xFFFF_FFFF
    cells = [(x, y) for y in range(5) for x in range(3) if bits >> (y * 3 + x) & 1]
    squares = {(x, y) for x, y in cells} | {(4 - x, y) for x, y in cells}
    path = "".join(f"M{5 + x * 6} {5 + y * 6}h6v6h-6z" for x, y in sorted(squares))
    return AVATAR.format(hue=bits % 360, path=path)
