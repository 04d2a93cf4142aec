"""The report as the Markdown that is posted to GitHub, without marker and commands."""

from __future__ import annotations

from typing import ClassVar

import templates
from review.models import ReviewReport
from review.presentation import summary_view


class Markdown:
    """One Markdown document, short enough for a comment or a job summary."""

    name: ClassVar[str] = "markdown"
    media_type: ClassVar[str] = "text/markdown"

    def __init__(self) -> None:
        self._environment = templates.environment()

    def render(self, report: ReviewReport) -> str:
        """The whole report; lists are shortened, with a note, when they would not fit into a comment."""
        return templates.render_summary(self._environment, summary_view(report))
