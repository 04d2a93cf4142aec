"""Check runs: found by our external id, created, updated, annotated in batches GitHub accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from bot.github.client import InstallationClient
from bot.github.pulls import repository_vars
from bot.models import RepositoryRef

NAME = "Patchwarden"
RERUN = "rerun"
"""Identifier of our button: the same commit again."""
BATCH = 50
MAX_TITLE = 255
MAX_TEXT = 65_535
MAX_MESSAGE_BYTES = 64_000
"""Limits of GitHub REST API, "Check runs": 50 annotations a request, title 255 characters, summary and text 65,535,
messages 64 KB."""
ACTIONS = ({"label": "Review again", "description": "Run on the same commit", "identifier": RERUN},)

Conclusion = Literal["success", "failure", "neutral", "cancelled", "action_required", "timed_out", "skipped"]


class Annotation(TypedDict):
    """One remark on a line, as the API takes it. Columns are left out: they need start and end on one line."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    title: str
    raw_details: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Output:
    """What a check run shows."""

    title: str
    summary: str
    text: str = ""

    def as_json(self, annotations: Sequence[Annotation] = ()) -> dict[str, Any]:
        """Within GitHub's limits; the last guard, as texts are fitted where they are made."""
        body: dict[str, Any] = {"title": self.title[:MAX_TITLE], "summary": self.summary[:MAX_TEXT]}
        if self.text:
            body["text"] = self.text[:MAX_TEXT]
        if annotations:
            body["annotations"] = list(annotations)
        return body


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run of ours as GitHub has it."""

    id: int
    status: str
    conclusion: str | None
    external_id: str
    html_url: str | None
    annotations_count: int


def annotation_batches(annotations: Sequence[Annotation]) -> Iterator[Sequence[Annotation]]:
    """Split annotations into requests the Checks API accepts.

    Yields:
        At most 50 annotations each, in order.
        Source: GitHub REST API, "Update a check run", output.annotations.
    """
    for start in range(0, len(annotations), BATCH):
        yield annotations[start : start + BATCH]


def clip_bytes(text: str, limit: int = MAX_MESSAGE_BYTES) -> str:
    """Shorten to a number of UTF-8 bytes without cutting a character in two."""
    data = text.encode("utf-8", "replace")
    return text if len(data) <= limit else data[: limit - 3].decode("utf-8", "ignore") + "…"


async def list_check_runs(github: InstallationClient, repository: RepositoryRef, head_sha: str) -> list[CheckRun]:
    """All check runs of our name on a commit, oldest suites included, newest first."""
    path = "/repos/{owner}/{repo}/commits/{ref}/check-runs{?check_name,filter,per_page}"
    values = {
        **repository_vars(repository),
        "ref": head_sha,
        "check_name": NAME,
        "filter": "all",
        "per_page": "100",
    }
    runs = [_check_run(run) async for run in github.getiter(path, values, key="check_runs")]
    return sorted(runs, key=lambda run: run.id, reverse=True)


async def find_check_run(
    github: InstallationClient, repository: RepositoryRef, head_sha: str, external_id: str
) -> CheckRun | None:
    """The check run that an earlier try of the same review left, or None."""
    runs = await list_check_runs(github, repository, head_sha)
    return next((run for run in runs if run.external_id == external_id), None)


async def get_check_run(github: InstallationClient, repository: RepositoryRef, run_id: int) -> CheckRun:
    """One check run by its id."""
    path = "/repos/{owner}/{repo}/check-runs/{run}"
    return _check_run(await github.get(path, {**repository_vars(repository), "run": str(run_id)}))


async def create_check_run(
    github: InstallationClient,
    repository: RepositoryRef,
    *,
    head_sha: str,
    external_id: str,
    details_url: str | None = None,
) -> int:
    """Open a check run in state ``queued``; gives its id."""
    data: dict[str, Any] = {
        "name": NAME,
        "head_sha": head_sha,
        "external_id": external_id,
        "status": "queued",
    }
    if details_url:
        data["details_url"] = details_url
    answer = await github.post("/repos/{owner}/{repo}/check-runs", repository_vars(repository), data=data)
    return int(answer["id"])


async def show_progress(github: InstallationClient, repository: RepositoryRef, run_id: int, output: Output) -> None:
    """Say how far the review is; the run's state becomes ``in_progress``."""
    data = {"status": "in_progress", "output": output.as_json()}
    await _update(github, repository, run_id, data)


async def append_annotations(
    github: InstallationClient,
    repository: RepositoryRef,
    run_id: int,
    output: Output,
    annotations: Sequence[Annotation],
) -> None:
    """Add one batch: GitHub keeps what earlier requests sent."""
    await _update(github, repository, run_id, {"output": output.as_json(annotations)})


async def conclude(
    github: InstallationClient,
    repository: RepositoryRef,
    run_id: int,
    conclusion: Conclusion,
    output: Output,
    annotations: Sequence[Annotation] = (),
) -> None:
    """End a check run, with a last batch of annotations; a button offers another review of the commit."""
    data = {
        "status": "completed",
        "conclusion": conclusion,
        "output": output.as_json(annotations),
        "actions": list(ACTIONS),
    }
    await _update(github, repository, run_id, data)


async def list_annotations(
    github: InstallationClient, repository: RepositoryRef, run_id: int
) -> list[Mapping[str, Any]]:
    """What a check run's annotations are now."""
    path = "/repos/{owner}/{repo}/check-runs/{run}/annotations{?per_page}"
    values = {**repository_vars(repository), "run": str(run_id), "per_page": "100"}
    return [item async for item in github.getiter(path, values)]


async def _update(github: InstallationClient, repository: RepositoryRef, run_id: int, data: Mapping[str, Any]) -> None:
    path = "/repos/{owner}/{repo}/check-runs/{run}"
    await github.patch(path, {**repository_vars(repository), "run": str(run_id)}, data=data)


def _check_run(answer: Mapping[str, Any]) -> CheckRun:
    return CheckRun(
        id=int(answer["id"]),
        status=str(answer.get("status", "")),
        conclusion=answer.get("conclusion"),
        external_id=answer.get("external_id") or "",
        html_url=answer.get("html_url"),
        annotations_count=int((answer.get("output") or {}).get("annotations_count") or 0),
    )
