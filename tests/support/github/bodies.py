"""JSON bodies of accounts, Apps, repositories, pull requests and conversation comments, as GitHub shapes them."""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from support.github.descriptions import load
from support.github.model import (
    Account,
    App,
    Installation,
    IssueComment,
    PullState,
    Reaction,
    RepositoryState,
    World,
    stamp,
)

Body = dict[str, Any]
EMOJI = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
SAMPLE = "Codertocat/Hello-World"
"""The repository of the octokit examples; its addresses are rewritten to ours."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the stand-in answers: as github.com lays it out, or as GitHub Enterprise Server does."""

    api: str
    html: str

    def repo(self, repository: RepositoryState) -> str:
        """API address of a repository."""
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: RepositoryState) -> str:
        """Web address of a repository."""
        return f"{self.html}/{repository.full_name}"


def node_id(kind: str, number: int) -> str:
    """An opaque id as GraphQL uses; the kind's prefix tells what it is."""
    return f"{kind}_kwDOAAE{number:x}"


def account(at: Addresses, who: Account) -> Body:
    """A *simple user*."""
    api = f"{at.api}/users/{who.login}"
    page = f"{at.html}/{who.login}"
    if who.kind == "Bot":
        page = f"{at.html}/apps/{who.login.removesuffix('[bot]')}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("U", who.id),
        "avatar_url": f"{at.html}/avatars/{who.id}?v=4",
        "gravatar_id": "",
        "url": api,
        "html_url": page,
        "followers_url": f"{api}/followers",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{api}/subscriptions",
        "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events{{/privacy}}",
        "received_events_url": f"{api}/received_events",
        "type": who.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def app(at: Addresses, it: App) -> Body:
    """An App (GitHub's *integration*)."""
    return {
        "id": it.id,
        "client_id": it.client_id,
        "slug": it.slug,
        "node_id": node_id("A", it.id),
        "owner": account(at, it.owner),
        "name": it.name,
        "description": None,
        "external_url": at.html,
        "html_url": f"{at.html}/apps/{it.slug}",
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.created_at),
        "permissions": dict(it.permissions),
        "events": list(it.events),
    }


def installation(at: Addresses, it: Installation) -> Body:
    """An installation; timestamps as text, as REST has them (webhooks have numbers)."""
    return {
        "id": it.id,
        "account": account(at, it.account),
        "repository_selection": "all" if it.repository_ids is None else "selected",
        "access_tokens_url": f"{at.api}/app/installations/{it.id}/access_tokens",
        "repositories_url": f"{at.api}/installation/repositories",
        "html_url": f"{at.html}/settings/installations/{it.id}",
        "app_id": it.app.id,
        "app_slug": it.app.slug,
        "target_id": it.account.id,
        "target_type": it.account.kind,
        "permissions": dict(it.permissions),
        "events": list(it.app.events),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.created_at),
        "single_file_name": None,
        "suspended_by": account(at, it.account) if it.suspended_at else None,
        "suspended_at": stamp(it.suspended_at),
    }


@functools.cache
def _sample_repository() -> str:
    for example in load().webhook_examples["pull_request"]:
        if example["repository"]["full_name"] == SAMPLE and "custom_properties" in example["repository"]:
            return json.dumps(example["repository"])
    raise AssertionError("the octokit examples changed: no sample repository")


def repository(at: Addresses, it: RepositoryState) -> Body:
    """A repository: octokit's example with our names and addresses."""
    text = _sample_repository().replace(SAMPLE, it.full_name)
    text = text.replace("https://api.github.com", at.api).replace("https://github.com", at.html)
    body: Body = json.loads(text)
    body |= {
        "id": it.id,
        "node_id": node_id("R", it.id),
        "name": it.name,
        "full_name": it.full_name,
        "private": it.private,
        "visibility": "private" if it.private else "public",
        "owner": account(at, it.owner),
        "fork": it.fork_of is not None,
        "default_branch": it.default_branch,
        "clone_url": f"{at.page(it)}.git",
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.created_at),
        "pushed_at": stamp(it.created_at),
        "open_issues": 0,
        "open_issues_count": 0,
        "has_discussions": False,
        "allow_forking": True,
    }
    return body


def full_repository(at: Addresses, it: RepositoryState) -> Body:
    """A repository as ``GET /repos/{owner}/{repo}`` has it."""
    body = repository(at, it) | {"network_count": 0, "subscribers_count": 0}
    if it.fork_of is not None:
        body["parent"] = body["source"] = repository(at, it.fork_of)
    return body


def association(it: RepositoryState, who: Account) -> str:
    """What GitHub calls ``author_association``."""
    if who is it.owner:
        return "OWNER"
    if it.roles.get(who.login) in {"write", "maintain", "admin"}:
        return "MEMBER" if it.owner.kind == "Organization" else "COLLABORATOR"
    return "NONE"


def _side(at: Addresses, ref: str, sha: str, it: RepositoryState) -> Body:
    return {
        "label": f"{it.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": account(at, it.owner),
        "repo": repository(at, it),
    }


