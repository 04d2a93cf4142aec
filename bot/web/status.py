"""The status page for programs: JSON, Statuspage's JSON, plain text, badges."""

from __future__ import annotations

import json

from aiohttp import hdrs, web

from bot.pages.home import Home, HomeView
from bot.status import Component, State
from bot.web import keys
from templates.figures import machine_time, moment

_FOR_EVERYBODY = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
BADGE_AGE_S = 60
"""Badges are kept so long; GitHub's image proxy asks again after it."""


class StatusRoutes:
    """The home page's view in its other forms.

    Args:
        home: the page; its view is shared with ``/``.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def routes(self) -> list[web.RouteDef]:
        """``/status.json``, ``/status.txt``, ``/api/v2/summary.json`` and the badges."""
        return [
            web.get("/status.json", self.status_json),
            web.get("/status.txt", self.status_text),
            web.get("/api/v2/summary.json", self.summary),
            web.get(r"/badge/{component:[a-z0-9][a-z0-9._-]{0,63}}.svg", self.badge),
        ]

    async def status_json(self, request: web.Request) -> web.Response:
        """The same view as ``/``."""
        view = await self._view(request)
        return _json(view.model_dump_json())

    async def status_text(self, request: web.Request) -> web.Response:
        """One line a component, for a terminal."""
        view = await self._view(request)
        width = max(len(c.name) for c in view.components)
        lines = [
            f"{view.overall.state.sign} {view.overall.sentence}",
            f"  {moment(view.updated_at)}, Patchwarden {view.version}",
            "",
            *(f"{c.state.sign} {c.name:<{width}}  {c.state.word}: {c.detail}" for c in view.components),
        ]
        return web.Response(text="\n".join(lines) + "\n", headers={hdrs.CACHE_CONTROL: "no-cache"})

    async def summary(self, request: web.Request) -> web.Response:
        """What programs made for Statuspage read. Source: Statuspage API v2, ``summary.json``."""
        view = await self._view(request)
        updated = machine_time(view.updated_at)
        document = {
            "page": {
                "id": "patchwarden",
                "name": "Patchwarden",
                "url": request.app[keys.SERVICES].settings.service.public_url or "",
                "time_zone": "Etc/UTC",
                "updated_at": updated,
            },
            "status": {"indicator": view.overall.indicator, "description": view.overall.sentence},
            "components": [_component(c, i, updated) for i, c in enumerate(view.components, 1)],
            "incidents": [],
            "scheduled_maintenances": [],
        }
        return _json(json.dumps(document))

    async def badge(self, request: web.Request) -> web.Response:
        """A badge: ``overall`` or a component's key; grey for one that does not exist, so it gives nothing away."""
        view = await self._view(request)
        key = request.match_info["component"]
        label, state, word = "patchwarden", State.NO_DATA, "n/a"
        if key == "overall":
            state, word = view.overall.state, view.overall.state.word
        for component in view.components:
            if component.key == key:
                label, state, word = component.name, component.state, component.state.word
        text = request.app[keys.PAGES].html("badge.svg.j2", label=label, word=word.lower(), state=state.value)
        headers = {hdrs.CACHE_CONTROL: f"public, max-age={BADGE_AGE_S}", **_FOR_EVERYBODY}
        return web.Response(text=text, content_type="image/svg+xml", headers=headers)

    async def _view(self, request: web.Request) -> HomeView:
        view = await request.app[keys.PAGES].view(self._home)
        if not isinstance(view, HomeView):
            raise TypeError(type(view))
        return view


def _component(component: Component, position: int, updated: str) -> dict[str, object]:
    checked = machine_time(component.checked_at) if component.checked_at else updated
    return {
        "id": component.key,
        "name": component.name,
        "status": component.state.statuspage,
        "monitored": component.state.monitored,
        "description": component.detail,
        "position": position,
        "created_at": checked,
        "updated_at": checked,
        "showcase": True,
        "group": False,
        "group_id": None,
        "page_id": "patchwarden",
        "only_show_if_degraded": False,
    }


def _json(text: str) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-cache", **_FOR_EVERYBODY}
    response = web.Response(text=text, content_type="application/json", headers=headers)
    response.enable_compression()
    return response
