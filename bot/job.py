"""The contract of a job: what a stored work item becomes when a worker has claimed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel

if TYPE_CHECKING:
    from bot.services import WorkerServices


class Lease(Protocol):
    """The right to work on one subject, for a while. Beats in the background; fenced by owner and sequence."""

    subject: str
    seq: int
    attempt: int
    """1 for the first try of this wish."""
    last_attempt: bool
    """Whether a failure now ends the work for good: the moment to say so on the pull request."""

    async def confirm(self) -> None:
        """Beat now.

        Raises:
            LeaseLostError: somebody else holds the subject.
            SupersededError: a newer wish is waiting.
        """
        ...

    async def once(
        self,
        kind: str,
        *,
        find: Callable[[], Awaitable[int | None]],
        create: Callable[[], Awaitable[int]],
        update: Callable[[int], Awaitable[None]] | None = None,
        scope: str | None = None,
    ) -> int:
        """Write something to GitHub exactly once: note the intent, confirm the lease, look, then write.

        Args:
            kind: what is written, such as ``check-run``; unique within one effect scope.
            find: looks for what an earlier try may have left (by external id or hidden marker).
            create: writes it new and gives its id.
            update: brings an existing one up to date; None leaves it as it is.
            scope: identity of the effect; default ``{subject}@{sha}``. A sticky comment uses the subject alone.

        Returns:
            The remote id.

        Raises:
            LeaseLostError, SupersededError: nothing was written.
        """
        ...


class Job(Protocol):
    """One kind of work. Registered in ``bot.jobs.ALL``."""

    name: ClassVar[str]
    """Equals ``WorkItem.kind``."""
    message: ClassVar[type[BaseModel]]
    timeout_s: ClassVar[int]

    async def run(self, services: WorkerServices, message: Any, lease: Lease) -> None:
        """Do the work. Safe to run again after a crash at any point."""
        ...

    async def give_up(self, services: WorkerServices, message: Any, lease: Lease, reason: str) -> None:
        """Say on the pull request that it will not be done: tries are spent or the failure is permanent."""
        ...
