"""The report as one page that needs nothing else: no script, no address, its own style by hash."""

from __future__ import annotations

from typing import ClassVar

import templates
from review.models import ReviewReport
from review.presentation import finding_view, not_checked, summary_view


class Html:
    """A standalone page for people: light and dark, narrow and wide, screen and paper."""

    name: ClassVar[str] = "html"
    media_type: ClassVar[str] = "text/html"

    def __init__(self) -> None:
        self._environment = templates.environment()

    def render(self, report: ReviewReport) -> str:
        """The whole report."""
        by_file: dict[str, list[dict[str, object]]] = {}
        for finding in report.findings:
            entry: dict[str, object] = {"view": finding_view(finding), "fix": finding.fix, "analyser": finding.analyser}
            by_file.setdefault(finding.file_path, []).append(entry)
        return templates.render_report(
            self._environment,
            summary_view(report),
            by_file=by_file,
            not_checked=not_checked(report.result),
        )
