"""One finding a line, for programs that read as they go."""

from __future__ import annotations

import json
from typing import ClassVar

from review.models import ReviewReport
from review.record import finding_record, plain


class JsonLines:
    """JSON Lines, worst finding first; nothing at all for a clean review."""

    name: ClassVar[str] = "jsonl"
    media_type: ClassVar[str] = "application/jsonl"

    def render(self, report: ReviewReport) -> str:
        """The findings; empty when there are none, so that every line is a finding."""
        return "".join(json.dumps(plain(finding_record(f)), ensure_ascii=False) + "\n" for f in report.findings)
