"""The runner's environment as values: which change to review and where to write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.choices import Choices, names_in

SHA = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?$")
TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off", ""})
EMPTY_SHA = "0" * 40


class ContextError(Exception):
    """The event or an input cannot be used; the message says what to change in the workflow file."""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """One run of the Action.

    Source of the names: GitHub Docs, "Variables reference" and "Workflow commands for GitHub Actions".
    """

    event: str
    workspace: Path
    base: str | None
    """Commit to compare with; None takes the default branch."""
    head: str | None
    temp: Path
    output_file: Path | None
    summary_file: Path | None
    fail_on_incomplete: bool
    config: str | None
    """Path in the repository; it is read at the base."""
    choices: Choices
    annotations: bool
    job_summary: bool
    sarif_file: Path
    report_file: Path

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ActionContext:
        """Read the runner's environment.

        Raises:
            ContextError: not on a runner, an unreadable event, or an input that does not parse.
        """
        root = Path(_needed(environ, "GITHUB_WORKSPACE"))
        workspace = root / environ.get("INPUT_WORKING_DIRECTORY", "")
        temp = Path(environ.get("RUNNER_TEMP") or "/tmp")  # noqa: S108 - what runners without the variable use
        event = _needed(environ, "GITHUB_EVENT_NAME")
        base, head = _change(event, _payload(environ))
        return cls(
            event=event,
            workspace=workspace,
            base=environ.get("INPUT_BASE") or base,
            head=environ.get("INPUT_HEAD") or head,
            temp=temp,
            output_file=_path(environ, "GITHUB_OUTPUT"),
            summary_file=_path(environ, "GITHUB_STEP_SUMMARY"),
            fail_on_incomplete=_flag(environ, "FAIL_ON_INCOMPLETE"),
            config=environ.get("INPUT_CONFIG") or None,
            choices=Choices(
                fail_on=_level(environ),
                only=names_in(environ.get("INPUT_ONLY")),
                skip=names_in(environ.get("INPUT_SKIP")),
                all_lines=_flag(environ, "ALL_FILES"),
            ),
            annotations=_flag(environ, "ANNOTATIONS", default=True),
            job_summary=_flag(environ, "JOB_SUMMARY", default=True),
            sarif_file=_path(environ, "INPUT_SARIF_FILE", root) or temp / "patchwarden.sarif",
            report_file=_path(environ, "INPUT_REPORT_FILE", root) or temp / "patchwarden.json",
        )


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise ContextError(
            f"{name} is not set: this command runs inside GitHub Actions; use `patchwarden review` elsewhere"
        )
    return value


def _path(environ: Mapping[str, str], name: str, root: Path | None = None) -> Path | None:
    value = environ.get(name)
    if not value:
        return None
    return root / value if root is not None else Path(value)


def _flag(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    value = environ.get(f"INPUT_{name}")
    if value is None or value == "":
        return default
    word = value.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ContextError(f"input {name.lower().replace('_', '-')}: {value!r} is not true or false")


def _level(environ: Mapping[str, str]) -> str | None:
    value = environ.get("INPUT_FAIL_ON", "").strip().lower()
    if not value:
        return None
    levels = ("info", "low", "medium", "high", "critical", "never")
    if value not in levels:
        raise ContextError(f"input fail-on: {value!r} is not one of {', '.join(levels)}")
    return value


def _payload(environ: Mapping[str, str]) -> dict[str, Any]:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        payload = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ContextError(f"the event file cannot be read: {error}") from None
    return payload if isinstance(payload, dict) else {}


def _change(event: str, payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Base and head commit of an event; None where the checkout's own branch decides."""
    if event.startswith("pull_request"):
        pull = payload.get("pull_request")
        if not isinstance(pull, dict):
            raise ContextError(f"the {event} event has no pull request; name base and head as inputs")
        return _sha(pull, "base"), _sha(pull, "head")
    if event == "merge_group":
        group = payload.get("merge_group") or {}
        return _known(group.get("base_sha")), _known(group.get("head_sha"))
    if event == "push":
        return _known(payload.get("before")), _known(payload.get("after"))
    return None, None


def _sha(pull: Mapping[str, Any], side: str) -> str:
    value = _known((pull.get(side) or {}).get("sha"))
    if value is None:
        raise ContextError(f"the event names no {side} commit; name base and head as inputs")
    return value


def _known(value: object) -> str | None:
    """A full commit id, or None for anything else (a new branch's ``before`` is all zeros)."""
    if isinstance(value, str) and SHA.match(value) and value != EMPTY_SHA:
        return value
    return None
