"""Two marks out of 100 for a review: a worse or surer finding, or one more, never raises a mark.

``score = 100 * exp(-sum(weight(severity) * certainty(confidence)) / scale)``

The security mark counts findings about security, secrets and dependencies, whatever the size of the change: one
leaked key is not better in a large change. The quality mark counts all others over the size of the change
(``scale = 100 * sqrt(lines / 100)``, from 100 lines on), because long changes have more to find.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, sqrt
from types import MappingProxyType

from review.models import Category, Confidence, Finding, Severity

WEIGHTS = MappingProxyType(
    {
        Severity.INFO: 0.5,
        Severity.LOW: 4.0,
        Severity.MEDIUM: 16.0,
        Severity.HIGH: 50.0,
        Severity.CRITICAL: 120.0,
    }
)
"""What one certain finding takes: a critical one leaves 30 of 100, a high one 61, a medium one 85, a low one 96."""
CERTAINTY = MappingProxyType({Confidence.LOW: 0.4, Confidence.MEDIUM: 0.7, Confidence.HIGH: 1.0})
_SCALE = 100.0
_LINES = 100
_SECURITY = frozenset({Category.SECURITY, Category.SECRET, Category.DEPENDENCY})


def security_score(findings: Iterable[Finding]) -> float:
    """0 to 100, one decimal; 100 only without a finding about security."""
    return _score((f for f in findings if f.category in _SECURITY), _SCALE)


def quality_score(findings: Iterable[Finding], changed_lines: int) -> float:
    """0 to 100, one decimal; 100 only without a finding about anything else.

    Args:
        findings: those shown.
        changed_lines: added and removed ones together.
    """
    size = max(changed_lines, _LINES)
    return _score((f for f in findings if f.category not in _SECURITY), _SCALE * sqrt(size / _LINES))


def _score(findings: Iterable[Finding], scale: float) -> float:
    taken = sum(WEIGHTS[f.severity] * CERTAINTY[f.confidence] for f in findings)
    if not taken:
        return 100.0
    return min(round(100 * exp(-taken / scale), 1), 99.9)
