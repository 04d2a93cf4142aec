"""A real repository whose pull request is reviewed by the real job, on the in-memory GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.messages import ReviewJob, review_item
from bot.models import ReviewRecord, WorkItem
from support.bot_tester import BotTester
from support.fake_rules import INSTALLATION
from support.git_repo import GitRepo
from workflows.models import ToolResult

CLEAN = "def main():\n    return 1\n"
MARKED = "def main():\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> topic\n"


class NoTools:
    """The analysers of these tests read the change alone; a tool call would be a mistake."""

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> ToolResult:
        raise AssertionError(f"{server}.{tool} was called")

    def replay_safe(self, server: str, tool: str) -> bool:
        return True


@dataclass
class Shop:
    """A real repository with a pull request on the in-memory GitHub, reviewed by the real job."""

    bot: BotTester
    repo: GitRepo
    base: str

    def push(self, files: Mapping[str, str | bytes | None]) -> str:
        """Commit to the topic branch and move the pull request's head there."""
        self.repo.switch("topic")
        head = self.repo.commit(files)
        diff = self.repo.git("diff", f"{self.base}...{head}")
        more = {"draft": self.bot.github.pulls[1].draft} if 1 in self.bot.github.pulls else {}
        self.bot.github.open_pull_request(1, head, self.base, diff, **more)
        return head

    def configure(self, text: str) -> None:
        """Put a settings file on the base."""
        self.bot.github.files[self.base, ".github/patchwarden.yml"] = text.encode()

    def item(self, **more: Any) -> WorkItem:
        """A wish for a review."""
        repository = self.bot.pull_request().repository
        job = ReviewJob(repository=repository, number=1, installation_id=INSTALLATION, delivery_id="0d1f2e3a", **more)
        return review_item(job, ordinal=1)

    async def review(self, **more: Any) -> None:
        """Do a review as a worker does."""
        await self.bot.work(self.item(**more))

    async def records(self) -> tuple[ReviewRecord, ...]:
        async with self.bot.database.begin() as tx:
            return await tx.reviews.latest(10)

    def runs(self) -> list[tuple[str, str | None]]:
        """Status and conclusion of all check runs."""
        return [(run["status"], run["conclusion"]) for run in self.bot.github.check_runs.values()]

    def summary(self) -> str:
        (comment,) = self.bot.github.by_us(self.bot.github.issue_comments)
        return str(comment["body"])
