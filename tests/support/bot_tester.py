"""A bench for the GitHub side of the service: in-memory GitHub, real database, real leases, real templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from bot.commands import ALL as COMMANDS
from bot.events import decide
from bot.github.app import GitHubApp
from bot.github.context import open_context
from bot.github.payloads import parse_pull_request
from bot.jobs import ALL as JOBS
from bot.lease import WorkLease
from bot.metrics import Metrics
from bot.models import (
    Delivery,
    PublishReceipt,
    PullRequestRef,
    RepositoryRef,
    ReviewRecord,
    ReviewTarget,
    WorkItem,
)
from bot.publishers import publish_all
from bot.queue import NullQueue
from bot.services import PublishingServices, WorkerServices
from bot.settings import Settings
from bot.storage.database import Database
from review.config import ReviewConfig
from review.diff import parse_diff
from review.models import (
    Category,
    CoverageStatus,
    FileCoverage,
    Finding,
    ReviewReport,
    ReviewResult,
    Severity,
    SkippedAnalyser,
    Verdict,
)
from support.fake_github import GitHub
from support.fake_rules import INSTALLATION, SLUG, github_settings
from templates import environment

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEAD, BASE = "a" * 40, "b" * 40
DIFF = """diff --git a/app.py b/app.py
index 1111111..2222222 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,6 @@
 import os
+import sys
+
+key = 1
 def main():
     pass
@@ -20,3 +23,4 @@ def other():
     a = 1
     b = 2
+    c = 3
     d = 4
