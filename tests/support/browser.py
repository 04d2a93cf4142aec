"""Finds a Chromium for the page tests: a named one, the system's, Playwright's own, or the one `make test` brings."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from support import chromium

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
START_LIMIT_S = 30.0


class NoBrowserError(Exception):
    """There is no browser to test with; says what was looked for."""


def find_chromium(own: str | None = None) -> str:
    """Path of a Chromium.

    Args:
        own: where Playwright would have put its own.

    Raises:
        NoBrowserError: nowhere.
    """
    named = os.environ.get("TEST_CHROMIUM")  # noqa: TID251 - a switch of the tests, not of the product
    if named:
        if not Path(named).is_file():
            raise NoBrowserError(f"TEST_CHROMIUM names {named!r}, which is no file")
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if own and Path(own).is_file():
        return own
    if brought := chromium.cached():
        return str(brought)
    raise NoBrowserError(
        f"no Chromium: looked for {', '.join(NAMES)} on the PATH and for Playwright's own at {own}. "
        "`make test` brings one on Linux x86-64; elsewhere install one or set TEST_CHROMIUM"
    )


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A running headless browser for as long as the context lasts."""
    async with async_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        # The sandbox needs rights a test machine seldom gives; the pages are our own.
        browser = await asyncio.wait_for(
            playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu"], timeout=START_LIMIT_S * 1000
            ),
            START_LIMIT_S,
        )
        try:
            yield browser
        finally:
            await browser.close()
