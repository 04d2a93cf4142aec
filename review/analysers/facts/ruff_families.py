"""Table of ruff's rules: how bad a finding of a family is, and what it is about. The longest prefix wins."""

from __future__ import annotations

from dataclasses import dataclass

from review.models import Category, Confidence, Severity


@dataclass(frozen=True, slots=True)
class Family:
    """What we think of all codes that start with a prefix."""

    prefix: str
    severity: Severity
    category: Category
    confidence: Confidence = Confidence.HIGH
    cwe: int | None = None


_LOW, _MEDIUM, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
_BUG, _SECURITY = Category.BUG, Category.SECURITY
_SURE, _LIKELY, _UNSURE = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_ROWS = (
    Family("", _LOW, Category.MAINTAINABILITY, _LIKELY),
    Family("invalid-syntax", _HIGH, _BUG),
    Family("E9", _HIGH, _BUG),
    Family("E7", _LOW, _BUG),
    Family("W605", _LOW, _BUG),
    # pyflakes
    Family("F", _MEDIUM, _BUG),
    Family("F401", _LOW, Category.MAINTAINABILITY),
    Family("F402", _LOW, _BUG),
    Family("F632", _MEDIUM, _BUG),
    Family("F704", _HIGH, _BUG),
    Family("F706", _HIGH, _BUG),
    Family("F811", _LOW, _BUG),
    Family("F821", _HIGH, _BUG, _LIKELY),
    Family("F822", _MEDIUM, _BUG),
    Family("F823", _HIGH, _BUG),
    # bugbear
    Family("B", _LOW, _BUG),
    Family("B006", _MEDIUM, _BUG),
    Family("B012", _MEDIUM, _BUG),
    Family("B018", _MEDIUM, _BUG, _LIKELY),
    Family("B023", _MEDIUM, _BUG, _LIKELY),
    Family("B032", _MEDIUM, _BUG),
    Family("B909", _MEDIUM, _BUG, _LIKELY),
    # asyncio
    Family("ASYNC", _LOW, _BUG),
    Family("ASYNC1", _MEDIUM, _BUG),
    Family("ASYNC2", _MEDIUM, Category.PERFORMANCE),
    Family("ASYNC230", _LOW, Category.PERFORMANCE),
    Family("ASYNC240", _LOW, Category.PERFORMANCE),
    # pylint
    Family("PLE", _HIGH, _BUG),
    Family("PLE25", _MEDIUM, _SECURITY, _SURE, 1007),
    Family("PLE0604", _MEDIUM, _BUG),
    Family("PLE0605", _MEDIUM, _BUG),
    Family("PLW", _LOW, _BUG),
    Family("PLW0129", _MEDIUM, _BUG),
    Family("PLW0133", _MEDIUM, _BUG),
    Family("PLW0177", _MEDIUM, _BUG),
    Family("PLW1501", _MEDIUM, _BUG),
    Family("PLW2101", _MEDIUM, _BUG),
    # others
    Family("PERF", _LOW, Category.PERFORMANCE),
    Family("RUF", _LOW, _BUG),
    Family("RUF006", _MEDIUM, _BUG),
    Family("RUF008", _MEDIUM, _BUG),
    Family("RUF009", _MEDIUM, _BUG, _LIKELY),
    Family("RUF016", _HIGH, _BUG),
    Family("RUF018", _MEDIUM, _BUG),
    Family("RUF024", _MEDIUM, _BUG),
    Family("LOG", _LOW, _BUG),
    Family("G101", _MEDIUM, _BUG),
    Family("DTZ", _LOW, _BUG),
    Family("PIE", _LOW, _BUG),
    Family("SIM", _LOW, _BUG),
    Family("SIM22", _MEDIUM, _BUG),
    Family("FAST", _MEDIUM, _BUG),
    Family("YTT", _LOW, _BUG),
    Family("INT", _LOW, _BUG),
    # flake8-bandit; CWE numbers as in bandit's documentation of the same test
    Family("S", _MEDIUM, _SECURITY, _LIKELY),
    Family("S102", _MEDIUM, _SECURITY, _LIKELY, 78),
    Family("S103", _MEDIUM, _SECURITY, _SURE, 732),
    Family("S110", _LOW, _BUG, _LIKELY, 703),
    Family("S112", _LOW, _BUG, _LIKELY, 703),
    Family("S113", _MEDIUM, _BUG, _SURE, 400),
    Family("S2", _HIGH, _SECURITY, _SURE, 94),
    Family("S202", _MEDIUM, _SECURITY, _LIKELY, 22),
    Family("S301", _MEDIUM, _SECURITY, _LIKELY, 502),
    Family("S302", _MEDIUM, _SECURITY, _LIKELY, 502),
    Family("S303", _MEDIUM, _SECURITY, _LIKELY, 327),
    Family("S304", _MEDIUM, _SECURITY, _SURE, 327),
    Family("S305", _MEDIUM, _SECURITY, _SURE, 327),
    Family("S306", _MEDIUM, _SECURITY, _SURE, 377),
    Family("S307", _MEDIUM, _SECURITY, _LIKELY, 95),
    Family("S308", _MEDIUM, _SECURITY, _UNSURE, 79),
    Family("S311", _LOW, _SECURITY, _UNSURE, 330),
    Family("S312", _MEDIUM, _SECURITY, _SURE, 319),
    Family("S321", _MEDIUM, _SECURITY, _SURE, 319),
    Family("S323", _HIGH, _SECURITY, _SURE, 295),
    Family("S324", _LOW, _SECURITY, _LIKELY, 327),
    Family("S5", _HIGH, _SECURITY, _SURE, 327),
    Family("S501", _HIGH, _SECURITY, _SURE, 295),
    Family("S505", _MEDIUM, _SECURITY, _SURE, 326),
    Family("S506", _HIGH, _SECURITY, _SURE, 20),
    Family("S507", _HIGH, _SECURITY, _SURE, 295),
    Family("S508", _MEDIUM, _SECURITY, _SURE, 319),
    Family("S509", _MEDIUM, _SECURITY, _SURE, 319),
    Family("S601", _MEDIUM, _SECURITY, _LIKELY, 78),
    Family("S602", _HIGH, _SECURITY, _LIKELY, 78),
    Family("S604", _MEDIUM, _SECURITY, _LIKELY, 78),
    Family("S605", _MEDIUM, _SECURITY, _LIKELY, 78),
    Family("S608", _HIGH, _SECURITY, _LIKELY, 89),
    Family("S609", _MEDIUM, _SECURITY, _SURE, 78),
    Family("S610", _MEDIUM, _SECURITY, _LIKELY, 89),
    Family("S611", _MEDIUM, _SECURITY, _LIKELY, 89),
    Family("S612", _HIGH, _SECURITY, _SURE, 94),
    Family("S7", _MEDIUM, _SECURITY, _LIKELY, 79),
    Family("S701", _HIGH, _SECURITY, _LIKELY, 79),
    Family("S702", _MEDIUM, _SECURITY, _LIKELY, 79),
)
_BY_PREFIX = {row.prefix: row for row in _ROWS}


def family(code: str) -> Family:
    """The row of a code."""
    return next(_BY_PREFIX[code[:end]] for end in range(len(code), -1, -1) if code[:end] in _BY_PREFIX)