def pull_simple(at: Addresses, it: PullState) -> Body:
    """A pull request as lists have it."""
    api, page = f"{at.repo(it.repository)}/pulls/{it.number}", f"{at.page(it.repository)}/pull/{it.number}"
    issue = f"{at.repo(it.repository)}/issues/{it.number}"
    statuses = f"{at.repo(it.repository)}/statuses/{it.head_sha}"
    links = {
        "self": api,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{api}/comments",
        "review_comment": f"{at.repo(it.repository)}/pulls/comments{{/number}}",
        "commits": f"{api}/commits",
        "statuses": statuses,
    }
    return {
        "url": api,
        "id": it.id,
        "node_id": node_id("PR", it.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "number": it.number,
        "state": it.state,
        "locked": False,
        "title": it.title,
        "user": account(at, it.author),
        "body": it.body,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "closed_at": stamp(it.closed_at),
        "merged_at": stamp(it.merged_at),
        "merge_commit_sha": it.merge_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": it.draft,
        "commits_url": f"{api}/commits",
        "review_comments_url": f"{api}/comments",
        "review_comment_url": links["review_comment"],
        "comments_url": f"{issue}/comments",
        "statuses_url": statuses,
        "head": _side(at, it.head_ref, it.head_sha, it.head_repository),
        "base": _side(at, it.base_ref, it.base_sha, it.repository),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": association(it.repository, it.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull(at: Addresses, world: World, it: PullState) -> Body:
    """A pull request in full, as ``GET /pulls/N`` and webhooks have it."""
    diff = it.diff()
    return pull_simple(at, it) | {
        "merged": it.merged_at is not None,
        "mergeable": it.merge_sha is not None if it.state == "open" else None,
        "rebaseable": it.merge_sha is not None if it.state == "open" else None,
        "mergeable_state": "unknown" if it.state != "open" else "clean" if it.merge_sha else "dirty",
        "merged_by": None,
        "comments": sum(c.pull is it for c in world.comments.values()),
        "review_comments": sum(c.pull is it and c.review.state != "PENDING" for c in world.review_comments.values()),
        "maintainer_can_modify": False,
        "commits": len(it.repository.store.commits(it.base_sha, it.head_sha)),
        "additions": diff.additions,
        "deletions": diff.deletions,
        "changed_files": len(diff.files),
    }


def pull_minimal(at: Addresses, it: PullState) -> Body:
    """A pull request as check runs and suites name it."""

    def side(ref: str, sha: str, repo: RepositoryState) -> Body:
        return {"ref": ref, "sha": sha, "repo": {"id": repo.id, "url": at.repo(repo), "name": repo.name}}

    return {
        "url": f"{at.repo(it.repository)}/pulls/{it.number}",
        "id": it.id,
        "number": it.number,
        "head": side(it.head_ref, it.head_sha, it.head_repository),
        "base": side(it.base_ref, it.base_sha, it.repository),
    }


def issue(at: Addresses, world: World, it: PullState) -> Body:
    """A pull request seen as an issue."""
    api, page = f"{at.repo(it.repository)}/issues/{it.number}", f"{at.page(it.repository)}/pull/{it.number}"
    return {
        "url": api,
        "repository_url": at.repo(it.repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "html_url": page,
        "id": it.id + 1,
        "node_id": node_id("PR", it.id),
        "number": it.number,
        "title": it.title,
        "user": account(at, it.author),
        "labels": [],
        "state": it.state,
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": sum(c.pull is it for c in world.comments.values()),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "closed_at": stamp(it.closed_at),
        "author_association": association(it.repository, it.author),
        "active_lock_reason": None,
        "draft": it.draft,
        "pull_request": {
            "url": f"{at.repo(it.repository)}/pulls/{it.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": stamp(it.merged_at),
        },
        "body": it.body,
        "reactions": reactions(f"{api}/reactions", world.issue_reactions.get(it.id, [])),
        "timeline_url": f"{api}/timeline",
        "performed_via_github_app": None,
        "state_reason": None,
    }


def reactions(url: str, given: list[Reaction]) -> Body:
    """Counts of reactions."""
    counts = Counter(r.content for r in given)
    return {"url": url, "total_count": len(given), **{name: counts[name] for name in EMOJI}}


def reaction(at: Addresses, it: Reaction) -> Body:
    """One reaction."""
    return {
        "id": it.id,
        "node_id": node_id("REA", it.id),
        "user": account(at, it.author),
        "content": it.content,
        "created_at": stamp(it.created_at),
    }


def comment(at: Addresses, it: IssueComment) -> Body:
    """A comment in the conversation."""
    api = f"{at.repo(it.pull.repository)}/issues/comments/{it.id}"
    return {
        "url": api,
        "html_url": f"{at.page(it.pull.repository)}/pull/{it.pull.number}#issuecomment-{it.id}",
        "issue_url": f"{at.repo(it.pull.repository)}/issues/{it.pull.number}",
        "id": it.id,
        "node_id": node_id("IC", it.id),
        "user": account(at, it.author),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "author_association": association(it.pull.repository, it.author),
        "body": it.body,
        "reactions": reactions(f"{api}/reactions", it.reactions),
        "performed_via_github_app": app(at, it.app) if it.app else None,
    }
