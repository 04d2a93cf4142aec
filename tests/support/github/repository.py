"""Product verbs on repositories and pull requests: what people do on GitHub, with the webhooks that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.github.api.checks import suite_for
from support.github.model import (
    Account,
    CheckRun,
    IssueComment,
    PullState,
    RepositoryState,
    ReviewComment,
    ReviewState,
    moment,
)
from support.github.store import Files, Store

if TYPE_CHECKING:
    from support.github.standin import GitHub


class Repository:
    """A repository on the stand-in."""

    def __init__(self, github: GitHub, state: RepositoryState) -> None:
        self.github = github
        self.state = state

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return self.state.full_name

    @property
    def clone_url(self) -> str:
        """Address git clones from."""
        return f"{self.github.at.page(self.state)}.git"

    @property
    def head(self) -> str:
        """The default branch's commit."""
        return self._tip(self.state.default_branch)

    def _tip(self, branch: str) -> str:
        return self.state.store.text("rev-parse", f"refs/heads/{branch}")

    def collaborator(self, login: str, role: str) -> Account:
        """Give a person a role: read, triage, write, maintain, admin (or none)."""
        self.state.roles[login] = role
        return self.github.world.account(login)

    def commit(self, files: Files, *, branch: str | None = None, message: str = "Change", user: str = "mona") -> str:
        """Push a commit to a branch (the default one if not told); pull requests against it see their base move."""
        github, name = self.github, branch or self.state.default_branch
        ref, store = f"refs/heads/{name}", self.state.store
        before = store.resolve(name)
        author = github.world.account(user)
        parent = before or self.head
        made = store.commit(ref, files, message, author.author, when=github.tick(), parent=parent)
        github.events.push(self.state, ref, before or "0" * 40, made, author)
        for pull in github.world.pulls.get(self.state.id, []):
            if pull.base_ref == name and pull.state == "open":
                pull.base_sha = made
                _merge(github, pull)
        return made

    def rename(self, name: str) -> None:
        """Rename: the old name answers with redirects."""
        self.github.world.renamed[self.full_name] = self.state.id
        self.state.name = name

    def fork(self, owner: str) -> Repository:
        """A person's fork."""
        github = self.github
        account = github.world.account(owner)
        store = Store.create(github.folder / owner / f"{self.state.name}.git", source=self.state.store.path)
        state = RepositoryState(
            github.world.new_id(),
            account,
            self.state.name,
            store,
            private=self.state.private,
            fork_of=self.state,
            default_branch=self.state.default_branch,
        )
        github.world.repositories[state.id] = state
        return Repository(github, state)

    def open_pull_request(
        self,
        branch: str = "change",
        *,
        files: Files | None = None,
        patch: str | None = None,
        commits: tuple[str, str] | None = None,
        title: str = "A change",
        body: str | None = None,
        user: str = "hubot",
        fork: bool = False,
        draft: bool = False,
    ) -> PullRequest:
        """Open a pull request; the App is told.

        Args:
            branch: its head branch.
            files: what its commit changes.
            patch: a unified diff instead of ``files``.
            commits: existing (base, head) instead of both, for repositories copied with their history.
            title: of the pull request.
            body: of the pull request.
            user: who opens it.
            fork: from that user's fork.
            draft: as a draft.
        """
        github = self.github
        source = self.fork(user) if fork else self
        base = commits[0] if commits else self.head
        base_ref = self.state.default_branch
        if commits:
            base_ref = f"base-of-{branch}"
            self.state.store.git("update-ref", f"refs/heads/{base_ref}", commits[0])
            source.state.store.git("update-ref", f"refs/heads/{branch}", commits[1])
            head = commits[1]
        else:
            head = _write(source, branch, base, files, patch, title, user)
        pulls = github.world.pulls.setdefault(self.state.id, [])
        pull = PullState(
            id=github.world.new_id(),
            repository=self.state,
            number=len(pulls) + 1,
            title=title,
            body=body,
            author=github.world.account(user),
            head_repository=source.state,
            head_ref=branch,
            head_sha=head,
            base_ref=base_ref,
            base_sha=base,
            draft=draft,
            heads=[head],
        )
        github.world.new_id()  # an issue has an id of its own beside the pull request's
        pulls.append(pull)
        _merge(github, pull)
        _announce_head(github, pull, "0" * 40)
        github.events.pull(pull, "opened", pull.author)
        return PullRequest(github, self, source, pull)


