import json

import pytest

from workflows.host import answers
from workflows.models import ErrorCode


@pytest.mark.parametrize(
    ("structured", "texts", "expected"),
    [
        ({"a": 1}, ['{"a": 2}'], {"a": 1}),
        ([1, 2], [], {"items": [1, 2]}),
        (5, [], {"result": 5}),
        (None, ['{"a": 2}'], {"a": 2}),
        (None, ["[1]"], {"items": [1]}),
        (None, ["5"], {"text": "5"}),
        (None, ["plain", "more"], {"text": "plain\nmore"}),
        (None, ["{broken"], {"text": "{broken"}),
        (None, ["[" * 100_000], {"text": "[" * 100_000}),
        (None, [], {"text": ""}),
    ],
)
def test_a_result_is_an_object_whatever_the_server_sends(
    structured: object, texts: list[str], expected: object
) -> None:
    assert answers.content(structured, texts) == expected


def test_a_failure_of_the_contract_keeps_its_facts() -> None:
    error = {"code": "rate_limited", "message": "wait", "retryable": True, "retry_after_s": 2, "details": {"limit": 5}}
    found = answers.failure([json.dumps({"error": error})])
    assert (found.code, found.message, found.retryable, found.retry_after_s) == (
        ErrorCode.RATE_LIMITED,
        "wait",
        True,
        2.0,
    )
    assert found.details == {"limit": 5}


def test_a_sentence_before_the_object_is_skipped() -> None:
    assert answers.failure(['Error executing tool x: {"error": {"code": "denied", "message": "no"}}']).code == "denied"


def test_retryable_follows_the_code_when_the_server_does_not_say() -> None:
    assert answers.failure(['{"error": {"code": "unavailable"}}']).retryable
    assert not answers.failure(['{"error": {"code": "denied"}}']).retryable


@pytest.mark.parametrize("text", ["it broke", '{"error": "text"}', '{"error": {"code": "invented"}}', "{", "[]", ""])
def test_any_other_failure_is_internal_and_final(text: str) -> None:
    found = answers.failure([text])
    assert found.code is ErrorCode.INTERNAL
    assert not found.retryable
    assert found.message


def test_a_long_message_is_cut() -> None:
    assert len(answers.failure(["x" * 10_000]).message) == 1001
