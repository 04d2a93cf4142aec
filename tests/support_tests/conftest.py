from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support_tests.client import Client

from support.github import GitHub, PullRequest, Repository

BASE = "import os\n\n\ndef total(prices):\n    return sum(prices)\n\n\ndef label(name):\n    return name.upper()\n"
CHANGED = BASE.replace("    return sum(prices)\n", "    result = sum(prices)\n    return round(result, 2)\n")


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with GitHub() as made:
        made.server.check_answers = True
        yield made
        assert made.server.own_faults == []


@pytest.fixture
def shop(github: GitHub) -> Repository:
    return github.repository("octo-org", "shop", files={"shop.py": BASE, "README.md": "# Shop\n"})


@pytest.fixture
def pull(shop: Repository) -> PullRequest:
    return shop.open_pull_request(files={"shop.py": CHANGED}, title="Round totals", body="Money has two digits.")


@pytest.fixture
async def nobody(github: GitHub) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(github, session)


@pytest.fixture
def bot(github: GitHub, shop: Repository, nobody: Client) -> Client:
    return nobody.acting_as(github.installation_token(shop.state.owner.login))
