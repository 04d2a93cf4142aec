from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.bot_tester import BASE, DIFF, HEAD, BotTester, bot_tester


@pytest.fixture
async def bot(sqlite_url: str) -> AsyncIterator[BotTester]:
    async with bot_tester(sqlite_url) as tester:
        tester.github.open_pull_request(1, HEAD, BASE, DIFF)
        yield tester
