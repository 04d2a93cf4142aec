"""The three kinds of failure a job can end with."""

from __future__ import annotations


class ServiceError(Exception):
    """Base of the service's own errors."""


class UserError(ServiceError):
    """The user can mend it; the text is shown to them as it stands."""


class TransientError(ServiceError):
    """Another try may succeed.

    Attributes:
        retry_after_s: the other side's own hint in seconds, or None.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PermanentError(ServiceError):
    """No try will succeed; the pull request is told that it could not be reviewed."""


class LeaseLostError(ServiceError):
    """Somebody else holds this work now: stop, post nothing."""


class SupersededError(ServiceError):
    """A newer wish for the same subject came in: stop this one, the newer follows."""
