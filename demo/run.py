"""``make demo``: a pull request reviewed end to end by the real service against a local stand-in for GitHub."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

if TYPE_CHECKING:
    from rich.console import Console

    from demo.service import Service
    from demo.show import Outcome
    from support.github import GitHub, IssueComment, PullRequest

LIMIT_S = 120.0
QUIET_S = 1.0
"""A review is over when the service asked GitHub nothing more for so long."""
LOG_LINES = 25
TITLE = "Search orders, refund them, export them every night"
BODY = "Staff asked for a search box and for refunds. The nightly export feeds the warehouse."


class DemoError(Exception):
    """The review did not arrive; the message says why."""


class Watch:
    """Times of what happened, in seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.timings_s: dict[str, float] = {}

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def note(self, what: str) -> None:
        """Remember when something happened first."""
        self.timings_s.setdefault(what, self.now_s)


async def demo(console: Console, environ: Mapping[str, str], *, keep: bool) -> int:
    """Run the demo.

    Args:
        console: where to print.
        environ: what we were started with.
        keep: whether to leave everything running until Ctrl-C.

    Returns:
        The exit status: 0 when the review arrived, 1 when it did not, 130 when it was stopped before.
    """
    from demo.service import Service, ServiceError
    from demo.show import show
    from support.github import DescriptionsError, GitHub

    _on_signals(_cancel_current())
    arrived = False
    with tempfile.TemporaryDirectory(prefix="patchwarden-demo-") as folder:
        service = Service(Path(folder), environ)
        try:
            async with GitHub() as github:
                try:
                    outcome = await _review(console, github, service, keep=keep)
                    arrived = True
                    show(console, outcome)
                    if keep:
                        await asyncio.Event().wait()
                finally:
                    # From here on a second Ctrl-C must not leave half of it running.
                    _on_signals(lambda: None)
                    await service.stop()
        except (DemoError, ServiceError, DescriptionsError) as error:
            _explain(console, service, str(error))
            return 1
        except asyncio.CancelledError:
            console.print("Stopped.")
            return 0 if arrived else 130
    return 0


def _cancel_current() -> Callable[[], object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("runs as a task")
    return task.cancel


def _on_signals(act: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, act)


async def _review(console: Console, github: GitHub, service: Service, *, keep: bool) -> Outcome:
    """From nothing to a posted review.

    Raises:
        DemoError: it did not arrive in time.
    """
    from demo.planted import files

    watch = Watch()
    console.print("Starting the service and a stand-in for GitHub …")
    repository = github.repository("octo-org", "shop", files=files("base"))
    repository.collaborator("mona", "write")
    await service.start(github.app.id, github.private_key, github.api_url, github.graphql_url)
    watch.note("service ready")
    github.webhook(f"{service.address}/webhooks/github", service.webhook_secret)
    pull = repository.open_pull_request("order-search", files=files("head"), title=TITLE, body=BODY, user="mona")
    console.print(f"Pull request opened: {pull.url}", markup=False)
    watch.note("pull request opened")
    await _arrival(github, service, pull, watch)
    return _outcome(github, service, pull, watch, keep=keep)


async def _arrival(github: GitHub, service: Service, pull: PullRequest, watch: Watch) -> None:
    seen, since = 0, watch.now_s
    while True:
        service.check()
        runs, summaries = github.check_runs(pull.head_sha), _summaries(github, pull)
        steps = {
            "webhook accepted": any(a.event == "pull_request" and a.ok for a in github.webhooks),
            "check run shown": bool(runs),
            "inline comments posted": bool(github.review_comments(pull)),
            "summary posted": bool(summaries),
            "check run completed": any(r.status == "completed" for r in runs),
        }
        for what, done in steps.items():
            if done:
                watch.note(what)
        if len(github.requests) != seen:
            seen, since = len(github.requests), watch.now_s
        whole = steps["summary posted"] and steps["check run completed"]
        if whole and watch.now_s - since >= QUIET_S:
            return
        if watch.now_s > LIMIT_S:
            missing = ", ".join(what for what, done in steps.items() if not done)
            raise DemoError(f"after {LIMIT_S:.0f} s still missing: {missing}")
        await asyncio.sleep(0.05)


def _summaries(github: GitHub, pull: PullRequest) -> list[IssueComment]:
    return [c for c in github.comments(pull) if c.author is github.app.bot]


def _outcome(github: GitHub, service: Service, pull: PullRequest, watch: Watch, *, keep: bool) -> Outcome:
    from demo.show import Outcome

    asked = sum(r.operation_id != "git" for r in github.requests)
    return Outcome(
        summary=_summaries(github, pull)[-1],
        comments=github.review_comments(pull),
        run=github.check_runs(pull.head_sha)[-1],
        timings_s=watch.timings_s,
        requests=asked,
        violations=[str(v) for v in github.violations],
        page=pull.url,
        site=f"{service.address}/",
        ending="Running until Ctrl-C" if keep else "Stopping; KEEP=1 leaves it running",
    )


def _explain(console: Console, service: Service, reason: str) -> None:
    console.print(f"The review did not arrive: {reason}", style="bold red", markup=False)
    tail = service.log().splitlines()[-LOG_LINES:]
    if tail:
        console.print("The end of the service's log:", style="red")
        console.print("\n".join(tail), markup=False, highlight=False)


def main() -> int:
    """Read the environment, run, give the exit status."""
    from rich.console import Console

    environ = dict(os.environ)  # noqa: TID251 - the demo is a program of its own; this is its one place
    keep = sys.stdout.isatty() if not environ.get("KEEP") else environ["KEEP"] not in {"0", "false", "no"}
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(demo(Console(soft_wrap=False), environ, keep=keep))
    return 130


if __name__ == "__main__":
    sys.exit(main())
