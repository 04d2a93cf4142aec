from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from review.analysers.conflict_markers import ConflictMarkers
from review.analysers.debug_leftovers import DebugLeftovers
from review.git import MirrorCache
from review.reviewer import SmartGitReviewer
from support.bot_tester import bot_tester
from support.git_repo import GitRepo
from support.jobs import CLEAN, NoTools, Shop
from workflows.engine import WorkflowEngine


@pytest.fixture
async def shop(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    repo = GitRepo.create(tmp_path / "shop.git-work")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    base = repo.commit({"app.py": CLEAN})
    repo.branch("topic")
    reviewer = SmartGitReviewer(
        WorkflowEngine(NoTools()), [ConflictMarkers, DebugLeftovers], scratch=tmp_path / "scratch"
    )
    mirrors = MirrorCache(tmp_path / "mirrors", protocols=("file",))
    async with bot_tester(sqlite_url, reviewer=reviewer, mirrors=mirrors) as bot:
        bot.github.clone_url = repo.url
        yield Shop(bot, repo, base)
