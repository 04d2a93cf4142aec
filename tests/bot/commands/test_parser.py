from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands import ALL
from bot.commands.parser import MAX_COMMANDS, parse, parse_edit


def names(body: str) -> list[str]:
    return [" ".join((found.name, *found.args)) for found in parse(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/review", ["review"]),
        ("/REVIEW All", ["review All"]),
        ("  /review", ["review"]),
        ("/review all\r\n/help\r\n", ["review all", "help"]),
        ("/review\r/help", ["review", "help"]),
        ("Thanks!\n\n/review\n\nSee you", ["review"]),
        ("Thanks!\n/review", ["review"]),
        ("/patchwarden review all", ["review all"]),
        ("/patchwarden", ["help"]),
        ("@patchwarden review", ["review"]),
        ("@Patchwarden, review", ["review"]),
        ("@patchwarden[bot] help", ["help"]),
        ("@patchwarden /review", ["review"]),
        ("/review <!-- please -->", ["review"]),
        ("/review\n/review\n/review all", ["review", "review all"]),
        ("```\ncode\n```\n/review", ["review"]),
        ("> quoted\n\n/review", ["review"]),
        ("<!-- note -->\n/review", ["review"]),
        ("an odd ` backtick\n/review", ["review"]),
        ("- item\n\n/review", ["review"]),
    ],
)
def test_a_command_at_a_line_start_is_found(body: str, expected: list[str]) -> None:
    assert names(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "please /review this",
        "`/review`",
        "`` `x` \n/review ``",
        "```\n/review\n```",
        "```sh\n/review\n",
        "~~~\n/review\n~~~",
        "````\n```\n/review\n```\n````",
        "- a list\n  ```\n  /review\n  ```",
        "- ```\n  /review\n  ```",
        "    /review",
        "\t/review",
        "> /review",
        "   > /review",
        "> quoted\n/review",
        "<!--\n/review\n-->",
        "<!-- a\n\n/review\n\n-->",
        "text <!--\n/review\n-->",
        "<pre>\n/review\n</pre>",
        "<PRE>\n\n/review\n\n</PRE>",
        "/review/subpath",
        "//review",
        "/ review",
        "email@patchwarden review",
        "@patchwardens review",
        "@somebody review",
        "",
    ],
)
def test_code_quotes_comments_and_prose_hold_no_commands(body: str) -> None:
    assert names(body) == []


def test_a_command_of_somebody_else_is_reported_without_being_addressed() -> None:
    (found,) = parse("/deploy now")
    assert (found.name, found.args, found.addressed) == ("deploy", ("now",), False)


def test_a_call_by_name_is_marked_and_knows_its_line() -> None:
    (found,) = parse("Hello\n\n@patchwarden reviex")
    assert (found.name, found.addressed, found.line) == ("reviex", True, 3)


def test_the_apps_own_slug_is_a_name_too() -> None:
    (found,) = parse("@acme-reviewer review", names=("patchwarden", "acme-reviewer"))
    assert (found.name, found.addressed) == ("review", True)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("hello", "hello\n/review", ["review"]),
        ("/review", "/review\n/help", ["help"]),
        ("/review", "/review all", ["review"]),
        ("/review", "typo mended\n\n/review", []),
        ("/review\n/help", "/help", []),
        ("`/review`", "/review", ["review"]),
    ],
)
def test_an_edit_runs_only_what_it_adds(before: str, after: str, expected: list[str]) -> None:
    assert [found.name for found in parse_edit(before, after)] == expected


def test_a_comment_full_of_commands_is_cut() -> None:
    assert len(parse("\n".join(f"/c{i}" for i in range(100)))) == MAX_COMMANDS


def test_arguments_are_short_printable_and_few() -> None:
    (found,) = parse("/review " + "x" * 500 + " a\u202eb " + "y " * 50)
    assert len(found.args) == 10
    assert max(map(len, found.args)) == 100
    assert "\u202e" not in "".join(found.args)


MARKDOWN = st.lists(
    st.sampled_from(
        ["/review", "/help all", "text", "`", "``", "```", "~~~", "> ", "<!--", "-->", "    ", "\t", "- ", "<pre>"]
    )
    | st.text(max_size=8),
    max_size=30,
)


@given(MARKDOWN, st.sampled_from(["\n", "\r\n", "\r", " "]))
@example(["`", "`" * 400], "\n")
def test_any_text_gives_commands_of_its_own_lines(parts: list[str], glue: str) -> None:
    body = glue.join(parts)
    for found in parse(body):
        assert found.name == found.name.lower()
        assert found.name
        assert 1 <= found.line <= body.count("\n") + body.count("\r") + 1


@given(MARKDOWN)
def test_a_fenced_body_never_commands(parts: list[str]) -> None:
    inside = "\n".join(parts).replace("\r", "\n")
    fence = "`" * (max((len(run) for run in inside.split("\n")), default=0) + 10)
    assert parse(f"{fence}\n{inside}\n{fence}") == ()


@given(MARKDOWN)
def test_a_quoted_body_never_commands(parts: list[str]) -> None:
    lines = "\n".join(parts).replace("\r", "\n").split("\n")
    assert parse("\n".join(f"> {line}" for line in lines)) == ()


@given(MARKDOWN)
def test_an_edit_that_changes_nothing_commands_nothing(parts: list[str]) -> None:
    body = "\n".join(parts)
    assert parse_edit(body, body) == ()


def test_a_hostile_comment_is_read_in_linear_time() -> None:
    for piece in ("`", "``` ", "<!--", "> ", "`a``b", "\n/review", "<pre>", "- ", "\t"):
        parse(piece * (65_536 // len(piece)))


def test_every_command_has_its_own_name_and_says_how_it_is_used() -> None:
    assert len({command.name for command in ALL}) == len(ALL)
    for command in ALL:
        assert command.usage.startswith(f"/{command.name}")
        assert command.summary
