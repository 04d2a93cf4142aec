"""Results of the command tools."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from servers.guard.finding import Answer, Finding


class CommandInfo(Answer):
    """A command that may be run."""

    name: str
    description: str
    argv: list[str]
    timeout_s: float
    network: bool
    parser: str | None = None
    source: str


class CommandsAnswer(Answer):
    """Every command that may be run."""

    commands: list[CommandInfo]


class SandboxInfo(Answer):
    """What confined a run, as it was."""

    kind: Literal["bubblewrap", "rlimits"]
    network: Literal["none", "host"]


class SandboxState(SandboxInfo):
    """What confines runs on this machine."""

    available: bool = Field(description="Whether files and processes are confined, not only resources.")
    no_new_privileges: bool
    limits: bool


class Report(Answer):
    """Counts of a test run."""

    tool: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    coverage: float | None = None


class RunAnswer(Answer):
    """How a command ended. A non-zero exit code is an answer, not an error."""

    exit_code: int
    ok: bool = Field(description="Ended in time with an exit code its definition expects.")
    stdout: str
    stderr: str
    duration_ms: int
    timed_out: bool
    truncated: bool
    redactions: int
    sandbox: SandboxInfo
    report: Report | None = None
    findings: list[Finding] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    untrusted: bool = True


class RulesAnswer(Answer):
    """What may run and under which limits."""

    allowed: list[str]
    denied: list[str]
    limits: dict[str, int]
    sandbox: SandboxState


class ConnectionAnswer(Answer):
    """Whether commands can be run here."""

    ok: bool
    sandbox: SandboxState
    version: str
    missing: list[str] = Field(description="Commands whose program is not installed.")
