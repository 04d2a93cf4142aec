"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_THOUSAND = 1000

SIGNS = {"critical": "⛔", "high": "🔴", "medium": "🟠", "low": "🟡", "info": "🔵"}
"""A sign for each severity; it never stands without the word."""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 file``, ``1 204 files``."""
    return f"{grouped(number)} {noun if number == 1 else plural or noun + 's'}"


def grouped(number: int) -> str:
    """Digits in threes with a narrow no-break space from five digits on: ``48 210``."""
    text = f"{number:,}"
    return text.replace(",", "\u202f") if abs(number) >= 10 * _THOUSAND else str(number)


def duration(seconds: float) -> str:
    """``0.9 s``, ``22 s``, ``1 m 12 s``, ``2 h 5 m``, ``3 d 4 h``."""
    if seconds < 9.95:  # noqa: PLR2004 - below ten one decimal says something
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} m {whole % _MINUTE_S} s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} m"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def milliseconds(ms: float) -> str:
    """``4 ms``, ``340 ms``, ``1.1 s``."""
    return f"{round(ms)} ms" if ms < _THOUSAND else duration(ms / _THOUSAND)


def moment(time: datetime) -> str:
    """``2026-11-22 14:40 UTC``."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def machine_time(time: datetime) -> str:
    """For the ``datetime`` attribute of ``<time>``: ``2026-11-22T14:40:00Z``."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(time: datetime, now: datetime) -> str:
    """``just now``, ``3 minutes ago``, ``2 hours ago``, ``5 days ago``."""
    seconds = (now - time).total_seconds()
    for unit, length in (("day", _DAY_S), ("hour", _HOUR_S), ("minute", _MINUTE_S)):
        if seconds >= length:
            return count(int(seconds // length), unit) + " ago"
    return "just now"


def sign(severity: str) -> str:
    """The sign of a severity, with a dot for an unknown one."""
    return SIGNS.get(severity, "•")


def sentence(words: list[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:  # noqa: PLR2004 - one word needs no joint
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
