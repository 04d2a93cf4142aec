"""Finds what a GitHub workflow may do to the repository when strangers drive it. Only what zizmor does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import exists, is_workflow
from review.analysers.facts.lines import old_lines
from review.analysers.facts.workflow_yaml import Node, read_workflow
from review.diff import FileDiff, FileStatus
from review.models import Category, Confidence, Finding, Rule, Severity

_GUIDE = "https://docs.github.com/en/actions/reference/security/secure-use"

UNTRUSTED_CHECKOUT = Rule(
    id="workflow-permissions/untrusted-checkout",
    summary="Privileged workflow checks out the code of a pull request",
    severity=Severity.CRITICAL,
    category=Category.SECURITY,
    help=(
        "`pull_request_target` and `workflow_run` run with the repository's secrets and a writable token. Once the "
        "code of a stranger's pull request lies in the workspace, a build script of theirs can take both. "
        "Use `pull_request`, or keep the untrusted part in a workflow without secrets."
    ),
    cwe=829,
    url="https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",
)
WRITE_ALL = Rule(
    id="workflow-permissions/write-all",
    summary="Workflow grants every permission",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    help="Any step, and any action it uses, can change code, releases and issues. Grant only what is needed.",
    cwe=272,
    url=_GUIDE,
)
WIDENED = Rule(
    id="workflow-permissions/widened",
    summary="Change gives a workflow more rights",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    help="The token could not write here before this change. Make sure that the new right is needed, by this job.",
    cwe=272,
    url=_GUIDE,
)
SELF_HOSTED = Rule(
    id="workflow-permissions/self-hosted-pull-request",
    summary="Pull requests run on a self-hosted machine",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    confidence=Confidence.MEDIUM,
    help="In a public repository anybody can run code on the machine with a pull request, and leave something behind.",
    cwe=250,
    url=_GUIDE,
)
SECRET_PRINTED = Rule(
    id="workflow-permissions/secret-printed",
    summary="Secret written to the log",
    severity=Severity.MEDIUM,
    category=Category.SECRET,
    confidence=Confidence.MEDIUM,
    help="GitHub masks secrets in logs only when they appear exactly as stored. Do not print them.",
    cwe=532,
    url=_GUIDE,
)
REMOTE_SCRIPT = Rule(
    id="workflow-permissions/remote-script",
    summary="Downloaded script is run unseen",
    severity=Severity.LOW,
    category=Category.SECURITY,
    confidence=Confidence.MEDIUM,
    help="Whoever controls the address controls the job. Pin a version and check its checksum, or use a pinned action.",
    cwe=494,
    url=_GUIDE,
)

_HEAD_REF = re.compile(
    r"github\.event\.pull_request\.head\.(?:sha|ref|repo)|github\.head_ref|github\.event\.workflow_run\.head_"
    r"|refs/pull/\$\{\{|pull_request\.merge_commit_sha"
)
_CHECKOUT_BY_HAND = re.compile(r"\bgh\s+pr\s+checkout\b|\bgit\s+fetch\b.{0,300}\bpull/\S{0,100}/(?:head|merge)")
_PRINTS = re.compile(
    r"^\s*(?:echo|printf|cat\s*<<<)\b[^|>&;]{0,300}"
    r"\$\{\{\s{0,9}secrets\.(?!GITHUB_TOKEN\b)[^}]{0,100}\}\}[^|>]{0,300}$"
)
_REMOTE = re.compile(
    r"\b(?:curl|wget)\b[^|\n]{0,300}\|\s{0,9}(?:sudo\s+(?:-\w+\s+)*)?(?:ba|z|da)?sh\b|\b(?:ba)?sh\s+(?:-c\s+\"?)?[<$]\(\s*curl\b"
)
_RANK: Mapping[str, int] = {"none": 0, "read": 1, "write": 2, "read-all": 1, "write-all": 2}
_PRIVILEGED = frozenset({"pull_request_target", "workflow_run"})

_HEAD = "on: {on}\npermissions: {{}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
_CHECKOUT = (
    "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n"
)
_FILE = ".github/workflows/a.yml"


class WorkflowPermissions(DiffOnly):
    """Reads workflows as YAML with lines. Missing permissions, injection and pinning are zizmor's to report."""

    name: ClassVar[str] = "workflow-permissions"
    rules: ClassVar[tuple[Rule, ...]] = (
        UNTRUSTED_CHECKOUT,
        WRITE_ALL,
        WIDENED,
        SELF_HOSTED,
        SECRET_PRINTED,
        REMOTE_SCRIPT,
    )
    rule_prefix: ClassVar[str] = "workflow-permissions/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(_HEAD.format(on="pull_request_target") + _CHECKOUT, (UNTRUSTED_CHECKOUT.id,), _FILE),
        Example(
            _HEAD.format(on="[issue_comment, workflow_run]") + "      - run: gh pr checkout 1\n",
            (UNTRUSTED_CHECKOUT.id,),
            _FILE,
        ),
        Example("on: push\npermissions: write-all\njobs: {}\n", (WRITE_ALL.id,), _FILE),
        Example("on: pull_request\njobs:\n  a:\n    runs-on: [self-hosted, linux]\n", (SELF_HOSTED.id,), _FILE),
        Example(
            _HEAD.format(on="push") + "      - run: |\n          true\n          echo ${{ secrets.KEY }}\n",
            (SECRET_PRINTED.id,),
            _FILE,
        ),
        Example(
            _HEAD.format(on="push") + "      - run: curl -sSf https://x.example/i.sh | sudo bash\n",
            (REMOTE_SCRIPT.id,),
            _FILE,
        ),
        Example(_HEAD.format(on="pull_request") + _CHECKOUT, (), _FILE),
        Example(_HEAD.format(on="pull_request_target") + "      - uses: actions/checkout@v4\n", (), _FILE),
        Example(
            _HEAD.format(on="push") + "      - run: echo ${{ secrets.K }} | docker login --password-stdin\n", (), _FILE
        ),
        Example(
            "on: push\njobs:\n  a:\n    runs-on: [self-hosted]\n    permissions:\n      contents: write\n", (), _FILE
        ),
        Example("on: pull_request_target\n" + _CHECKOUT, (), "docs/example.yml"),
        Example("a: [1\n", (), _FILE),
    )

    def covers(self, file: FileDiff) -> bool:
        """Workflows only."""
        return exists(file) and is_workflow(file.path)

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """Findings of one workflow; nothing when it is no YAML, which actionlint reports."""
        root = read_workflow(subject.texts.get(file.path, ""))
        if root is None:
            return
        for rule, line, message in sorted(_seen(root), key=lambda row: row[1]):
            yield found(rule, Place(file.path, line), message, suggestion=_last_sentence(rule))
        if file.status is FileStatus.MODIFIED and file.hunks:
            before = read_workflow("\n".join(text for _, text in old_lines(subject, file)))
            if before is not None:
                yield from _widened(file.path, before, root)


