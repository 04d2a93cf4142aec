"""Webhook payloads in GitHub's shapes, sent to the Apps that subscribed and may see the repository."""

from __future__ import annotations

from typing import Any

from support.github import bodies, review_bodies
from support.github.bodies import Addresses, Body
from support.github.deliveries import Attempt, Deliveries
from support.github.model import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Installation,
    IssueComment,
    PullState,
    RepositoryState,
    ReviewComment,
    ReviewState,
    World,
    stamp,
)

OWNERS_ONLY = {
    ("check_run", "rerequested"),
    ("check_run", "requested_action"),
    ("check_suite", "requested"),
    ("check_suite", "rerequested"),
}
"""Sent to the App that made the check, and to no other."""


class Events:
    """What happened, told to the Apps."""

    def __init__(self, world: World, at: Addresses, deliveries: Deliveries) -> None:
        self.world = world
        self.at = at
        self.deliveries = deliveries

    @property
    def sent(self) -> list[Attempt]:
        """The delivery log, oldest first."""
        return self.deliveries.sent

    def redeliver(self, attempt: Attempt) -> Attempt:
        """Send a delivery again under its GUID."""
        return self.deliveries.redeliver(attempt)

    def pull(self, it: PullState, action: str, sender: Account, extra: Body | None = None) -> None:
        """``pull_request``."""
        body = {"number": it.number, "pull_request": bodies.pull(self.at, self.world, it), **(extra or {})}
        self._tell(it.repository, "pull_request", action, body, sender)

    def comment(self, it: IssueComment, action: str, sender: Account, extra: Body | None = None) -> None:
        """``issue_comment``."""
        body = {
            "issue": bodies.issue(self.at, self.world, it.pull),
            "comment": bodies.comment(self.at, it),
            **(extra or {}),
        }
        self._tell(it.pull.repository, "issue_comment", action, body, sender)

    def review(self, it: ReviewState, action: str, sender: Account) -> None:
        """``pull_request_review``; its state is in lower case here, unlike in REST."""
        shape = review_bodies.review(self.at, it)
        body = {
            "review": shape | {"state": it.state.lower()},
            "pull_request": bodies.pull_simple(self.at, it.pull),
        }
        self._tell(it.pull.repository, "pull_request_review", action, body, sender)

    def review_comment(self, it: ReviewComment, action: str, sender: Account, extra: Body | None = None) -> None:
        """``pull_request_review_comment``."""
        body = {
            "comment": review_bodies.review_comment(self.at, it),
            "pull_request": bodies.pull_simple(self.at, it.pull),
            **(extra or {}),
        }
        self._tell(it.pull.repository, "pull_request_review_comment", action, body, sender)

    def thread(self, it: ReviewComment, action: str, sender: Account) -> None:
        """``pull_request_review_thread``: resolved or unresolved."""
        comments = [c for c in self.world.review_comments.values() if c is it or c.reply_to is it]
        thread = {
            "node_id": bodies.node_id("PRRT", it.id),
            "comments": [review_bodies.review_comment(self.at, c) for c in comments],
        }
        body = {"thread": thread, "pull_request": bodies.pull_simple(self.at, it.pull)}
        self._tell(it.pull.repository, "pull_request_review_thread", action, body, sender)

    def check_run(self, it: CheckRun, action: str, sender: Account, extra: Body | None = None) -> None:
        """``check_run``."""
        shape = review_bodies.check_run(self.at, self.world, it) | {
            "check_suite": _webhook_suite(self.at, self.world, it.suite)
        }
        body = {"check_run": shape, **(extra or {})}
        self._tell(it.suite.repository, "check_run", action, body, sender, it.suite.app)

    def check_suite(self, it: CheckSuite, action: str, sender: Account) -> None:
        """``check_suite``."""
        body = {"check_suite": _webhook_suite(self.at, self.world, it)}
        self._tell(it.repository, "check_suite", action, body, sender, it.app)

    def push(self, repo: RepositoryState, ref: str, before: str, after: str, sender: Account) -> None:
        """``push``."""
        commit = repo.store.commit_info(after)
        head = {
            "id": after,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": commit.committed_at,
            "url": f"{self.at.page(repo)}/commit/{after}",
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
            "added": [],
            "removed": [],
            "modified": [],
        }
        body = {
            "ref": ref,
            "before": before,
            "after": after,
            "created": before == "0" * 40,
            "deleted": False,
            "forced": False,
            "base_ref": None,
            "compare": f"{self.at.page(repo)}/compare/{before[:12]}...{after[:12]}",
            "commits": [head],
            "head_commit": head,
            "pusher": {"name": sender.login, "email": sender.author.email},
        }
        self._tell(repo, "push", None, body, sender)

    def installation(self, it: Installation, action: str) -> None:
        """``installation``: sent to its App whatever it subscribed to."""
        body = {
            "action": action,
            "installation": bodies.installation(self.at, it),
            "repositories": [_short(r) for r in self.world.covered(it)],
            "sender": bodies.account(self.at, it.account),
        }
        self.deliveries.add(it.app, "installation", body)

    def installation_repositories(
        self, it: Installation, action: str, added: list[RepositoryState], removed: list[RepositoryState]
    ) -> None:
        """``installation_repositories``: added or removed."""
        body = {
            "action": action,
            "installation": bodies.installation(self.at, it),
            "repository_selection": "all" if it.repository_ids is None else "selected",
            "repositories_added": [_short(r) for r in added],
            "repositories_removed": [_short(r) for r in removed],
            "requester": None,
            "sender": bodies.account(self.at, it.account),
        }
        self.deliveries.add(it.app, "installation_repositories", body)

    def ping(self, app: App) -> None:
        """``ping``: what GitHub sends when a webhook is set up."""
        hook = {
            "type": "App",
            "id": app.id,
            "name": "web",
            "active": True,
            "app_id": app.id,
            "events": list(app.events),
            "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": app.webhook_url},
            "created_at": stamp(app.created_at),
            "updated_at": stamp(app.created_at),
            "url": f"{self.at.api}/app/hook/config",
            "ping_url": f"{self.at.api}/app/hook/pings",
            "deliveries_url": f"{self.at.api}/app/hook/deliveries",
        }
        self.deliveries.add(app, "ping", {"zen": "Design for failure.", "hook_id": app.id, "hook": hook})

    def _tell(
        self,
        repo: RepositoryState,
        event: str,
        action: str | None,
        body: dict[str, Any],
        sender: Account,
        owner: App | None = None,
    ) -> None:
        for app in self.world.apps.values():
            installed = self.world.installation_for(repo, app)
            if installed is None or installed.suspended_at is not None or event not in app.events:
                continue
            if (event, action) in OWNERS_ONLY and app is not owner:
                continue
            payload: dict[str, Any] = {} if action is None else {"action": action}
            payload |= body
            payload["repository"] = bodies.repository(self.at, repo)
            if repo.owner.kind == "Organization":
                payload["organization"] = organization(self.at, repo.owner)
            payload["sender"] = bodies.account(self.at, sender)
            payload["installation"] = {"id": installed.id, "node_id": bodies.node_id("I", installed.id)}
            self.deliveries.add(app, event, payload)


def organization(at: Addresses, it: Account) -> Body:
    """An organisation as webhooks name it."""
    api = f"{at.api}/orgs/{it.login}"
    return {
        "login": it.login,
        "id": it.id,
        "node_id": bodies.node_id("O", it.id),
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{at.html}/avatars/{it.id}?v=4",
        "description": "",
    }


def _short(it: RepositoryState) -> Body:
    return {
        "id": it.id,
        "node_id": bodies.node_id("R", it.id),
        "name": it.name,
        "full_name": it.full_name,
        "private": it.private,
    }


def _webhook_suite(at: Addresses, world: World, it: CheckSuite) -> Body:
    body = review_bodies.suite(at, world, it)
    del body["repository"]
    return body
