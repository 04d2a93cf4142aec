"""Routes of repositories: files at a ref, commits, comparisons, branches, what a person may do."""

from __future__ import annotations

import base64
from urllib.parse import quote

from support.github import bodies, review_bodies
from support.github.api.route import Answer, Call, Routes, listed, page_of
from support.github.diffs import pull_diff
from support.github.errors import ApiError, not_found
from support.github.store import GitError

ROUTES = Routes()
ROLES = {
    "none": ("none", 0),
    "read": ("read", 1),
    "triage": ("read", 2),
    "write": ("write", 3),
    "maintain": ("write", 4),
    "admin": ("admin", 5),
}
"""Role to (the old three-step ``permission``, rank): GitHub answers both."""
MAX_CONTENT = 1_000_000
MAX_COMPARE_FILES = 300


@ROUTES.add("repos/get", "metadata")
def get_repository(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}``."""
    return Answer(bodies.full_repository(call.at, call.repository))


@ROUTES.add("repos/get-content", "contents")
def get_content(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/contents/{path}``: a file as base64, as raw text, or a folder's list."""
    repo, path = call.repository, call.path["path"].strip("/")
    ref = call.query.get("ref", repo.default_branch)
    commit = repo.store.resolve(ref.removeprefix("refs/heads/"))
    if commit is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    blob = repo.store.blob(commit, path)
    if blob is None:
        return _folder(call, commit, path, ref)
    sha, content = blob
    if "raw" in call.accept:
        return Answer(content, media_type="application/vnd.github.raw; charset=utf-8")
    small = len(content) <= MAX_CONTENT
    return Answer(
        _entry(call, "file", sha, path, ref)
        | {
            "size": len(content),
            "content": base64.encodebytes(content).decode() if small else "",
            "encoding": "base64" if small else "none",
        }
    )


def _folder(call: Call, commit: str, path: str, ref: str) -> Answer:
    entries = call.repository.store.folder(commit, path)
    if not entries:
        raise not_found()
    kinds = {"blob": "file", "tree": "dir", "commit": "submodule"}
    return Answer([_entry(call, kinds[kind], sha, name, ref) | {"size": 0} for kind, sha, name in entries])


def _entry(call: Call, kind: str, sha: str, path: str, ref: str) -> dict[str, object]:
    repo, quoted = call.repository, quote(path)
    url = f"{call.at.repo(repo)}/contents/{quoted}?ref={quote(ref)}"
    noun = "blob" if kind == "file" else "tree"
    git = f"{call.at.repo(repo)}/git/{noun}s/{sha}"
    page = f"{call.at.page(repo)}/{noun}/{quote(ref)}/{quoted}"
    return {
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": f"{call.at.page(repo)}/raw/{quote(ref)}/{quoted}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": page},
    }


