"""What a person may do on a repository."""

from __future__ import annotations

from bot.github.client import InstallationClient
from bot.github.errors import NotFoundError
from bot.github.pulls import repository_vars
from bot.models import Actor, RepositoryRef

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""GitHub's roles, least first. Source: GitHub, "Repository roles for an organization"."""


async def permission(github: InstallationClient, repository: RepositoryRef, actor: Actor) -> str:
    """The role of a person on a repository.

    Returns:
        One of ``ROLES``. A custom role counts as the base role GitHub reports for it.
        Source: GitHub REST API, "Get repository permissions for a user".
    """
    path = "/repos/{owner}/{repo}/collaborators/{username}/permission"
    try:
        answer = await github.get(path, {**repository_vars(repository), "username": actor.login})
    except NotFoundError:
        return "none"
    role = answer.get("role_name")
    granted = answer.get("permission", "none")
    return next((str(name) for name in (role, granted) if name in ROLES), "none")


def at_least(role: str, needed: str) -> bool:
    """Whether a role includes another."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)
