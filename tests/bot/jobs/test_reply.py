from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from inline_snapshot import snapshot

from bot.errors import TransientError
from support.bot_tester import BASE, HEAD, BotTester, bot_tester
from support.events import comment, example


@pytest.fixture
async def bot(sqlite_url: str) -> AsyncIterator[BotTester]:
    async with bot_tester(sqlite_url) as tester:
        tester.github.open_pull_request(1, HEAD, BASE, draft=True)
        tester.github.roles = {"bob": "read", "wendy": "write"}
        yield tester


async def says(bot: BotTester, body: str, *, by: str = "bob", author: str = "ada") -> int:
    """Somebody comments; the delivery is routed and all replies are posted. Reviews are left to their tests."""
    number = bot.github.comment(by, body)
    payload = comment(body, by=by, author=author)
    payload["comment"]["id"] = number
    await deliver(bot, "issue_comment", payload)
    return number


async def deliver(bot: BotTester, event: str, payload: dict[str, Any]) -> None:
    await bot.deliver(event, json.dumps(payload).encode(), only=("reply", "installation"))


def last_reply(bot: BotTester) -> str:
    return str(bot.github.by_us(bot.github.issue_comments)[-1]["body"].split("\n", 1)[1])


async def test_help_lists_the_commands_and_who_may_use_them(bot: BotTester) -> None:
    number = await says(bot, "/help")

    assert bot.github.reactions[number] == ["eyes"]
    rows = [line for line in last_reply(bot).splitlines() if line.startswith("| `")]
    assert [row.split(" | ")[0].strip("| `") for row in rows] == ["/review [all]", "/help"]
    assert rows[0].endswith("| anyone with write access, or the pull request's author |")
    assert rows[1] == "| `/help` | List the commands | everyone |"


async def test_a_refusal_is_one_reply_and_a_reaction(bot: BotTester) -> None:
    number = await says(bot, "/review")

    assert bot.github.reactions[number] == ["-1"]
    assert last_reply(bot) == snapshot("""\
`/review` was not run: it needs write access on this repository, and `bob` has not got that.

It can be asked for by anyone with write access, or the pull request's author.\
""")


async def test_an_accepted_command_is_acknowledged_without_words(bot: BotTester) -> None:
    number = await says(bot, "/review", by="wendy")

    assert bot.github.reactions[number] == ["eyes"]
    assert bot.github.by_us(bot.github.issue_comments) == []


async def test_an_unknown_command_by_name_gets_the_nearest_match(bot: BotTester) -> None:
    number = await says(bot, "@patchwarden reviex")

    assert bot.github.reactions[number] == ["confused"]
    assert last_reply(bot) == snapshot(
        "`reviex` is not a command here. Did you mean `/review`? `/help` lists all of them."
    )


async def test_a_wrong_argument_is_explained(bot: BotTester) -> None:
    await says(bot, "/review everything", by="wendy")
    assert last_reply(bot) == snapshot("`/review` did not work: it takes nothing, or the word all.")


async def test_a_command_of_nobody_is_quoted_safely(bot: BotTester) -> None:
    await says(bot, "@patchwarden @octocat`<img>")

    assert last_reply(bot).startswith("``@octocat`<img>`` is not a command here.")


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_reply_whose_answer_was_lost_is_posted_once(bot: BotTester, recorded: bool) -> None:
    payload = comment("/help")
    payload["comment"]["id"] = bot.github.comment("bob", "/help")
    bot.github.drop_next("POST", "/issues/1/comments", recorded=recorded)
    with pytest.raises(TransientError):
        await deliver(bot, "issue_comment", payload)
    await deliver(bot, "issue_comment", payload)

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_a_comment_deleted_meanwhile_gets_its_reply_all_the_same(bot: BotTester) -> None:
    await deliver(bot, "issue_comment", comment("/help"))

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_our_own_reply_starts_nothing(bot: BotTester) -> None:
    await says(bot, "/help")
    own = last_reply(bot)
    await says(bot, own, by="patchwarden-test[bot]")

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_installations_come_and_go(bot: BotTester) -> None:
    await deliver(bot, "installation", example("installation.created"))
    async with bot.database.begin() as tx:
        assert 88 in await tx.installations.accounts()

    await deliver(bot, "installation", example("installation.deleted"))
    async with bot.database.begin() as tx:
        assert await tx.installations.accounts() == {}


async def test_an_answer_given_up_is_at_least_a_reaction(bot: BotTester) -> None:
    number = bot.github.comment("bob", "/help")
    payload = comment("/help")
    payload["comment"]["id"] = number

    work = await bot.deliver("issue_comment", json.dumps(payload).encode(), only=())
    await bot.work(work[0], give_up="tries are spent")

    assert bot.github.reactions[number] == ["confused"]
