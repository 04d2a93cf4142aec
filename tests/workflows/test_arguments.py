from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.arguments import fill, references
from workflows.errors import ArgumentError

OUTPUTS: dict[str, dict[str, Any]] = {
    "status": {"head": "abc", "files": [{"path": "a.py"}, {"path": "b.py"}], "odd key": 1, "n": 3},
    "lint:a.b": {"ok": True},
    "lint:a": {"b": {"output": "short name"}, "x": 1},
}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${{ inputs.repo }}", "/r"),
        ("${{inputs.repo}}", "/r"),
        ("${{ inputs.deep.list[1] }}", 2),
        ("${{ steps.status.output.head }}", "abc"),
        ("${{ steps.status.output }}", OUTPUTS["status"]),
        ("${{ steps.status.output.files[1].path }}", "b.py"),
        ('${{ steps.status.output["odd key"] }}', 1),
        ("${{ steps.lint:a.b.output.ok }}", True),
        ('${{ steps["lint:a.b"].output.ok }}', True),
        ("range ${{ steps.status.output.head }}..${{ inputs.to }}", "range abc..main"),
        (
            "n=${{ steps.status.output.n }}, ${{ steps.status.output.files }}",
            'n=3, [{"path": "a.py"}, {"path": "b.py"}]',
        ),
        ("$${{ inputs.repo }}", "${{ inputs.repo }}"),
        ("costs $5 {{ not ours }}", "costs $5 {{ not ours }}"),
    ],
)
def test_an_expression_becomes_its_value(written: str, value: object) -> None:
    inputs = {"repo": "/r", "to": "main", "deep": {"list": [1, 2]}}
    assert fill(written, inputs, OUTPUTS) == value


def test_values_are_filled_in_at_any_depth_and_other_types_stay() -> None:
    arguments = {"a": [{"b": "${{ inputs.x }}"}, 1, None, True], "${{ inputs.x }}": 2.5}
    assert fill(arguments, {"x": [1]}, {}) == {"a": [{"b": [1]}, 1, None, True], "${{ inputs.x }}": 2.5}


@pytest.mark.parametrize(
    "written",
    [
        "${{ inputs.gone }}",
        "${{ inputs }}",
        "${{ inputs[0] }}",
        "${{ steps.status.output.gone }}",
        "${{ steps.status.output.files[9] }}",
        "${{ steps.status.output.head.upper }}",
        "${{ steps.status.output.head[0] }}",
        "${{ steps.ghost.output.x }}",
        "${{ steps.status.result }}",
        "${{ steps.status.outputs }}",
        "${{ secrets.TOKEN }}",
        "${{ inputs.repo + 1 }}",
        "${{ }}",
        "${{ inputs.repo",
        "text ${{ inputs.{x} }}",
        "${{ inputs.__class__ }}",
    ],
)
def test_what_cannot_be_looked_up_is_an_error_that_quotes_it(written: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fill(written, {"repo": "/r"}, OUTPUTS)
    assert caught.value.reference in written


def test_data_is_never_rendered_a_second_time() -> None:
    hostile = "${{ inputs.secret }} $${{ ${{ steps.status.output.head }}"
    inputs = {"text": hostile, "secret": "s3cret"}
    assert fill("${{ inputs.text }}", inputs, OUTPUTS) == hostile
    assert fill("say: ${{ inputs.text }}", inputs, OUTPUTS) == f"say: {hostile}"


@given(st.text())
def test_any_text_given_as_input_arrives_unchanged(text: str) -> None:
    assert fill("${{ inputs.x }}", {"x": text}, {}) == text
    assert fill("<${{ inputs.x }}>", {"x": text}, {}) == f"<{text}>"


@given(st.text(alphabet='${} inputs.x[]"0a'))
def test_filling_ends_with_a_value_or_an_argument_error_whatever_is_written(text: str) -> None:
    with suppress(ArgumentError):
        fill(text, {"x": 1}, {})


def test_references_tell_which_steps_are_meant() -> None:
    arguments = {"a": ["${{ steps.status.output.head }}", "$${{ x }}"], "b": "${{ inputs.y }} ${{ inputs.z }}", "c": 1}
    found = list(references(arguments, ["status"]))
    assert [reference.step for reference in found] == ["status", None, None]
    with pytest.raises(ArgumentError, match=r"steps\.NAME\.output\.KEY"):
        list(references(arguments, ["other"]))