@ROUTES.add("repos/get-commit", "contents")
def get_commit(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/commits/{ref}`` with its files, or as a diff."""
    repo = call.repository
    sha = repo.store.resolve(call.path["ref"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.path['ref']}")
    it = repo.store.commit_info(sha)
    if "sha" in call.accept.split("github.")[-1]:
        return Answer(sha.encode(), media_type="application/vnd.github.sha; charset=utf-8")
    diff = pull_diff(repo.store, it.parents[0] if it.parents else sha, sha)
    if wants_diff(call):
        return diff_answer(diff.raw, diff.too_large())
    files, headers = page_of(call, diff.files)
    stats = {"additions": diff.additions, "deletions": diff.deletions, "total": diff.additions + diff.deletions}
    listing = [review_bodies.changed_file(call.at, repo, sha, f) for f in files]
    body = review_bodies.commit(call.at, call.world, repo, it) | {"stats": stats, "files": listing}
    return Answer(body, headers=headers)


@ROUTES.add("repos/compare-commits-with-basehead", "contents")
def compare(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/compare/{base}...{head}``: at most 300 files, on the first page only."""
    repo = call.repository
    base_ref, dots, head_ref = call.path["basehead"].partition("...")
    base, head = repo.store.resolve(base_ref), repo.store.resolve(head_ref) if dots else None
    if base is None or head is None:
        raise not_found()
    common = repo.store.merge_base(base, head)
    if common is None:
        raise ApiError(404, f"No common ancestor between {base_ref} and {head_ref}.")
    diff = pull_diff(repo.store, base, head)
    if wants_diff(call):
        return diff_answer(diff.raw, diff.too_large())
    ahead, behind = repo.store.commits(base, head), repo.store.commits(head, base)
    shown, headers = page_of(call, ahead)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    url = f"{call.at.repo(repo)}/compare/{base_ref}...{head_ref}"
    page = f"{call.at.page(repo)}/compare/{base_ref}...{head_ref}"
    files = diff.files[:MAX_COMPARE_FILES] if call.query.get("page", "1") == "1" else ()

    def commit(sha: str) -> dict[str, object]:
        return review_bodies.commit(call.at, call.world, repo, repo.store.commit_info(sha))

    return Answer(
        {
            "url": url,
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": commit(base),
            "merge_base_commit": commit(common),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [review_bodies.commit(call.at, call.world, repo, c) for c in shown],
            "files": [review_bodies.changed_file(call.at, repo, head, f) for f in files],
        },
        headers=headers,
    )


def wants_diff(call: Call) -> bool:
    """Whether the ``diff`` media type was asked for."""
    return any(kind in call.accept for kind in ("github.diff", "github.v3.diff"))


def diff_answer(raw: bytes, too_large: str | None) -> Answer:
    """A diff as text, or 406 when it is over GitHub's limits."""
    if too_large is None:
        return Answer(raw, media_type="application/vnd.github.diff; charset=utf-8")
    raise ApiError(
        406,
        f"Sorry, {too_large}. Consider using 'List pull requests files' API or locally cloning the repository instead.",
        errors=[{"resource": "PullRequest", "field": "diff", "code": "too_large"}],
    )


@ROUTES.add("repos/get-branch", "contents")
def get_branch(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/branches/{branch}``."""
    repo, name = call.repository, call.path["branch"]
    try:
        sha = repo.store.text("rev-parse", "--verify", "--quiet", f"refs/heads/{name}")
    except GitError:
        raise ApiError(404, "Branch not found") from None
    api = f"{call.at.repo(repo)}/branches/{quote(name, safe='')}"
    return Answer(
        {
            "name": name,
            "commit": review_bodies.commit(call.at, call.world, repo, repo.store.commit_info(sha)),
            "_links": {"self": api, "html": f"{call.at.page(repo)}/tree/{quote(name)}"},
            "protected": False,
            "protection": {"enabled": False},
            "protection_url": f"{api}/protection",
        }
    )


@ROUTES.add("git/get-ref", "contents")
def get_ref(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/git/ref/{ref}`` with ``heads/main`` and the like."""
    repo, ref = call.repository, f"refs/{call.path['ref']}"
    try:
        sha = repo.store.text("rev-parse", "--verify", "--quiet", ref)
    except GitError:
        raise not_found() from None
    target = {"type": "commit", "sha": sha, "url": f"{call.at.repo(repo)}/git/commits/{sha}"}
    url = f"{call.at.repo(repo)}/git/{ref}"
    return Answer({"ref": ref, "node_id": bodies.node_id("REF", repo.id), "url": url, "object": target})


@ROUTES.add("repos/get-collaborator-permission-level", "metadata")
def permission(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/collaborators/{username}/permission``."""
    who = call.world.accounts.get(call.path["username"])
    if who is None:
        raise ApiError(404, f"{call.path['username']} is not a user")
    role = call.repository.role(who.login)
    old, rank = ROLES[role]
    able = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}
    user = bodies.account(call.at, who) | {
        "permissions": {name: rank >= least for name, least in able.items()},
        "role_name": role,
    }
    return Answer({"permission": old, "role_name": role, "user": user})


@ROUTES.add("repos/check-collaborator", "metadata")
def is_collaborator(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/collaborators/{username}``: 204 or 404."""
    login = call.path["username"]
    if login != call.repository.owner.login and login not in call.repository.roles:
        raise not_found()
    return Answer(status=204)


@ROUTES.add("repos/list-pull-requests-associated-with-commit", "pull_requests")
def pulls_of_commit(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls``."""
    sha = call.path["commit_sha"]
    pulls = [p for p in call.world.pulls.get(call.repository.id, []) if p.head_sha == sha]
    return listed(call, pulls, lambda p: bodies.pull_simple(call.at, p))
