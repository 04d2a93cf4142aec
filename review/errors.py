"""What can go wrong in a review, with facts as attributes."""

from __future__ import annotations


class ReviewError(Exception):
    """Base of the reviewer's errors. The message says the next step."""


class ConfigError(ReviewError):
    """The repository's configuration cannot be used.

    Attributes:
        line: 1-based line in the file, or None.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class CheckoutError(ReviewError):
    """The repository or a commit could not be had.

    Attributes:
        transient: whether another try later may succeed.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class DiffError(ReviewError):
    """The diff as a whole cannot be used (too large, not a diff)."""


class AnalyserError(ReviewError):
    """An analyser cannot read its tool's answer; it is then named as skipped."""