class PullRequest:
    """A pull request on the stand-in."""

    def __init__(self, github: GitHub, repository: Repository, source: Repository, state: PullState) -> None:
        self.github = github
        self.repository = repository
        self.source = source
        self.state = state

    @property
    def number(self) -> int:
        """Its number."""
        return self.state.number

    @property
    def head_sha(self) -> str:
        """Its current head."""
        return self.state.head_sha

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self.github.at.page(self.repository.state)}/pull/{self.number}"

    def push(self, files: Files | None = None, *, patch: str | None = None, message: str = "Another change") -> str:
        """Add a commit to the head branch: ``synchronize`` follows."""
        before = self.head_sha
        made = _write(self.source, self.state.head_ref, before, files, patch, message, self.state.author.login)
        self._moved(before, made)
        return made

    def force_push(self, files: Files, *, message: str = "Rewritten") -> str:
        """Replace all commits of the branch by one on the base."""
        before, store = self.head_sha, self.repository.state.store
        start = store.merge_base(self.state.base_sha, before) or self.state.base_sha
        author = self.state.author.login
        made = _write(self.source, self.state.head_ref, start, files, None, message, author)
        self._moved(before, made)
        return made

    def _moved(self, before: str, after: str) -> None:
        self.state.heads.append(after)
        self.state.head_sha, self.state.updated_at = after, moment()
        _merge(self.github, self.state)
        _announce_head(self.github, self.state, before)
        extra = {"before": before, "after": after}
        self.github.events.pull(self.state, "synchronize", self.state.author, extra)

    def comment(self, user: str, body: str) -> IssueComment:
        """A person writes in the conversation."""
        who = self.github.world.account(user)
        made = IssueComment(self.github.world.new_id(), self.state, who, body)
        self.github.world.comments[made.id] = made
        self.state.updated_at = moment()
        self.github.events.comment(made, "created", who)
        return made

    def edit_comment(self, comment: IssueComment, body: str) -> None:
        """A person edits what they wrote."""
        before, comment.body, comment.updated_at = comment.body, body, moment()
        self.github.events.comment(comment, "edited", comment.author, {"changes": {"body": {"from": before}}})

    def delete_comment(self, comment: IssueComment) -> None:
        """Somebody deletes a comment."""
        self.github.world.comments.pop(comment.id)
        self.github.events.comment(comment, "deleted", comment.author)

    def reply(self, user: str, to: ReviewComment, body: str) -> ReviewComment:
        """A person answers a line comment."""
        github, who = self.github, self.github.world.account(user)
        review = ReviewState(github.world.new_id(), self.state, who, "", "COMMENTED", self.head_sha)
        review.submitted_at = moment()
        github.world.reviews[review.id] = review
        made = ReviewComment(
            github.world.new_id(),
            self.state,
            review,
            who,
            body,
            to.path,
            to.commit_id,
            to.line,
            side=to.side,
            diff_hunk=to.diff_hunk,
            reply_to=to.reply_to or to,
        )
        github.world.review_comments[made.id] = made
        github.events.review_comment(made, "created", who)
        return made

    def close(self, user: str | None = None) -> None:
        """Close without merging."""
        self._state("closed", "closed", user)

    def reopen(self, user: str | None = None) -> None:
        """Open again."""
        self._state("open", "reopened", user)

    def merge(self, user: str = "mona") -> str:
        """Merge into the base branch."""
        merged = self.state.merge_sha
        if merged is None:
            raise ValueError("the pull request has conflicts")
        self.repository.state.store.git("update-ref", f"refs/heads/{self.state.base_ref}", merged)
        self.state.merged_at = moment()
        self._state("closed", "closed", user)
        return merged

    def ready_for_review(self) -> None:
        """A draft becomes ready."""
        self._draft(draft=False, action="ready_for_review")

    def convert_to_draft(self) -> None:
        """Back to a draft."""
        self._draft(draft=True, action="converted_to_draft")

    def _draft(self, *, draft: bool, action: str) -> None:
        self.state.draft, self.state.updated_at = draft, moment()
        self.github.events.pull(self.state, action, self.state.author)

    def _state(self, state: str, action: str, user: str | None) -> None:
        self.state.state = state
        self.state.updated_at = moment()
        self.state.closed_at = moment() if state == "closed" else None
        who = self.github.world.account(user) if user else self.state.author
        self.github.events.pull(self.state, action, who)

    def edit(self, *, title: str | None = None, base: str | None = None, user: str | None = None) -> None:
        """Change the title, or the base branch."""
        changes: dict[str, object] = {}
        state = self.state
        if title is not None:
            changes["title"] = {"from": state.title}
            state.title = title
        if base is not None:
            changes["base"] = {"ref": {"from": state.base_ref}, "sha": {"from": state.base_sha}}
            state.base_ref = base
            state.base_sha = self.repository.state.store.text("rev-parse", f"refs/heads/{base}")
            _merge(self.github, state)
        state.updated_at = moment()
        who = self.github.world.account(user) if user else state.author
        self.github.events.pull(state, "edited", who, {"changes": changes})

    def rerun(self, run: CheckRun, user: str = "mona") -> None:
        """Somebody presses "Re-run" on a check."""
        self.github.events.check_run(run, "rerequested", self.github.world.account(user))

    def press(self, run: CheckRun, identifier: str, user: str = "mona") -> None:
        """Somebody presses one of a check's own buttons."""
        if identifier not in {a["identifier"] for a in run.actions}:
            raise ValueError(f"the check has no button {identifier!r}")
        extra = {"requested_action": {"identifier": identifier}}
        self.github.events.check_run(run, "requested_action", self.github.world.account(user), extra)


