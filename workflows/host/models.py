"""What the host knows of servers and tools: manifests, tool definitions, health. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from workflows.models import Frozen


class Effect(StrEnum):
    """What a tool touches. Source: the servers' common contract, effect classes and profiles."""

    READ = "R"
    """Reads the workspace."""
    NETWORK = "N"
    """Reads the network through the egress guard."""
    MODEL = "L"
    """Calls a paid model."""
    WRITE = "W"
    """Writes the workspace."""
    ACT = "A"
    """Acts on a web page."""
    EXECUTE = "X"
    """Runs a command."""
    HOST = "H"
    """Reads the host: interfaces, connections, profiles."""


class Profile(StrEnum):
    """On whose behalf calls are made; decides which effects are allowed."""

    PR_REVIEW = "pr-review"
    """A hosted review: the text of the pull request is hostile."""
    WORKFLOW = "workflow"
    """A user's own workflow."""
    DEVELOPER = "developer"
    """A person at their own machine."""


class ToolPolicy(Frozen):
    """What our manifest says of a tool; what the server says of itself decides nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    effect: Effect = Field(alias="class")
    required: bool = False
    """Built-in workflows need it: a server without it is not healthy."""
    replay_safe: bool = False
    """The call may be sent again when nobody knows whether the first one ran."""
    timeout: float | None = Field(default=None, gt=0, le=3600, description="Seconds; the server's when not given.")


class MCPServerConfig(Frozen):
    """How to start a server and what it may do."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    description: str = ""
    command: str = Field(min_length=1)
    """Program: a path, or a name looked up on the PATH we give it."""
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    """Fixed variables; may hold secrets, so they are never shown."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    timeout: int = Field(default=30, ge=1, le=3600, description="Seconds for one call.")
    retry_count: int = Field(default=3, ge=0, le=10, description="Restarts in a row without a call asking for one.")
    module: str | None = None
    """Python module of a bundled server; ``command`` and ``args`` are made from it."""
    start_timeout: int = Field(default=30, ge=1, le=300, description="Seconds until the session is up.")
    in_flight: int = Field(default=4, ge=1, le=64)
    """Calls running at the same time; the rest queue."""
    lazy: bool = True
    """Started by the first call, not with the pool."""
    env_names: tuple[str, ...] = ()
    """Variables it gets from our environment, by name. Nothing else is passed."""
    secret_names: tuple[str, ...] = ()
    """Same, for secrets: their values are never logged."""
    tools: Mapping[str, ToolPolicy] = Field(default_factory=dict)


class ToolDefinition(Frozen):
    """A tool as its server describes it. Text in it is the server's: escape before showing."""

    name: str
    title: str | None = None
    description: str = ""
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] = Field(default_factory=dict)
    """Hints only."""


class MCPServerStatus(StrEnum):
    """Reachability of a server."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """Up, but a recent probe failed or calls were lost."""
    UNHEALTHY = "unhealthy"
    """Up without answering, or kept down after too many restarts."""
    OFFLINE = "offline"
    """Not running although it was asked to."""


class HealthStatus(Frozen):
    """Health of a server at one moment.

    A lazy server nobody has used has no health yet: it is reported as ``healthy`` with ``started`` false and
    the message "not started yet", so that nobody is alarmed and nobody is misled.
    """

    status: MCPServerStatus
    response_time_ms: float
    last_check: datetime
    error_message: str | None = None
    uptime_percentage: float
    """Share of the time since the first start, 0 to 100."""
    started: bool = True
    protocol_version: str | None = None
    """As negotiated; None while there is no session."""
