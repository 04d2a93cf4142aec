"""The same path with PostgreSQL and a Redis by address, as larger installations run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.planted import EXPECTED, FILES

from support.github import GitHub
from support.postgres import postgres_server
from support.service import service, until
from support.valkey import valkey_server


@pytest.mark.timeout(240)
async def test_a_review_over_postgresql_and_a_redis_by_address(tmp_path: Path) -> None:
    with postgres_server() as postgres, valkey_server() as valkey:
        url = postgres.url(await postgres.create())
        async with (
            GitHub(layout="enterprise") as github,
            service(
                github, tmp_path / "service", PATCHWARDEN_DATABASE_URL=url, PATCHWARDEN_REDIS_URL=valkey.url
            ) as running,
        ):
            pull = github.repository("octo-org", "shop", private=True).open_pull_request("feature", files=FILES)
            runs = await until(
                lambda: [r for r in github.check_runs(pull.head_sha) if r.status == "completed"],
                limit_s=90,
                what="the check run to be completed",
                also=running.tail,
            )

            places = {(a["path"], a["start_line"]) for a in runs[0].annotations}
            assert set(EXPECTED.values()) <= places
            assert github.violations == []
            assert not list((tmp_path / "service" / "data").glob("*.sqlite3"))
            status, page = await running.get("/")
            assert status == 200
            assert "octo-org/shop" not in page
