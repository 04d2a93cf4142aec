"""A database whose clock is wound by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.storage.database import Database
from support.clock import WoundClock


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
async def database(database_url: str, clock: WoundClock) -> AsyncIterator[Database]:
    async with Database.open(database_url, now=clock) as opened:
        yield opened
