"""Takes a subject through claim, run and outcome; the truth about each step is in the work table."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from pydantic import ValidationError

from bot.errors import (
    LeaseLostError,
    PermanentError,
    SupersededError,
    TransientError,
    UserError,
)
from bot.lease import SETTLE_S, WorkLease
from bot.storage.errors import StorageUnavailableError

if TYPE_CHECKING:
    from bot.job import Job
    from bot.services import WorkerServices
    from bot.storage.work import Claim

GIVE_UP_LIMIT_S = 120
STOP_LIMIT_S = 10.0
"""How long a cancelled job may take to clean up."""
MAX_BACKOFF_S = 600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """How work is tried."""

    lease_s: float = 45.0
    """Seconds a dead worker's subject waits for the next one."""
    slots: int = 4
    """Subjects worked on at the same time."""
    max_attempts: int = 6
    give_up_attempts: int = 4
    """Further tries at saying that it will not be done."""
    backoff_s: float = 1.0
    """Wait after the first failure; doubled each time."""
    settle_s: float = SETTLE_S


class Runner:
    """Runs claimed work in tasks of its own: neither the queue's end nor its time-outs touch them."""

    def __init__(self, services: WorkerServices, jobs: Mapping[str, Job], limits: RunLimits | None = None) -> None:
        self.limits = limits or RunLimits()
        self._services = services
        self._jobs = jobs
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(self.limits.slots)
        self._stopping = False
        self._claims = 0

    @property
    def running(self) -> int:
        """Subjects in work."""
        return len(self._tasks)

    @property
    def free(self) -> int:
        """Subjects that could be started now."""
        return 0 if self._stopping else max(0, self.limits.slots - len(self._tasks))

    def start(self, subject: str) -> asyncio.Task[None]:
        """Work on a subject, if there is something to do; one task a subject.

        Returns:
            The task; it ends when the subject has no work left that may run now, and never fails.
        """
        task = self._tasks.get(subject)
        if task is None:
            task = asyncio.create_task(self._work(subject), name=f"work {subject}")
            self._tasks[subject] = task
            task.add_done_callback(lambda _: self._tasks.pop(subject, None))
        return task

    async def stop(self, wait_s: float) -> None:
        """Claim nothing more, let running work end, then cancel it and give its leases back."""
        self._stopping = True
        tasks = set(self._tasks.values())
        if tasks:
            log.info("waiting for running work", subjects=sorted(self._tasks), wait_s=wait_s)
            _, tasks = await asyncio.wait(tasks, timeout=wait_s)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2 * STOP_LIMIT_S)

    async def _work(self, subject: str) -> None:
        async with self._slots:
            try:
                again = True
                while again and not self._stopping:
                    again = await self._turn(subject)
            except StorageUnavailableError as error:
                # The lease runs out by itself and the sweeper comes back to it.
                log.warning("work left to the sweeper", subject=subject, error=str(error))

    async def _turn(self, subject: str) -> bool:
        """Claim and run one wish; True when another one may be waiting."""
        self._claims += 1
        owner = f"{self._services.worker_id}:{self._claims}"
        async with self._services.database.begin() as tx:
            claim = await tx.work.claim(subject, owner, lease_s=self.limits.lease_s)
        if claim is None:
            return False
        with structlog.contextvars.bound_contextvars(subject=subject, seq=claim.seq, attempt=claim.attempt):
            started = monotonic()
            outcome, again = await self._attempt(claim)
            self._services.metrics.work.labels(claim.kind, outcome).inc()
            self._services.metrics.work_seconds.labels(claim.kind).observe(monotonic() - started)
            log.info("work ended", kind=claim.kind, outcome=outcome)
        return again

    async def _attempt(self, claim: Claim) -> tuple[str, bool]:
        lease = WorkLease(
            self._services.database,
            claim,
            lease_s=self.limits.lease_s,
            max_attempts=self.limits.max_attempts,
            settle_s=self.limits.settle_s,
        )
        job = self._jobs.get(claim.kind)
        if job is None:
            # Perhaps a newer release wrote it, and another worker knows it.
            return await self._settle(claim, lease, None, TransientError(f"no job is called {claim.kind!r}"))
        try:
            message = job.message.model_validate(claim.message)
        except ValidationError as error:
            problem = PermanentError(f"stored message does not fit {claim.kind!r}: {error.error_count()} problems")
            log.error("message does not fit", kind=claim.kind, problems=error.errors(include_input=False))  # noqa: TRY400
            return await self._settle(claim, lease, None, problem)
        final = _Final(job, message)
        if claim.attempt > self.limits.max_attempts:
            spent = PermanentError(f"it ended its worker {self.limits.max_attempts} times")
            return await self._settle(claim, lease, final, spent)
        failure = await self._guarded(claim, lease, job.run(self._services, message, lease), job.timeout_s)
        return await self._settle(claim, lease, final, failure)

    async def _settle(
        self, claim: Claim, lease: WorkLease, final: _Final | None, failure: BaseException | None
    ) -> tuple[str, bool]:
        """Write down how a try ended; gives the outcome's name and whether to claim again."""
        if failure is None:
            async with self._services.database.begin() as tx:
                wanted = await tx.work.finish(claim)
            return ("lost", False) if wanted is None else ("done", wanted > claim.seq)
        if isinstance(failure, LeaseLostError):
            log.warning("lease lost", reason=str(failure))
            return "lost", False
        if isinstance(failure, (SupersededError, asyncio.CancelledError)):
            async with self._services.database.begin() as tx:
                await tx.work.release(claim)
            if isinstance(failure, asyncio.CancelledError):
                return "released", False
            return "superseded", True
        if not isinstance(failure, (UserError, PermanentError)):
            transient = _as_transient(failure)
            if not lease.last_attempt:
                return await self._retry(claim, transient)
            failure = PermanentError(f"{claim.attempt} tries failed: {transient}")
        return await self._give_up(claim, lease, final, failure)

    async def _retry(self, claim: Claim, error: TransientError) -> tuple[str, bool]:
        wait_s = self._wait_s(claim.attempt, error)
        log.warning("work will be tried again", error=str(error), wait_s=round(wait_s, 1))
        async with self._services.database.begin() as tx:
            wanted = await tx.work.fail(claim, str(error), retry_after=wait_s)
        return "retried", wanted is not None and wanted > claim.seq

    async def _give_up(
        self, claim: Claim, lease: WorkLease, final: _Final | None, failure: BaseException
    ) -> tuple[str, bool]:
        log.warning("work given up", reason=str(failure))
        said: BaseException | None = None
        if final is not None:
            saying = final.job.give_up(self._services, final.message, lease, str(failure))
            said = await self._guarded(claim, lease, saying, GIVE_UP_LIMIT_S)
        if isinstance(said, (LeaseLostError, SupersededError, asyncio.CancelledError)):
            return await self._settle(claim, lease, None, said)
        may_try = claim.attempt < self.limits.max_attempts + self.limits.give_up_attempts
        if said is not None and not isinstance(said, (UserError, PermanentError)) and may_try:
            return await self._retry(claim, _as_transient(said))
        async with self._services.database.begin() as tx:
            if isinstance(failure, UserError) and said is None:
                wanted = await tx.work.finish(claim)
            else:
                wanted = await tx.work.kill(claim, str(failure) if said is None else f"{failure}; {said}")
        return "given_up", wanted is not None and wanted > claim.seq

    async def _guarded(
        self, claim: Claim, lease: WorkLease, work: Coroutine[Any, Any, None], limit_s: float
    ) -> BaseException | None:
        """Run something under the beating lease; gives what it failed with. Ends early when the lease does."""
        job = asyncio.create_task(work, name=f"{claim.kind} {claim.subject}")
        keeper = asyncio.create_task(lease.keep(), name=f"lease {claim.subject}")
        try:
            await asyncio.wait({job, keeper}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError as cancelled:  # the worker stops; the lease is given back before we end
            await _ended(job, keeper)
            return cancelled
        timed_out = not job.done() and not keeper.done()
        await _ended(job, keeper)
        if not job.done():
            return LeaseLostError(f"{claim.kind} does not stop when told to; its lease is left to run out")
        failure = None if job.cancelled() else job.exception()
        if timed_out:
            return TransientError(f"it took longer than {limit_s:.0f} s")
        if job.cancelled():
            return RuntimeError("the job cancelled itself") if keeper.cancelled() else keeper.exception()
        return failure

    def _wait_s(self, attempt: int, error: TransientError) -> float:
        wait_s = min(self.limits.backoff_s * 2.0 ** (attempt - 1), MAX_BACKOFF_S)
        jittered = wait_s * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing
        return max(jittered, error.retry_after_s or 0.0)


@dataclass(frozen=True, slots=True)
class _Final:
    """What is needed to say that something will not be done."""

    job: Job
    message: Any


def _as_transient(error: BaseException) -> TransientError:
    if isinstance(error, TransientError):
        return error
    reference = uuid4().hex[:12]
    log.error("internal error", reference=reference, exc_info=error)
    return TransientError(f"internal error, reference {reference}")


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    done, _ = await asyncio.wait(tasks, timeout=STOP_LIMIT_S)
    for task in done:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains that nobody did
