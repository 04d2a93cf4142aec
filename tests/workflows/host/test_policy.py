import pytest

from workflows.host.models import Effect, MCPServerConfig, Profile, ToolPolicy
from workflows.host.policy import refusal

CONFIG = MCPServerConfig(
    name="s", command="x", tools={f"tool_{effect.value}": ToolPolicy(effect=effect) for effect in Effect}
)


@pytest.mark.parametrize(
    ("profile", "allowed", "with_approval"),
    [
        (Profile.PR_REVIEW, "RNLX", "RNLX"),
        (Profile.WORKFLOW, "RNLX", "RNLXWA"),
        (Profile.DEVELOPER, "RNLXH", "RNLXHWA"),
    ],
)
def test_each_profile_allows_its_effects(profile: Profile, allowed: str, with_approval: str) -> None:
    tools = list(CONFIG.tools)
    every = {("s", tool) for tool in tools}
    assert {tool[-1] for tool in tools if refusal(CONFIG, tool, profile) is None} == set(allowed)
    assert {tool[-1] for tool in tools if refusal(CONFIG, tool, profile, every) is None} == set(with_approval)


def test_a_tool_outside_the_manifest_is_refused_everywhere() -> None:
    for profile in Profile:
        assert "manifest" in (refusal(CONFIG, "start_sniffer", profile, {("s", "start_sniffer")}) or "")


def test_a_refusal_says_what_the_tool_does_and_what_would_help() -> None:
    assert refusal(CONFIG, "tool_W", Profile.PR_REVIEW) == (
        "'tool_W' writes the workspace, which the pr-review profile does not allow"
    )
    assert refusal(CONFIG, "tool_W", Profile.WORKFLOW) == (
        "'tool_W' writes the workspace, which needs approval in the workflow profile"
    )