"""


def finding(line: int = 2, *, path: str = "app.py", severity: str = "high", name: str = "", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "file_path": path,
        "line_number": line,
        "severity": Severity(severity),
        "category": Category.BUG,
        "message": f"something is wrong in line {line}",
        "rule_id": "ruff/F401",
        "analyser": "ruff",
        "fingerprint": name or f"fp{line}",
    }
    return Finding(**{**values, **more})


def report(
    findings: Sequence[Finding] = (),
    *,
    skipped: Sequence[SkippedAnalyser] = (),
    config: ReviewConfig | None = None,
    coverage: Sequence[FileCoverage] | None = None,
) -> ReviewReport:
    """A report as the reviewer would make it of these findings."""
    config = config or ReviewConfig()
    shown = sorted(findings, key=lambda f: -f.severity.rank)
    covered = [FileCoverage(file_path="app.py", status=CoverageStatus.REVIEWED, additions=4)]
    result = ReviewResult(
        repository_path="/work",
        timestamp=NOW,
        files_analyzed=1,
        issues_found=len(shown),
        security_score=90.0,
        quality_score=90.0,
        recommendations=[],
        detailed_findings=shown,
        coverage=list(covered if coverage is None else coverage),
        skipped_analysers=list(skipped),
        timings_ms={"ruff": 12},
    )
    blocking = config.fail_on != "never" and any(f.severity.rank >= config.fail_on.rank for f in shown)
    verdict = Verdict.FAILED if blocking else Verdict.PASSED if result.complete else Verdict.INCOMPLETE
    counts = {severity: sum(f.severity is severity for f in shown) for severity in Severity}
    title = {"failed": "Findings", "passed": "No findings", "incomplete": "Partly reviewed"}[verdict.value]
    return ReviewReport(
        result=result, verdict=verdict, fail_on=config.fail_on, title=title, findings=shown, counts=counts
    )


@dataclass
class BotTester:
    """Everything a publisher or job touches, with verbs."""

    github: GitHub
    app: GitHubApp
    database: Database
    services: WorkerServices
    ordinal: int = 0
    leases: list[WorkLease] = field(default_factory=list)

    async def lease(self, subject: str = "7:1:review", *, last_attempt: bool = False) -> WorkLease:
        """Wish for a subject and claim it, as a worker does."""
        self.ordinal += 1
        item = WorkItem(subject=subject, kind="review", installation_id=INSTALLATION, ordinal=self.ordinal, message={})
        async with self.database.begin() as tx:
            await tx.work.want(item)
            claim = await tx.work.claim(subject, f"tester-{self.ordinal}", lease_s=30)
        assert claim is not None
        attempts = claim.attempt if last_attempt else 6
        lease = WorkLease(self.database, claim, lease_s=30, max_attempts=attempts, settle_s=0)
        self.leases.append(lease)
        return lease

    async def end(self, lease: WorkLease) -> None:
        """Give the subject free, so that it can be claimed again."""
        async with self.database.begin() as tx:
            await tx.work.release(lease._claim)

    def pull_request(self, number: int = 1) -> PullRequestRef:
        """The pull request as GitHub gives it now."""
        repository = RepositoryRef(id=7, owner="octo-org", name="shop", clone_url=self.github.clone_url)
        status, answer = self.github.pull(cast("Any", None), str(number))
        assert status == 200
        return parse_pull_request(answer, repository)

    async def target(self, *, run: str = "", **more: Any) -> ReviewTarget:
        """Where a review goes, with a queued check run."""
        pull = self.pull_request()
        key = f"7:1:review@{pull.head_sha}{run}"
        known = next((r["id"] for r in self.github.check_runs.values() if r["external_id"] == key), None)
        if known is None:
            from bot.github.checks import create_check_run

            async with self.app.installation(INSTALLATION) as client:
                known = await create_check_run(client, pull.repository, head_sha=pull.head_sha, external_id=key)
        values = {"effect_key": key, "check_run_id": known, "started_at": NOW}
        return ReviewTarget(pull_request=pull, installation_id=INSTALLATION, **{**values, **more})

    async def publish(
        self, made: ReviewReport, *, diff: str = DIFF, last_attempt: bool = False, **more: Any
    ) -> tuple[PublishReceipt, ...]:
        """Publish on all channels, as the review job does."""
        target = await self.target(**more)
        lease = await self.lease(last_attempt=last_attempt)
        try:
            async with self.app.installation(INSTALLATION) as client:
                services = PublishingServices(
                    github=client,
                    database=self.database,
                    templates=self.services.templates,
                    app_slug=SLUG,
                    now=lambda: NOW,
                    commands=tuple((c.usage, c.summary) for c in COMMANDS),
                )
                return await publish_all(
                    made, parse_diff(diff.encode("utf-8", "surrogateescape")), target, services, lease
                )
        finally:
            await self.end(lease)

    async def remember(self, made: ReviewReport, head_sha: str) -> ReviewRecord:
        """What an earlier review of the pull request left on record."""
        from bot.models import StoredFinding

        found = tuple(
            StoredFinding(
                fingerprint=f.fingerprint,
                rule_id=f.rule_id,
                severity=f.severity.value,
                file_path=f.file_path,
                line_number=f.line_number,
                message=f.message,
            )
            for f in made.findings
        )
        return ReviewRecord(
            id="4f1c9d2e-0000-4000-8000-000000000001",
            effect_key=f"7:1:review@{head_sha}",
            installation_id=INSTALLATION,
            repository_id=7,
            repository="octo-org/shop",
            number=1,
            head_sha=head_sha,
            base_sha=BASE,
            verdict=made.verdict.value,
            title=made.title,
            findings=found,
            started_at=NOW,
            finished_at=NOW,
        )

    async def deliver(
        self, event: str, payload: bytes, *, delivery_id: str = "", only: Sequence[str] | None = None
    ) -> list[WorkItem]:
        """Route one delivery and do the work it leads to, or the named kinds of it."""
        delivery = Delivery(
            delivery_id=delivery_id or f"d{len(self.github.requests)}",
            event=event,
            received_at=NOW,
            payload=payload,
        )
        decision = await decide(delivery, lambda installation: open_context(self.app, installation))
        for item in decision.work:
            if only is None or item.kind in only:
                await self.work(item)
        return list(decision.work)

    async def work(self, item: WorkItem, *, give_up: str = "") -> None:
        """Run one work item's job, or its giving up."""
        job = next(job for job in JOBS if job.name == item.kind)
        message = job.message.model_validate(item.message)
        lease = await self.lease(item.subject)
        try:
            if give_up:
                await job.give_up(self.services, message, lease, give_up)
            else:
                await job.run(self.services, message, lease)
        finally:
            await self.end(lease)


@asynccontextmanager
async def bot_tester(database_url: str, **services: Any) -> AsyncIterator[BotTester]:
    """Open a bench over a migrated, empty database."""
    github = GitHub()
    app = GitHubApp(None, github_settings(), api=github.api, pace_s=0)
    async with Database.open(database_url) as database:
        made = WorkerServices(
            **{
                "settings": Settings(),
                "database": database,
                "queue": NullQueue(),
                "metrics": Metrics(),
                "github": app,
                "mirrors": cast("Any", None),
                "reviewer": cast("Any", None),
                "pool": cast("Any", None),
                "health": cast("Any", None),
                "templates": environment(),
                "now": lambda: datetime.now(UTC),
                "worker_id": "tester",
                **services,
            }
        )
        yield BotTester(github, app, database, made)
