"""Each way a job can end, and what is in the database then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from bot.errors import LeaseLostError, PermanentError, SupersededError, TransientError, UserError
from bot.job import Lease
from bot.models import Backlog
from bot.runner import RunLimits, Runner
from bot.services import WorkerServices
from bot.storage.database import Database
from bot.storage.work import Claim
from support.deliveries import item
from support.parts import value_of, worker_services
from support.waiting import until

SUBJECT = item().subject
FIRST_CLAIM = Claim(subject=SUBJECT, kind="review", installation_id=7, message={}, sha="", seq=1, attempt=1, owner="")
LIMITS = RunLimits(lease_s=2.0, slots=2, max_attempts=3, give_up_attempts=2, backoff_s=0.01, settle_s=0.01)


class Message(BaseModel):
    ordinal: int


class Scripted:
    """A job whose tries each do what the script says."""

    name: ClassVar[str] = "review"
    message: ClassVar[type[BaseModel]] = Message
    timeout_s: ClassVar[int] = 5

    def __init__(self, *script: Callable[[Lease], Awaitable[None]] | Exception) -> None:
        self.script = list(script)
        self.runs: list[tuple[int, int, bool]] = []
        self.reasons: list[str] = []
        self.deaf: list[Exception] = []
        """What saying that it is given up fails with, in turn."""

    async def run(self, services: WorkerServices, message: Message, lease: Lease) -> None:
        self.runs.append((message.ordinal, lease.attempt, lease.last_attempt))
        act = self.script.pop(0) if self.script else None
        if isinstance(act, Exception):
            raise act
        if act is not None:
            await act(lease)

    async def give_up(self, services: WorkerServices, message: Any, lease: Lease, reason: str) -> None:
        self.reasons.append(reason)
        if self.deaf:
            raise self.deaf.pop(0)


class Bench:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.services = worker_services(database)
        self.runner: Runner | None = None

    def hire(self, job: Any, limits: RunLimits = LIMITS) -> Runner:
        self.runner = Runner(self.services, {job.name: job}, limits)
        return self.runner

    async def want(self, ordinal: int = 1, **values: Any) -> None:
        async with self.database.begin() as tx:
            await tx.work.want(item(ordinal=ordinal, **values))

    async def backlog(self) -> Backlog:
        async with self.database.begin(read_only=True) as tx:
            return await tx.work.backlog()

    async def work_until(self, holds: Callable[[Backlog], bool], limit_s: float = 10.0) -> Backlog:
        """Start the subject again and again, as rings and sweeps do."""
        assert self.runner is not None

        async def done() -> bool:
            assert self.runner is not None
            await asyncio.wait({self.runner.start(SUBJECT)})
            return holds(await self.backlog())

        await until(done, limit_s=limit_s, what="backlog")
        return await self.backlog()

    def counted(self, outcome: str) -> float:
        return value_of(self.services.metrics, "patchwarden_work_total", kind="review", outcome=outcome)


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    made = Bench(database)
    yield made
    if made.runner is not None:
        await made.runner.stop(0)


def is_done(backlog: Backlog) -> bool:
    return backlog.done_total == 1


def is_dead(backlog: Backlog) -> bool:
    return backlog.dead == 1


async def test_a_job_that_ends_well_is_done_once(bench: Bench) -> None:
    job = Scripted()
    bench.hire(job)
    await bench.want()
    assert await bench.work_until(is_done) == Backlog(done_total=1)
    await bench.work_until(is_done)
    assert job.runs == [(1, 1, False)]
    assert bench.counted("done") == 1


async def test_a_passing_failure_is_tried_again_until_it_works(bench: Bench) -> None:
    job = Scripted(TransientError("GitHub is down"), ZeroDivisionError())
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_done)
    assert job.runs == [(1, 1, False), (1, 2, False), (1, 3, True)]
    assert job.reasons == []
    assert bench.counted("retried") == 2


async def test_the_other_sides_hint_is_longer_than_our_own_wait(bench: Bench) -> None:
    job = Scripted(TransientError("rate limit", retry_after_s=3600))
    runner = bench.hire(job)
    await bench.want()
    await asyncio.wait({runner.start(SUBJECT)})
    await asyncio.wait({runner.start(SUBJECT)})
    assert len(job.runs) == 1
    async with bench.database.begin() as tx:
        assert await tx.work.due() == ()
        assert await tx.work.last_error(SUBJECT) == "rate limit"


async def test_spent_tries_are_said_on_the_pull_request_and_the_work_is_dead(bench: Bench) -> None:
    job = Scripted(*[TransientError("GitHub is down")] * 9)
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_dead)
    assert len(job.runs) == 3
    assert job.reasons == ["3 tries failed: GitHub is down"]
    assert bench.counted("given_up") == 1


async def test_a_bug_is_said_by_a_reference_only(bench: Bench) -> None:
    job = Scripted(*[ZeroDivisionError("secret detail")] * 9)
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_dead)
    (reason,) = job.reasons
    assert "internal error, reference " in reason
    assert "secret detail" not in reason


async def test_a_permanent_failure_is_said_at_once(bench: Bench) -> None:
    job = Scripted(PermanentError("repository is gone"))
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_dead)
    assert (len(job.runs), job.reasons) == (1, ["repository is gone"])


async def test_what_the_user_can_mend_is_said_and_the_work_is_done(bench: Bench) -> None:
    job = Scripted(UserError("line 3: unknown key"))
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_done)
    assert job.reasons == ["line 3: unknown key"]


async def test_saying_so_is_tried_again_too_but_not_for_ever(bench: Bench) -> None:
    job = Scripted(*[TransientError("down")] * 3)
    job.deaf = [TransientError("still down")] * 9
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_dead)
    assert len(job.runs) == 3
    assert len(job.reasons) == 3


async def test_a_job_that_kills_its_worker_each_time_is_given_up(bench: Bench) -> None:
    job = Scripted()
    bench.hire(job)
    await bench.want()
    for _ in range(LIMITS.max_attempts):
        async with bench.database.begin() as tx:
            assert await tx.work.claim(SUBJECT, "killed", lease_s=-1) is not None
    await bench.work_until(is_dead)
    assert job.runs == []
    assert job.reasons == ["it ended its worker 3 times"]


async def test_a_newer_wish_stops_the_work_and_runs_next(bench: Bench) -> None:
    started = asyncio.Event()

    async def hang(_: Lease) -> None:
        started.set()
        await asyncio.Event().wait()

    job = Scripted(hang)
    runner = bench.hire(job)
    await bench.want(1)
    task = runner.start(SUBJECT)
    await asyncio.wait_for(started.wait(), 5)
    await bench.want(2)
    await asyncio.wait({task}, timeout=5)
    assert job.runs == [(1, 1, False), (2, 1, False)]
    assert bench.counted("superseded") == 1
    assert await bench.backlog() == Backlog(done_total=1)


async def test_a_wish_that_came_in_too_late_to_stop_the_work_runs_next(bench: Bench) -> None:
    async def wish(_: Lease) -> None:
        await bench.want(2)

    job = Scripted(wish)
    runner = bench.hire(job)
    await bench.want(1)
    await asyncio.wait({runner.start(SUBJECT)}, timeout=5)
    assert [run[0] for run in job.runs] == [1, 2]


@pytest.mark.parametrize("error", [SupersededError("x"), LeaseLostError("x")])
async def test_a_job_that_notices_it_itself_says_nothing(bench: Bench, error: Exception) -> None:
    job = Scripted(error)
    runner = bench.hire(job)
    await bench.want()
    await asyncio.wait({runner.start(SUBJECT)}, timeout=5)
    assert job.reasons == []


async def test_who_loses_the_lease_stops(bench: Bench) -> None:
    cancelled = asyncio.Event()

    async def hang(_: Lease) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    job = Scripted(hang)
    runner = bench.hire(job, RunLimits(lease_s=0.5, slots=1))
    await bench.want()
    task = runner.start(SUBJECT)
    await until(lambda: bool(job.runs))
    async with bench.database.begin() as tx:
        held = replace(FIRST_CLAIM, owner="w:1")
        assert await tx.work.release(held) == 1
        assert await tx.work.claim(SUBJECT, "somebody else", lease_s=30) is not None
    await asyncio.wait_for(cancelled.wait(), 5)
    await asyncio.wait({task}, timeout=5)
    assert bench.counted("lost") == 1


async def test_a_job_that_takes_too_long_is_stopped_and_tried_again(bench: Bench) -> None:
    async def hang(_: Lease) -> None:
        await asyncio.Event().wait()

    class Short(Scripted):
        timeout_s = 0

    job = Short(hang, hang)
    runner = bench.hire(job)
    await bench.want()
    await asyncio.wait({runner.start(SUBJECT)}, timeout=5)
    async with bench.database.begin() as tx:
        assert await tx.work.last_error(SUBJECT) == "it took longer than 0 s"


async def test_a_job_that_cancels_itself_is_not_taken_for_done(bench: Bench) -> None:
    async def vanish(_: Lease) -> None:
        raise asyncio.CancelledError

    job = Scripted(vanish)
    bench.hire(job)
    await bench.want()
    await bench.work_until(is_done)
    assert len(job.runs) == 2


async def test_a_kind_nobody_here_knows_waits_for_somebody_who_does(bench: Bench) -> None:
    job = Scripted()
    runner = bench.hire(job)
    await bench.want(kind="from-a-newer-release")
    await asyncio.wait({runner.start(SUBJECT)}, timeout=5)
    async with bench.database.begin() as tx:
        assert "from-a-newer-release" in (await tx.work.last_error(SUBJECT) or "")
        assert await tx.work.pending() == (SUBJECT,)


async def test_a_message_that_does_not_fit_is_dead_with_the_reason(bench: Bench) -> None:
    job = Scripted()
    runner = bench.hire(job)
    async with bench.database.begin() as tx:
        await tx.work.want(item().model_copy(update={"message": {"ordinal": "?"}}))
    await asyncio.wait({runner.start(SUBJECT)}, timeout=5)
    assert (await bench.backlog()).dead == 1
    assert job.runs == []


async def test_no_more_than_the_slots_run_at_once(bench: Bench) -> None:
    now, most = 0, 0

    class Busy(Scripted):
        async def run(self, services: WorkerServices, message: Message, lease: Lease) -> None:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.02)
            now -= 1

    runner = bench.hire(Busy())
    async with bench.database.begin() as tx:
        for n in range(6):
            await tx.work.want(item(f"11:{n}:review"))
    await asyncio.wait({runner.start(f"11:{n}:review") for n in range(6)}, timeout=10)
    assert most == LIMITS.slots
    assert await bench.backlog() == Backlog(done_total=6)


async def test_stopping_lets_work_end_then_gives_the_rest_back(bench: Bench) -> None:
    async def short(_: Lease) -> None:
        await asyncio.sleep(0.1)

    async def endless(_: Lease) -> None:
        await asyncio.Event().wait()

    class Two(Scripted):
        async def run(self, services: WorkerServices, message: Message, lease: Lease) -> None:
            self.runs.append((message.ordinal, lease.attempt, lease.last_attempt))
            await (short if lease.subject == "short" else endless)(lease)

    job = Two()
    runner = bench.hire(job)
    async with bench.database.begin() as tx:
        await tx.work.want(item("short"))
        await tx.work.want(item("endless"))
    runner.start("short")
    runner.start("endless")
    await until(lambda: len(job.runs) == 2)
    await runner.stop(0.5)
    assert runner.running == 0
    async with bench.database.begin() as tx:
        # Free at once, and the try does not count.
        assert await tx.work.due() == ("endless",)
        claim = await tx.work.claim("endless", "b", lease_s=1)
        assert claim is not None
        assert claim.attempt == 1
        assert (await tx.work.backlog()).done_total == 1
