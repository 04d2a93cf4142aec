"""Pull requests as GitHub has them now."""

from __future__ import annotations

from bot.github.client import InstallationClient
from bot.github.payloads import parse_pull_request
from bot.models import PullRequestRef, RepositoryRef


async def get_pull_request(github: InstallationClient, repository: RepositoryRef, number: int) -> PullRequestRef:
    """Ask for a pull request.

    Raises:
        NotFoundError: it is not there, or the App may not see it.
    """
    path = "/repos/{owner}/{repo}/pulls/{number}"
    answer = await github.get(path, {**repository_vars(repository), "number": str(number)})
    return parse_pull_request(answer, repository)


def repository_vars(repository: RepositoryRef) -> dict[str, str]:
    """Values every path of a repository needs."""
    return {"owner": repository.owner, "repo": repository.name}
