"""From a text to findings: engine, context, allow-list, baseline, masks."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from servers.api_key_sniffer.allowlist import Allowlist
from servers.api_key_sniffer.answers import Key
from servers.api_key_sniffer.context import Verdict, judge
from servers.api_key_sniffer.engine import Candidate, Engine
from servers.api_key_sniffer.masking import Fingerprinter, mask
from servers.guard.finding import Finding

MIN_CONFIDENCE = 0.5
MAX_FINDINGS = 1000
MAX_KEYS = 10_000
_CWE_HARD_CODED_CREDENTIALS = 798
"""Source: CWE-798, Use of Hard-coded Credentials."""


@dataclass(frozen=True, slots=True)
class Detected:
    """A judged candidate with what may be said of it."""

    candidate: Candidate
    verdict: Verdict
    masked: str
    fingerprint: str
    line: int
    """1-based, in the scanned text."""
    end_line: int
    column: int


@dataclass(slots=True)
class Tally:
    """Findings and counts of one call."""

    findings: list[Finding] = field(default_factory=list)
    suppressed: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    truncated: bool = False

    def add(self, finding: Finding) -> None:
        """Keep a finding up to the cap; beyond it only its key counts."""
        self.keys.add(finding.fingerprint)
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        else:
            self.truncated = True


class Detector:
    """The engine with its surroundings; safe to use from several threads."""

    def __init__(
        self, engine: Engine, fingerprinter: Fingerprinter, allowlist: Allowlist, *, entropy_min: float
    ) -> None:
        self.engine = engine
        self._fingerprinter = fingerprinter
        self._allowlist = allowlist
        self._entropy_min = entropy_min
        self._seen: dict[str, Key] = {}
        self._lock = threading.Lock()

    def detect(self, text: str, path: str) -> list[Detected]:
        """Every candidate of a text, judged; the caller decides which count."""
        candidates = self.engine.scan(text)
        if not candidates:
            return []
        starts = _line_starts(text)
        return [self._judged(candidate, text, path, starts) for candidate in candidates]

    def _judged(self, candidate: Candidate, text: str, path: str, starts: Sequence[int]) -> Detected:
        secret = candidate.secret(text)
        verdict = judge(candidate, text, path, self._entropy_min)
        fingerprint = self._fingerprinter.of(secret)
        if not verdict.reason and self._allowlist.allows(secret, path, fingerprint):
            verdict = Verdict(verdict.severity, verdict.confidence, "allow-list")
        first = bisect_right(starts, candidate.start)
        last = bisect_right(starts, max(candidate.end - 1, candidate.start))
        return Detected(
            candidate=candidate,
            verdict=verdict,
            masked=mask(secret),
            fingerprint=fingerprint,
            line=first,
            end_line=last,
            column=candidate.start - starts[first - 1] + 1,
        )

    def reason(self, detected: Detected, baseline: Collection[str], min_confidence: float) -> str:
        """Why a detected secret is not reported; empty when it is."""
        if detected.fingerprint in baseline:
            return "baseline"
        if detected.verdict.reason:
            return detected.verdict.reason
        return "low confidence" if detected.verdict.confidence < min_confidence else ""

    def remember(self, detected: Detected, path: str, *, ignored: bool = False) -> None:
        """Keep the mask of a secret for ``list_keys``; the oldest go when there are too many."""
        with self._lock:
            if detected.fingerprint in self._seen:
                return
            if len(self._seen) >= MAX_KEYS:
                self._seen.pop(next(iter(self._seen)))
            self._seen[detected.fingerprint] = Key(
                type=detected.candidate.rule_id,
                pattern=detected.masked,
                confidence=detected.verdict.confidence,
                fingerprint=detected.fingerprint,
                first_seen=datetime.now(UTC).isoformat(timespec="seconds"),
                file_path=path,
                status="ignored" if ignored else "open",
            )

    def seen(self) -> list[Key]:
        """What ``remember`` kept, oldest first."""
        with self._lock:
            return list(self._seen.values())


def finding(detected: Detected, path: str, *, line: int, end_line: int, old: bool = False) -> Finding:
    """A detected secret as a finding at a place of the caller's choosing."""
    rule = detected.candidate.rule_id
    return Finding(
        file_path=path,
        line_number=line,
        end_line=end_line,
        column=detected.column if line == end_line else None,
        side="old" if old else "new",
        severity=detected.verdict.severity,
        category="secret",
        message=f"{_sentence(detected.candidate.description)} ({detected.masked})",
        suggestion="Revoke it, issue a new one, and read it from the environment or a secret store.",
        rule_id=rule,
        source=detected.candidate.source,
        confidence=detected.verdict.confidence,
        fingerprint=detected.fingerprint,
        cwe=_CWE_HARD_CODED_CREDENTIALS,
    )


def _sentence(description: str) -> str:
    return description.rstrip(". ")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts
