"""The site over HTTP: page, JSON, text, badges, errors, headers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.pages.home import HomeView
from bot.storage.database import Database
from bot.web.app import build_app
from support.site import ReachableQueue, Site, door, services_of, settings


async def test_the_page_says_what_works(site: Site) -> None:
    await site.fill()
    response = await site.client.get("/", headers={"Accept": "text/html"})
    text = await response.text()
    assert response.status == 200
    assert response.content_type == "text/html"
    assert "<title>! Reviews run; simple-warp is slow or coming back · Patchwarden</title>" in text
    assert "1 worker, 1 review running" in text
    assert "Not started yet" in text
    assert '<a href="https://github.com/acme/shop/pull/2" rel="noreferrer">acme/shop#2</a>' in text


async def test_a_private_repository_gives_nothing_away(site: Site) -> None:
    await site.fill()
    for path in ("/", "/status.json", "/status.txt", "/api/v2/summary.json"):
        text = await (await site.client.get(path)).text()
        assert "secret-shop" not in text
        assert "secret-path" not in text
    view = HomeView.model_validate_json(await (await site.client.get("/status.json")).text())
    (private,) = [r for r in view.reviews if r.private]
    assert (private.repository, private.url, private.number, private.title, private.counts) == (
        "private repository", None, None, "", {},
    )  # fmt: skip


async def test_the_same_view_comes_as_json_when_asked_for(site: Site) -> None:
    await site.fill()
    page = await site.client.get("/", headers={"Accept": "application/json"})
    alone = await site.client.get("/status.json")
    assert page.content_type == alone.content_type == "application/json"
    assert await page.json() == await alone.json()
    assert page.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("application/json;q=oops", "text/html"),
    ],
)
async def test_people_get_html_and_programs_get_what_they_ask_for(site: Site, accept: str, kind: str) -> None:
    response = await site.client.get("/", headers={"Accept": accept})
    assert response.content_type == kind


async def test_an_empty_service_is_a_page_too(site: Site) -> None:
    text = await (await site.client.get("/")).text()
    assert "Reviews are waiting: no worker is running" in text
    assert "No pull request was reviewed yet" in text


async def test_a_database_that_does_not_answer_is_shown_not_waited_for(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3"
    chosen = settings(tmp_path, PATCHWARDEN_DATABASE_URL=nowhere)
    async with Database.open(chosen.database_url) as database:
        services = services_of(chosen, database, ReachableQueue())
        async with TestClient(TestServer(build_app(services, door))) as client:
            text = await (await client.get("/")).text()
            assert "Reviews are not running: the database does not answer" in text
            assert "Not known: the database does not answer." in text
            assert (await client.get("/healthz")).status == 200
            ready = await client.get("/readyz")
            assert ready.status == 503
            assert (await ready.json())["not_ready"] == ["database"]
            assert (await client.get("/metrics")).status == 200


async def test_programs_made_for_statuspage_understand_us(site: Site) -> None:
    await site.fill()
    summary = await (await site.client.get("/api/v2/summary.json")).json()
    assert summary["status"] == {
        "indicator": "minor",
        "description": "Reviews run; simple-warp is slow or coming back",
    }
    assert summary["page"]["updated_at"] == "2026-11-22T14:40:00Z"
    by_id = {c["id"]: c for c in summary["components"]}
    assert by_id["simple-warp"]["status"] == "degraded_performance"
    assert by_id["api-key-sniffer"]["monitored"] is False
    assert [c["position"] for c in summary["components"]] == list(range(1, len(by_id) + 1))
    assert summary["incidents"] == summary["scheduled_maintenances"] == []


async def test_a_terminal_gets_one_line_a_part(site: Site) -> None:
    await site.fill()
    lines = (await (await site.client.get("/status.txt")).text()).splitlines()
    assert lines[0] == "! Reviews run; simple-warp is slow or coming back"
    assert re.fullmatch(r"✓ Worker +Operational: 1 worker, 1 review running", lines[4])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("overall", "patchwarden: degraded"),
        ("database", "Database: operational"),
        ("simple-warp", "simple-warp: degraded"),
        ("nobody", "patchwarden: n/a"),
    ],
)
async def test_a_badge_is_an_image_that_any_site_may_show(site: Site, key: str, said: str) -> None:
    await site.fill()
    response = await site.client.get(f"/badge/{key}.svg")
    root = ET.fromstring(await response.text())  # noqa: S314 - our own badge
    assert root.attrib["aria-label"] == said
    assert response.content_type == "image/svg+xml"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_nothing_foreign_or_inline_may_run(site: Site) -> None:
    response = await site.client.get("/", headers={"Accept": "text/html"})
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    text = await response.text()
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|<style", text)
    assert "X-Content-Type-Options" in response.headers
    assert response.headers["Server"] == "Patchwarden"


async def test_every_file_the_page_names_is_there_and_may_be_kept(site: Site) -> None:
    text = await (await site.client.get("/")).text()
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(names) == 3
    for name in names:
        response = await site.client.get(name)
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        again = await site.client.get(name, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status == 304
    assert (await site.client.get("/static/../render.py")).status == 404


async def test_a_path_prefix_comes_from_the_settings_never_from_the_request(tmp_path: Path) -> None:
    chosen = settings(tmp_path, PATCHWARDEN_PUBLIC_URL="https://ci.example.com/reviews/")
    async with Database.open(chosen.database_url) as database:
        services = services_of(chosen, database, ReachableQueue())
        async with TestClient(TestServer(build_app(services, door))) as client:
            text = await (await client.get("/", headers={"X-Forwarded-Prefix": "/evil", "Host": "evil"})).text()
    assert 'href="/reviews/static/site.css' in text
    assert "evil" not in text


@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html"), ("*/*", "application/json")])
async def test_a_wrong_address_is_explained_in_the_asker_s_form(site: Site, accept: str, kind: str) -> None:
    response = await site.client.get("/nothing/<b>", headers={"Accept": accept, "X-Request-ID": "abc-12345678"})
    text = await response.text()
    assert (response.status, response.content_type) == (404, kind)
    assert "There is nothing at this address." in text
    assert "abc-12345678" in text
    assert "<b>" not in text


async def test_a_wrong_method_says_which_are_right(site: Site) -> None:
    response = await site.client.delete("/")
    assert response.status == 405
    assert response.headers["Allow"] == "GET,HEAD"


async def test_a_fault_inside_tells_a_reference_and_nothing_else(site: Site) -> None:
    class BrokenQueue(ReachableQueue):
        async def reachable(self) -> bool:
            raise RuntimeError("secret detail")

    services = services_of(site.services.settings, site.services.database, BrokenQueue())
    async with TestClient(TestServer(build_app(services, door))) as client:
        for accept in ("text/html", "application/json"):
            response = await client.get("/", headers={"Accept": accept})
            text = await response.text()
            assert response.status == 500
            assert "secret" not in text
            assert "Traceback" not in text
            assert response.headers["X-Request-ID"] in text


async def test_a_request_id_of_a_stranger_is_taken_only_when_it_is_plain(site: Site) -> None:
    for given, taken in (("run-2026-11-22.1", True), ("short", False), ("a" * 65, False), ("a b c d e f g", False)):
        response = await site.client.get("/healthz", headers={"X-Request-ID": given})
        assert (response.headers["X-Request-ID"] == given) is taken


async def test_the_door_stands_at_its_address_and_reads_large_bodies(site: Site) -> None:
    response = await site.client.post("/webhooks/github", data=b"")
    assert response.status == 202
    assert (await site.client.get("/webhooks/github")).status == 405


async def test_ready_needs_schema_and_secret_and_only_names_the_queue(site: Site, tmp_path: Path) -> None:
    ready = await site.client.get("/readyz")
    assert (ready.status, (await ready.json())["ready"]) == (200, True)
    site.queue.up = False
    without_queue = await site.client.get("/readyz")
    assert without_queue.status == 200
    assert (await without_queue.json())["degraded"] == ["queue"]
    empty = settings(tmp_path / "other", PATCHWARDEN_GITHUB_WEBHOOK_SECRET="")
    (tmp_path / "other").mkdir()
    async with Database.open(empty.database_url) as database:
        services = services_of(empty, database, ReachableQueue())
        async with TestClient(TestServer(build_app(services, door))) as client:
            body = await (await client.get("/readyz")).json()
    assert body["not_ready"] == ["database", "webhook_secret"]
    assert "run patchwarden migrate" in body["checks"]["database"]


async def test_many_open_pages_cost_one_look(site: Site) -> None:
    await site.fill()
    first = await (await site.client.get("/status.json")).json()
    async with site.services.database.begin() as tx:
        await tx.workers.remove("box-1-ab")
    again = await (await site.client.get("/status.json")).json()
    assert again == first


async def test_metrics_are_prometheus_text(site: Site) -> None:
    response = await site.client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE" in await response.text()


async def test_json_is_compressed_for_those_who_can_read_it(site: Site) -> None:
    await site.fill()
    response = await site.client.get("/status.json", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(await response.text())["version"]
