"""The pages in a real browser: nothing axe complains of, light and dark, phone, paper, with and without script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from review.formats import by_name
from support.browser import open_browser
from support.reviews import full_report, hostile_report
from support.site import NOW, Site, open_site, server

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1100, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1100, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
    "dark phone": {"color_scheme": "dark", "viewport": {"width": 360, "height": 640}},
    "forced colours": {"forced_colors": "active", "viewport": {"width": 1100, "height": 900}},
    "without script": {"java_script_enabled": False, "viewport": {"width": 1100, "height": 900}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with open_site(tmp_path_factory.mktemp("site")) as opened:
        await opened.fill()
        yield opened


@asynccontextmanager
async def look(browser: Browser, kind: str) -> AsyncIterator[Page]:
    """A page of this kind; what the browser complains of fails the test."""
    context = await browser.new_context(reduced_motion="reduce", **LOOKS[kind])
    context.set_default_timeout(5_000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
        assert complaints == []
    finally:
        await context.close()


async def assert_accessible(page: Page) -> None:
    # Added as a script of the devtools: the page's own policy is not loosened for it.
    await page.evaluate(AXE)
    found = await page.evaluate("options => axe.run(document, options)", RULES)
    said = [f"{v['id']}: {v['help']}: {[n['html'][:120] for n in v['nodes']]}" for v in found["violations"]]
    assert said == []


async def assert_fits(page: Page) -> None:
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= await page.evaluate("window.innerWidth"), "the page scrolls sideways"


async def test_the_check_itself_finds_what_is_wrong(browser: Browser) -> None:
    async with look(browser, "light") as page:
        await page.set_content("<html lang=en><title>x</title><main><p style='color:#bbb'>pale</p></main>")
        with pytest.raises(AssertionError, match="color-contrast"):
            await assert_accessible(page)


@pytest.mark.parametrize("kind", [kind for kind in LOOKS if kind != "without script"])
async def test_the_home_page_can_be_used_by_everybody(browser: Browser, site: Site, kind: str) -> None:
    async with look(browser, kind) as page:
        await page.goto(site.url)
        await assert_accessible(page)
        await assert_fits(page)


@pytest.mark.parametrize("kind", ["light", "dark phone"])
async def test_the_error_page_can_be_used_by_everybody(browser: Browser, site: Site, kind: str) -> None:
    async with look(browser, kind) as page:
        # Chromium notes every 404 on its console; what the page itself says is looked at here.
        await page.route("**/nothing", lambda route: route.continue_())
        await page.set_content(await (await site.client.get("/nothing", headers={"Accept": "text/html"})).text())
        await assert_fits(page)
        assert await page.get_by_role("heading", level=1).inner_text() == "Not Found"


@pytest.mark.parametrize("kind", ["light", "dark", "phone"])
@pytest.mark.parametrize("hostile", [False, True], ids=["full", "hostile"])
async def test_the_report_page_can_be_used_by_everybody(
    browser: Browser, tmp_path: Path, kind: str, *, hostile: bool
) -> None:
    file = tmp_path / "report.html"
    file.write_text(by_name("html").render(hostile_report() if hostile else full_report()), encoding="utf-8")
    async with look(browser, kind) as page:
        await page.goto(file.as_uri())
        background = await page.evaluate("getComputedStyle(document.querySelector('.banner')).borderInlineStartWidth")
        assert background == "6px", "the page's own style was refused by its policy"
        await assert_accessible(page)
        await assert_fits(page)


async def test_everything_is_there_without_script(browser: Browser, site: Site) -> None:
    async with look(browser, "without script") as page:
        await page.goto(site.url)
        assert await page.locator("h1").inner_text() == "Reviews run; simple-warp is slow or coming back"
        assert await page.locator("#servers > li").count() >= 2
        assert await page.locator('noscript meta[http-equiv="refresh"]').count() == 1


async def test_the_first_stop_of_the_tab_key_skips_to_the_content(browser: Browser, site: Site) -> None:
    async with look(browser, "light") as page:
        await page.goto(site.url)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        assert await page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_links_are_large_enough_for_a_thumb(browser: Browser, site: Site) -> None:
    async with look(browser, "phone") as page:
        await page.goto(site.url)
        heights = await page.eval_on_selector_all(
            "a:not(.skip)", "all => all.map(a => [a.textContent, a.getBoundingClientRect().height])"
        )
        assert len(heights) >= 5
        assert [name for name, height in heights if height < 44] == []


async def test_the_page_prints_on_one_or_two_sheets(browser: Browser, site: Site) -> None:
    async with look(browser, "dark") as page:
        await page.goto(site.url)
        pdf = await page.pdf(format="A4")
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") in {1, 2}
        await page.emulate_media(media="print")
        assert await page.locator("footer .links").is_hidden()
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


async def test_an_open_page_follows_what_happens(browser: Browser, tmp_path: Path) -> None:
    async with open_site(tmp_path) as own, look(browser, "light") as page:
        await own.fill()
        await page.goto(own.url)
        assert await page.locator("#s-simple-warp .state").inner_text() == "!\nDegraded"
        await page.focus("a[href$='/pull/2']")
        async with own.services.database.begin() as tx:
            fresh = server("simple-warp", "healthy", 5.0)
            await tx.health.record(fresh.model_copy(update={"checked_at": NOW}))
            await tx.health.record(server("network-analysis", "healthy", 2.0))
        # The view is kept for two seconds: ask until the news is in.
        await page.wait_for_function(
            """() => {
                dispatchEvent(new Event("patchwarden:look"));
                return document.title.startsWith("✓ All systems operational")
                    && document.getElementById("s-network-analysis");
            }""",
            polling=500,
            timeout=8_000,
        )
        assert await page.locator("h1").inner_text() == "All systems operational"
        assert await page.locator("#s-simple-warp .state").inner_text() == "✓\nOperational"
        assert await page.locator("#live").inner_text() == "All systems operational"
        assert str(await page.evaluate("document.activeElement.getAttribute('href')")).endswith("/pull/2")


async def test_the_page_and_its_files_are_small(browser: Browser, site: Site) -> None:
    async with look(browser, "light") as page:
        sizes: dict[str, int] = {}
        page.on("response", lambda r: sizes.update({r.url.rpartition("/")[2].partition("?")[0]: r.status}))
        await page.goto(site.url, wait_until="networkidle")
        # A browser without a window may leave the icon out.
        assert set(sizes) - {"icon.svg"} == {"", "site.css", "site.js"}, json.dumps(sizes)
