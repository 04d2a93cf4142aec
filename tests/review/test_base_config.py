"""The configuration comes from the base of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.config import CONFIG_PATH
from review.errors import ConfigError
from review.git import read_config
from review.models import Severity
from support.git_repo import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo.create(tmp_path / "r")
    repo.commit({"a": "1\n"})
    return repo


async def test_the_configuration_is_read_from_the_base(repo: GitRepo) -> None:
    none = await read_config(repo.root / ".git", repo.head)
    assert none.fail_on is Severity.HIGH
    base = repo.commit({CONFIG_PATH: "fail_on: critical\n"})
    repo.commit({CONFIG_PATH: "fail_on: never\n"})
    assert (await read_config(repo.root / ".git", base)).fail_on is Severity.CRITICAL
    assert (await read_config(repo.root / ".git", "")).fail_on is Severity.HIGH
    latin = repo.commit({CONFIG_PATH: b"# \xe9\n"})
    with pytest.raises(ConfigError, match="UTF-8"):
        await read_config(repo.root / ".git", latin)
    bad = repo.commit({CONFIG_PATH: "fail_on: high\nfail_onn: low\n"})
    with pytest.raises(ConfigError, match="fail_on") as caught:
        await read_config(repo.root / ".git", bad)
    assert caught.value.line == 2
