"""Results of the secret tools. No field can hold a secret: masks, places and keyed fingerprints only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from servers.guard.finding import Answer, Finding, Severity


class Pattern(Answer):
    """A secret in a text."""

    type: str = Field(description="Rule id.")
    masked: str
    confidence: float
    severity: Severity
    start: int = Field(description="Offset in characters.")
    end: int
    line: int
    fingerprint: str


class TextAnswer(Answer):
    """Secrets of one text, and the text without them."""

    keys_found: int
    patterns: list[Pattern]
    redacted_text: str | None = Field(description="Same length and lines; secrets are starred out.")
    suppressed: int = 0
    untrusted: bool = True


class SkippedPath(Answer):
    """A file that was not scanned."""

    path: str
    reason: str


class ScanAnswer(Answer):
    """Secrets of a change or a folder."""

    findings: list[Finding]
    keys_found: int
    suppressed: int = Field(description="Candidates set aside, by baseline, allow-list or context.")
    suppressed_by: dict[str, int] = Field(default_factory=dict, description="The same, by reason.")
    files_scanned: int
    skipped: list[SkippedPath] = Field(default_factory=list)
    truncated: bool = False
    warnings: list[str] = Field(default_factory=list)
    untrusted: bool = True


class Key(Answer):
    """A secret this process has seen, masked."""

    type: str
    pattern: str
    confidence: float
    fingerprint: str
    first_seen: str
    file_path: str
    status: Literal["open", "ignored", "resolved"]


class KeysAnswer(Answer):
    """Secrets seen since the server started."""

    keys: list[Key]
    next_cursor: str | None = None


class RuleInfo(Answer):
    """A rule, by what it looks for."""

    id: str
    description: str
    keywords: list[str]
    severity: Severity
    entropy: float | None = None


class RulesAnswer(Answer):
    """Every rule in force."""

    rules: list[RuleInfo]
    version: str
