"""The runner's environment as the Action reads it: which change, which options, and clear refusals."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from action.context import ActionContext, ContextError
from action.main import run
from support.git_repo import GitRepo


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The Action sets up logging for its process; here it shares one with other tests."""
    handlers, level = list(logging.root.handlers), logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


BASE, HEAD = "a" * 40, "b" * 40
CONFLICT = "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"


def environ(tmp_path: Path, event: str, payload: object, **further: str) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    return {
        "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(path), "GITHUB_WORKSPACE": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path), "PATH": "/usr/bin:/bin", **further,
    }  # fmt: skip


def pull(base: str, head: str) -> dict[str, object]:
    return {"pull_request": {"base": {"sha": base}, "head": {"sha": head}}}


@pytest.mark.parametrize(
    ("event", "payload", "change"),
    [
        ("pull_request", pull(BASE, HEAD), (BASE, HEAD)),
        ("pull_request_target", pull(BASE, HEAD), (BASE, HEAD)),
        ("merge_group", {"merge_group": {"base_sha": BASE, "head_sha": HEAD}}, (BASE, HEAD)),
        ("push", {"before": BASE, "after": HEAD}, (BASE, HEAD)),
        ("push", {"before": "0" * 40, "after": HEAD}, (None, HEAD)),
        ("workflow_dispatch", {}, (None, None)),
    ],
)
def test_the_change_is_the_one_of_the_event(
    tmp_path: Path, event: str, payload: object, change: tuple[str | None, str | None]
) -> None:
    context = ActionContext.from_env(environ(tmp_path, event, payload))

    assert (context.base, context.head) == change


@pytest.mark.parametrize(
    ("event", "payload", "further", "said"),
    [
        ("pull_request", {}, {}, "no pull request"),
        ("pull_request", pull("--upload-pack=x", HEAD), {}, "no base commit"),
        ("push", {"after": HEAD}, {"INPUT_FAIL_ON": "hihg"}, "fail-on"),
        ("push", {"after": HEAD}, {"INPUT_ANNOTATIONS": "maybe"}, "annotations"),
        ("push", {"after": HEAD}, {"GITHUB_WORKSPACE": ""}, "patchwarden review"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_mend(
    tmp_path: Path, event: str, payload: object, further: dict[str, str], said: str
) -> None:
    with pytest.raises(ContextError, match=said):
        ActionContext.from_env({**environ(tmp_path, event, payload), **further})


def test_the_configuration_is_read_at_the_base_whatever_the_pull_request_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    base = repo.commit({"ci/warden.yml": "fail_on: high\n", "a.py": "x = 1\n"}, "base")
    repo.branch("change")
    head = repo.commit({"ci/warden.yml": "fail_on: never\n", "a.py": CONFLICT}, "loosen")
    values = environ(
        tmp_path, "pull_request", pull(base, head), GITHUB_WORKSPACE=str(repo.root), INPUT_CONFIG="ci/warden.yml",
        INPUT_ONLY="conflict-markers",
    )  # fmt: skip

    assert run(values) == 1
    assert "::error file=a.py,line=1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("further", "said"),
    [
        ({"INPUT_CONFIG": "no/such.yml"}, "no/such.yml is not in the base"),
        ({"INPUT_ONLY": "conflict-marker"}, "did you mean conflict-markers?"),
    ],
)
def test_a_wrong_input_fails_the_step_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], further: dict[str, str], said: str
) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    base = repo.commit({"a.py": "x = 1\n"}, "base")
    head = repo.commit({"a.py": "x = 2\n"}, "change")
    values = environ(tmp_path, "pull_request", pull(base, head), GITHUB_WORKSPACE=str(repo.root), **further)

    assert run(values) == 2
    assert said in capsys.readouterr().out


def test_a_shallow_checkout_is_told_what_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.py": "x = 1\n"}, "base")

    assert run(environ(tmp_path, "pull_request", pull(BASE, HEAD), GITHUB_WORKSPACE=str(repo.root))) == 2
    assert "fetch-depth: 0" in capsys.readouterr().out


def test_text_of_the_pull_request_cannot_give_the_runner_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    base = repo.commit({"a.py": "x = 1\n"}, "base")
    name = "::set-output name=x::y%0A::error::z.py"
    head = repo.commit({name: CONFLICT}, "change")
    outputs = tmp_path / "outputs"
    values = environ(
        tmp_path, "pull_request", pull(base, head), GITHUB_WORKSPACE=str(repo.root), GITHUB_OUTPUT=str(outputs),
        INPUT_ONLY="conflict-markers", INPUT_FAIL_ON="never",
    )  # fmt: skip

    assert run(values) == 0
    said = capsys.readouterr().out
    token = next(line for line in said.splitlines() if line.startswith("::stop-commands::")).removeprefix(
        "::stop-commands::"
    )
    outside = said[: said.index(f"::stop-commands::{token}")] + said[said.rindex(f"::{token}::") :]
    commands = [line for line in outside.splitlines() if line.startswith("::") and token not in line]
    assert all(line.startswith(("::error file=", "::warning file=", "::notice")) for line in commands), commands
    assert "conclusion<<" in outputs.read_text()