def _write(
    source: Repository, branch: str, parent: str, files: Files | None, patch: str | None, message: str, user: str
) -> str:
    store, github = source.state.store, source.github
    ref, author = f"refs/heads/{branch}", github.world.account(user).author
    if patch is not None:
        return store.apply(ref, patch, message, author, when=github.tick(), parent=parent)
    content = {"CHANGE.md": "A change.\n"} if files is None else files
    return store.commit(ref, content, message, author, when=github.tick(), parent=parent)


def _merge(github: GitHub, pull: PullState) -> None:
    """Keep ``refs/pull/N/head`` and ``refs/pull/N/merge`` as GitHub does."""
    store, number = pull.repository.store, pull.number
    if pull.head_repository is not pull.repository:
        store.fetch(pull.head_repository.store, f"+refs/heads/{pull.head_ref}:refs/pull/{number}/head")
    else:
        store.git("update-ref", f"refs/pull/{number}/head", pull.head_sha)
    ref, who = f"refs/pull/{number}/merge", pull.author.author
    pull.merge_sha = store.merge(ref, pull.base_sha, pull.head_sha, author=who, when=github.tick())


def _announce_head(github: GitHub, pull: PullState, before: str) -> None:
    """What a push to a branch of the repository itself sets off besides ``pull_request``."""
    if pull.head_repository is not pull.repository:
        return
    github.events.push(pull.repository, f"refs/heads/{pull.head_ref}", before, pull.head_sha, pull.author)
    for app in github.world.apps.values():
        installed = github.world.installation_for(pull.repository, app)
        if installed is not None and "checks" in installed.permissions:
            suite = suite_for(github.world, pull.repository, app, pull.head_sha, pull.head_ref)
            suite.before = before
            github.events.check_suite(suite, "requested", pull.author)
