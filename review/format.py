"""The contract of a report format: text out of a report, nothing else."""

from __future__ import annotations

from typing import ClassVar, Protocol

from review.models import ReviewReport


class Format(Protocol):
    """One way to write a report. Registered in ``review.formats.ALL``."""

    name: ClassVar[str]
    media_type: ClassVar[str]

    def render(self, report: ReviewReport) -> str:
        """The whole report as text, ending with a line end."""
        ...
