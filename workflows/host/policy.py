"""Whether a tool call is allowed at all: decided by our manifest and the profile, before anything is sent."""

from __future__ import annotations

from collections.abc import Collection

from workflows.host.models import Effect, MCPServerConfig, Profile

_ALLOWED = {
    Profile.PR_REVIEW: frozenset({Effect.READ, Effect.NETWORK, Effect.MODEL, Effect.EXECUTE}),
    Profile.WORKFLOW: frozenset({Effect.READ, Effect.NETWORK, Effect.MODEL, Effect.EXECUTE}),
    Profile.DEVELOPER: frozenset({Effect.READ, Effect.NETWORK, Effect.MODEL, Effect.EXECUTE, Effect.HOST}),
}
_APPROVABLE = {
    Profile.PR_REVIEW: frozenset[Effect](),
    Profile.WORKFLOW: frozenset({Effect.WRITE, Effect.ACT}),
    Profile.DEVELOPER: frozenset({Effect.WRITE, Effect.ACT}),
}
_DOES = {
    Effect.READ: "reads the workspace",
    Effect.NETWORK: "reads the network",
    Effect.MODEL: "calls a paid model",
    Effect.WRITE: "writes the workspace",
    Effect.ACT: "acts on a web page",
    Effect.EXECUTE: "runs a command",
    Effect.HOST: "reads the host",
}


def refusal(
    config: MCPServerConfig, tool: str, profile: Profile, approvals: Collection[tuple[str, str]] = ()
) -> str | None:
    """Why a call is refused, or None when it is allowed.

    Args:
        config: the server's manifest; a tool that is not in it is refused, in every profile.
        tool: name of the tool.
        profile: on whose behalf.
        approvals: pairs of server and tool a person has allowed, for effects that need asking.
    """
    policy = config.tools.get(tool)
    if policy is None:
        return f"{tool!r} is not among the tools of {config.name}'s manifest"
    if policy.effect in _ALLOWED[profile]:
        return None
    does = _DOES[policy.effect]
    if policy.effect not in _APPROVABLE[profile]:
        return f"{tool!r} {does}, which the {profile} profile does not allow"
    if (config.name, tool) in approvals:
        return None
    return f"{tool!r} {does}, which needs approval in the {profile} profile"