def _seen(root: Node) -> Iterator[tuple[Rule, int, str]]:
    triggers = set((root.get("on") or root.get("true") or Node("", 1, 1)).words())
    granted = root.get("permissions")
    if granted is not None and granted.text == "write-all":
        yield WRITE_ALL, granted.line, "`permissions: write-all` lets every step change code, releases and issues."
    for name, job in _jobs(root):
        runner = job.get("runs-on")
        if (
            runner is not None
            and triggers & {"pull_request", "pull_request_target"}
            and "self-hosted" in _labels(runner)
        ):
            yield SELF_HOSTED, runner.key_line, f"Job `{name}` runs pull requests on a self-hosted machine."
        for step in (job.get("steps") or Node((), 1, 1)).items():
            if triggers & _PRIVILEGED:
                yield from _checkout(step, min(triggers & _PRIVILEGED))
            yield from _script(step.get("run"))


def _checkout(step: Node, trigger: str) -> Iterator[tuple[Rule, int, str]]:
    message = f"This workflow runs on `{trigger}`, with secrets, and checks out code from the pull request."
    uses, run = step.get("uses"), step.get("run")
    if uses is not None and uses.text.startswith("actions/checkout@"):
        for key in ("ref", "repository"):
            value = step.at("with", key)
            if value is not None and _HEAD_REF.search(value.text):
                yield UNTRUSTED_CHECKOUT, value.key_line, message
                return
    if run is not None:
        for number, line in enumerate(run.text.splitlines(), start=run.line):
            if _CHECKOUT_BY_HAND.search(line):
                yield UNTRUSTED_CHECKOUT, number, message
                return


def _script(run: Node | None) -> Iterator[tuple[Rule, int, str]]:
    for number, line in enumerate(run.text.splitlines() if run is not None else (), start=run.line if run else 1):
        if _PRINTS.match(line):
            yield SECRET_PRINTED, number, "This step prints a secret; the log masks it only when it appears as stored."
        if _REMOTE.search(line):
            yield REMOTE_SCRIPT, number, "A script is downloaded and run in one go: nobody sees what it holds that day."


def _widened(path: str, before: Node, after: Node) -> Iterator[Finding]:
    """Rights that were below ``write`` before the change and are ``write`` now, by workflow and by job."""
    old_jobs = dict(_jobs(before))
    pairs = [("the workflow", before, after)]
    pairs += [(f"job `{name}`", old_jobs[name], job) for name, job in _jobs(after) if name in old_jobs]
    for whose, old, new in pairs:
        granted = new.get("permissions")
        if granted is None or old.get("permissions") is None:
            continue
        had = dict(_rights(old.get("permissions")))
        for scope, (level, line) in _rights(granted):
            had_level = had.get(scope, had.get("*", ("none", 0)))[0]
            if _RANK.get(level, 0) > 1 and _RANK.get(had_level, 0) < _RANK["write"]:
                what = "everything" if scope == "*" else f"`{scope}`"
                yield found(WIDENED, Place(path, line), f"This change lets {whose} write {what}; before, it could not.")


def _rights(node: Node | None) -> Iterator[tuple[str, tuple[str, int]]]:
    if node is not None and node.text:
        yield "*", (node.text, node.line)
    for scope, level in node.pairs() if node is not None else ():
        yield scope, (level.text, level.key_line)


def _jobs(root: Node) -> Iterator[tuple[str, Node]]:
    jobs = root.get("jobs")
    return jobs.pairs() if jobs is not None else iter(())


def _labels(runner: Node) -> list[str]:
    labels = runner.get("labels") or runner
    return labels.words()


def _last_sentence(rule: Rule) -> str:
    return rule.help.rsplit(". ", 1)[-1]
