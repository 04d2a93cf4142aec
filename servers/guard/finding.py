"""The finding shape every reviewing tool answers with."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["info", "low", "medium", "high", "critical"]


class Answer(BaseModel):
    """Base of every tool result: immutable and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(Answer):
    """One thing wrong at one place. Source: the servers' common contract, finding."""

    file_path: str
    """Relative to the repository or workspace, with ``/``."""
    line_number: int = Field(ge=1)
    """1-based."""
    severity: Severity
    category: str
    message: str
    suggestion: str | None = None
    end_line: int | None = None
    column: int | None = None
    """1-based, in characters."""
    side: Literal["new", "old"] = "new"
    rule_id: str
    source: str
    """Engine that found it."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    fingerprint: str = ""
    url: str | None = None
    cwe: int | None = None
