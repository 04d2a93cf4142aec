from __future__ import annotations

import asyncio

import pytest

from bot.errors import TransientError
from bot.progress import shown_progress


async def test_only_the_newest_word_is_shown_and_none_after_the_end() -> None:
    shown: list[str] = []
    first = asyncio.Event()

    async def show(text: str) -> None:
        shown.append(text)
        first.set()

    async with asyncio.timeout(5), shown_progress(show, interval_s=60) as progress:
        progress("fetch", "Fetching the commits")
        await first.wait()
        for number in range(100):
            progress("tools", f"step {number}")
    await asyncio.sleep(0)

    assert shown == ["Fetching the commits"]


async def test_news_go_on_after_the_interval() -> None:
    shown: list[str] = []
    done = asyncio.Event()

    async def show(text: str) -> None:
        shown.append(text)
        if text == "last":
            done.set()

    async with asyncio.timeout(5), shown_progress(show, interval_s=0.01) as progress:
        progress("first")
        progress("last")
        await done.wait()

    assert shown[-1] == "last"


async def test_a_request_on_its_way_ends_before_the_review_goes_on() -> None:
    begun, ended = asyncio.Event(), False

    async def show(_text: str) -> None:
        nonlocal ended
        begun.set()
        await asyncio.sleep(0.05)
        ended = True

    async with asyncio.timeout(5), shown_progress(show) as progress:
        progress("fetch")
        await begun.wait()

    assert ended


async def test_github_away_does_not_stop_the_review() -> None:
    asked = asyncio.Event()

    async def show(_text: str) -> None:
        asked.set()
        raise TransientError("GitHub is away")

    async with asyncio.timeout(5), shown_progress(show, interval_s=0) as progress:
        progress("fetch")
        await asked.wait()


async def test_a_failed_review_does_not_wait_for_progress() -> None:
    begun = asyncio.Event()

    async def show(_text: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def fails() -> None:
        async with asyncio.timeout(5), shown_progress(show) as progress:
            progress("fetch")
            await begun.wait()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await fails()
