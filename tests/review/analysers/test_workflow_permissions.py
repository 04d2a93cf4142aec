"""What a change to a workflow gives away, and hostile YAML."""

from __future__ import annotations

import time

import pytest

from review.analysers.facts.workflow_yaml import read_workflow
from review.analysers.workflow_permissions import WorkflowPermissions
from support.change import subject_of
from support.engines import review_with

FILE = ".github/workflows/a.yml"
BASE = """on: push
permissions:
  contents: read
jobs:
  a:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps: []
"""


def seen(old: str, new: str) -> list[tuple[str, int]]:
    subject = subject_of({FILE: new}, old={FILE: old})
    return [(f.rule_id.split("/")[1], f.line_number) for f in review_with(WorkflowPermissions(), subject, {})]


def test_a_right_that_becomes_write_is_named_on_its_line() -> None:
    assert seen(BASE, BASE.replace("      contents: read", "      contents: write")) == [("widened", 8)]
    assert seen(BASE, BASE.replace("\n  contents: read", "\n  contents: read\n  packages: write", 1)) == [
        ("widened", 4)
    ]


def test_write_all_in_place_of_a_list_is_said_twice_for_two_reasons() -> None:
    new = BASE.replace("permissions:\n  contents: read", "permissions: write-all", 1)
    assert seen(BASE, new) == [("widened", 2), ("write-all", 2)]


def test_rights_that_stay_or_shrink_are_silent() -> None:
    assert seen(BASE, BASE.replace("contents: read", "contents: none")) == []
    wide = BASE.replace("contents: read", "contents: write")
    assert seen(wide, wide + "  # a remark\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
        "on: " + "[" * 20_000,
        "on: push\njobs:\n" + "  a: &a\n    b: *a\n",
        "on: !!python/object/apply:os.system ['true']\njobs: {}\n",
        "\x00\x01",
        "- a\n- b\n",
        "",
        "on: push\n" * 100_000,
    ],
    ids=["alias bomb", "deep", "loop", "tag", "controls", "list", "empty", "long"],
)
def test_hostile_yaml_is_read_in_short_time_or_left_alone(text: str) -> None:
    start = time.monotonic()
    root = read_workflow(text)
    assert root is None or list(root.pairs())
    assert review_with(WorkflowPermissions(), subject_of({FILE: text}), {}) == []
    assert time.monotonic() - start < 10
