"""JSON bodies of reviews, review comments, changed files, commits, check runs and suites."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from support.github.bodies import (
    Addresses,
    Body,
    account,
    app,
    association,
    node_id,
    pull_minimal,
    reactions,
    repository,
)
from support.github.diffs import ChangedFile
from support.github.model import CheckRun, CheckSuite, RepositoryState, ReviewComment, ReviewState, World, stamp
from support.github.store import Commit


def review(at: Addresses, it: ReviewState) -> Body:
    """A review."""
    pull_api = f"{at.repo(it.pull.repository)}/pulls/{it.pull.number}"
    page = f"{at.page(it.pull.repository)}/pull/{it.pull.number}#pullrequestreview-{it.id}"
    body = {
        "id": it.id,
        "node_id": node_id("PRR", it.id),
        "user": account(at, it.author),
        "body": it.body,
        "state": it.state,
        "html_url": page,
        "pull_request_url": pull_api,
        "author_association": association(it.pull.repository, it.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_api}},
        "commit_id": it.commit_id,
        "updated_at": stamp(it.updated_at),
    }
    return body | ({"submitted_at": stamp(it.submitted_at)} if it.submitted_at else {})


def review_comment(at: Addresses, it: ReviewComment) -> Body:
    """A comment on a line; its line is null once a push outdated it."""
    pull_api = f"{at.repo(it.pull.repository)}/pulls/{it.pull.number}"
    api = f"{at.repo(it.pull.repository)}/pulls/comments/{it.id}"
    page = f"{at.page(it.pull.repository)}/pull/{it.pull.number}#discussion_r{it.id}"
    gone = it.outdated
    body = {
        "url": api,
        "pull_request_review_id": it.review.id,
        "id": it.id,
        "node_id": node_id("PRRC", it.id),
        "diff_hunk": it.diff_hunk,
        "path": it.path,
        "commit_id": it.commit_id if gone else it.pull.head_sha,
        "original_commit_id": it.commit_id,
        "user": account(at, it.author),
        "body": it.body,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "html_url": page,
        "pull_request_url": pull_api,
        "author_association": association(it.pull.repository, it.author),
        "_links": {"self": {"href": api}, "html": {"href": page}, "pull_request": {"href": pull_api}},
        "reactions": reactions(f"{api}/reactions", it.reactions),
        "line": None if gone else it.line,
        "original_line": it.line or 1,
        "start_line": None if gone else it.start_line,
        "original_start_line": it.start_line,
        "side": it.side,
        "start_side": it.start_side,
        "subject_type": it.subject_type,
        "position": None if gone else 1,
        "original_position": 1,
    }
    return body | ({"in_reply_to_id": it.reply_to.id} if it.reply_to else {})


def changed_file(at: Addresses, repo: RepositoryState, head: str, it: ChangedFile) -> Body:
    """A file of a diff."""
    path = quote(it.path)
    body: Body = {
        "sha": it.blob,
        "filename": it.path,
        "status": it.status,
        "additions": it.additions,
        "deletions": it.deletions,
        "changes": it.additions + it.deletions,
        "blob_url": f"{at.page(repo)}/blob/{head}/{path}",
        "raw_url": f"{at.page(repo)}/raw/{head}/{path}",
        "contents_url": f"{at.repo(repo)}/contents/{path}?ref={head}",
    }
    if it.patch is not None:
        body["patch"] = it.patch
    if it.previous_path is not None:
        body["previous_filename"] = it.previous_path
    return body


def commit(at: Addresses, world: World, repo: RepositoryState, it: Commit) -> Body:
    """A commit."""
    api = f"{at.repo(repo)}/commits/{it.sha}"

    def person(name: str) -> Body | None:
        return account(at, world.accounts[name]) if name in world.accounts else None

    return {
        "url": api,
        "sha": it.sha,
        "node_id": f"C_kwDOAAE{it.sha[:12]}",
        "html_url": f"{at.page(repo)}/commit/{it.sha}",
        "comments_url": f"{api}/comments",
        "commit": {
            "url": f"{at.repo(repo)}/git/commits/{it.sha}",
            "author": {"name": it.author.name, "email": it.author.email, "date": it.authored_at},
            "committer": {"name": it.committer.name, "email": it.committer.email, "date": it.committed_at},
            "message": it.message,
            "comment_count": 0,
            "tree": {"sha": it.tree, "url": f"{at.repo(repo)}/git/trees/{it.tree}"},
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "payload": None,
                "signature": None,
                "verified_at": None,
            },
        },
        "author": person(it.author.name),
        "committer": person(it.committer.name),
        "parents": [
            {"sha": p, "url": f"{at.repo(repo)}/commits/{p}", "html_url": f"{at.page(repo)}/commit/{p}"}
            for p in it.parents
        ],
    }


def check_run(at: Addresses, world: World, it: CheckRun) -> Body:
    """A check run."""
    api = f"{at.repo(it.suite.repository)}/check-runs/{it.id}"
    page = f"{at.page(it.suite.repository)}/runs/{it.id}"
    return {
        "id": it.id,
        "name": it.name,
        "node_id": node_id("CR", it.id),
        "head_sha": it.head_sha,
        "external_id": it.external_id,
        "url": api,
        "html_url": page,
        "details_url": it.details_url or f"{at.html}/apps/{it.suite.app.slug}",
        "status": it.status,
        "conclusion": it.conclusion,
        "started_at": stamp(it.started_at),
        "completed_at": stamp(it.completed_at),
        "output": {
            "title": it.title,
            "summary": it.summary,
            "text": it.text,
            "annotations_count": len(it.annotations),
            "annotations_url": f"{api}/annotations",
        },
        "check_suite": {"id": it.suite.id},
        "app": app(at, it.suite.app),
        "pull_requests": [pull_minimal(at, p) for p in world.pulls_at(it.suite.repository, it.head_sha)],
    }


def annotation(at: Addresses, it: CheckRun, given: dict[str, Any]) -> Body:
    """An annotation as it is read back."""
    return {
        "path": given["path"],
        "blob_href": f"{at.page(it.suite.repository)}/blob/{it.head_sha}/{quote(given['path'])}",
        "start_line": given["start_line"],
        "start_column": given.get("start_column"),
        "end_line": given["end_line"],
        "end_column": given.get("end_column"),
        "annotation_level": given["annotation_level"],
        "title": given.get("title"),
        "message": given["message"],
        "raw_details": given.get("raw_details"),
    }


def suite_state(world: World, it: CheckSuite) -> tuple[str, str | None, int]:
    """Status, conclusion and number of runs of a suite: the worst of its runs."""
    runs = [r for r in world.check_runs.values() if r.suite is it]
    if not runs:
        return "queued", None, 0
    if any(r.status != "completed" for r in runs):
        return "in_progress" if any(r.status == "in_progress" for r in runs) else "queued", None, len(runs)
    order = ("failure", "timed_out", "cancelled", "action_required", "stale", "success", "neutral", "skipped")
    worst = min((r.conclusion or "neutral" for r in runs), key=order.index)
    return "completed", worst, len(runs)


def suite(at: Addresses, world: World, it: CheckSuite) -> Body:
    """A check suite."""
    status, conclusion, count = suite_state(world, it)
    head = it.repository.store.commit_info(it.head_sha)
    return {
        "id": it.id,
        "node_id": node_id("CS", it.id),
        "head_branch": it.head_branch,
        "head_sha": it.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": f"{at.repo(it.repository)}/check-suites/{it.id}",
        "before": it.before,
        "after": it.head_sha,
        "pull_requests": [pull_minimal(at, p) for p in world.pulls_at(it.repository, it.head_sha)],
        "app": app(at, it.app),
        "repository": repository(at, it.repository),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": count,
        "check_runs_url": f"{at.repo(it.repository)}/check-suites/{it.id}/check-runs",
        "head_commit": {
            "id": head.sha,
            "tree_id": head.tree,
            "message": head.message,
            "timestamp": head.committed_at,
            "author": {"name": head.author.name, "email": head.author.email},
            "committer": {"name": head.committer.name, "email": head.committer.email},
        },
    }
