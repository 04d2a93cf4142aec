from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import PermanentError
from bot.github.payloads import GHOST, parse, parse_pull_request
from bot.github.webhooks import (
    CheckRunEvent,
    CheckSuiteEvent,
    Event,
    InstallationEvent,
    IssueCommentEvent,
    PullRequestEvent,
)
from bot.models import Delivery, RepositoryRef

PAYLOADS = Path(__file__).parents[2] / "payloads"
RECEIVED = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


def load(name: str) -> dict[str, Any]:
    body = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    return body


def read(event: str, body: Any) -> Event | None:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(Delivery(delivery_id="d1", event=event, received_at=RECEIVED, payload=payload))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pull_request.opened", PullRequestEvent),
        ("pull_request.synchronize", PullRequestEvent),
        ("issue_comment.created", IssueCommentEvent),
        ("check_run.rerequested", CheckRunEvent),
        ("check_run.requested_action", CheckRunEvent),
        ("check_suite.rerequested", CheckSuiteEvent),
        ("installation.created", InstallationEvent),
        ("installation.deleted", InstallationEvent),
        ("installation_repositories.added", InstallationEvent),
    ],
)
def test_githubs_own_examples_are_read(name: str, kind: type[Event]) -> None:
    event, action = name.split(".")
    found = read(event, load(name))

    assert isinstance(found, kind)
    assert found.action == action
    assert found.installation_id > 0
    assert found.received_ms == 1_795_348_800_250


def test_a_pull_request_becomes_our_own_value() -> None:
    found = read("pull_request", load("pull_request.opened"))

    assert isinstance(found, PullRequestEvent)
    pull = found.pull_request
    assert (pull.repository.full_name, pull.number, pull.base_ref) == ("Codertocat/Hello-World", 2, "master")
    assert pull.head_sha == load("pull_request.opened")["pull_request"]["head"]["sha"]
    assert pull.repository.html_url == "https://github.com/Codertocat/Hello-World"
    updated = datetime.fromisoformat(load("pull_request.opened")["pull_request"]["updated_at"])
    assert pull.updated_ms == updated.timestamp() * 1000
    assert not pull.from_fork


def test_a_fork_that_was_deleted_and_an_author_who_left_are_no_obstacle() -> None:
    body = load("pull_request.opened")
    body["pull_request"]["head"]["repo"] = None
    body["pull_request"]["user"] = None
    body["pull_request"]["title"] = None

    found = read("pull_request", body)

    assert isinstance(found, PullRequestEvent)
    assert found.pull_request.from_fork
    assert found.pull_request.author.login == GHOST


def test_an_event_without_an_installation_is_none_of_ours() -> None:
    body = load("pull_request.opened")
    del body["installation"]

    assert read("pull_request", body) is None
    assert read("issue_comment", load("issue_comment.edited")) is None


@pytest.mark.parametrize("event", ["push", "ping", "star", "something_new"])
def test_other_events_are_left_alone_unread(event: str) -> None:
    assert read(event, b"not even json") is None


def test_an_edit_carries_the_text_before() -> None:
    body = load("issue_comment.edited")
    body["installation"] = {"id": 5}
    found = read("issue_comment", body)

    assert isinstance(found, IssueCommentEvent)
    assert found.previous_body == body["changes"]["body"]["from"]
    assert not found.on_pull_request


def test_a_bot_is_known_by_its_type_or_its_name() -> None:
    body = load("issue_comment.created")
    body["sender"] = {"login": "renovate[bot]", "id": 3}
    found = read("issue_comment", body)

    assert found is not None
    assert found.sender.is_bot


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"pull_request": {}}', b"\xff", b'{"pull_request": 1, "repository": 2}'],
)
def test_a_body_that_is_not_what_github_documents_is_a_permanent_failure(body: bytes) -> None:
    with pytest.raises(PermanentError, match="pull_request payload"):
        read("pull_request", body)


def test_an_answer_that_is_no_pull_request_is_a_permanent_failure() -> None:
    repository = RepositoryRef(id=1, owner="a", name="b", clone_url="https://x.example/a/b.git")
    with pytest.raises(PermanentError, match="not a pull request"):
        parse_pull_request({"number": "many"}, repository)
