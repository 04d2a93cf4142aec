from __future__ import annotations

import pytest

from bot.errors import TransientError
from bot.models import PublishOutcome, PublishReceipt
from review.config import Limits, ReviewConfig
from review.models import Fix
from support.bot_tester import DIFF, HEAD, BotTester, finding, report


def of(receipts: tuple[PublishReceipt, ...]) -> PublishReceipt:
    return next(receipt for receipt in receipts if receipt.publisher == "review-comments")


async def test_new_findings_are_one_review_with_comments_on_their_lines(bot: BotTester) -> None:
    receipts = await bot.publish(report([finding(2), finding(26, severity="low", name="fp26")]))

    (review,) = bot.github.reviews.values()
    comments = list(bot.github.review_comments.values())
    assert [(c["path"], c["line"], c["side"]) for c in comments] == [
        ("app.py", 2, "RIGHT"),
        ("app.py", 26, "RIGHT"),
    ]
    assert all(c["pull_request_review_id"] == review["id"] for c in comments)
    assert comments[0]["body"].startswith("<!-- patchwarden:finding v1 fp=fp2 ")
    assert of(receipts).counts == {"known": 0, "over-limit": 0, "posted": 2, "refused": 0}


async def test_what_an_earlier_review_said_is_not_repeated(bot: BotTester) -> None:
    await bot.publish(report([finding(2)]))
    bot.github.open_pull_request(1, "c" * 40, "b" * 40, DIFF)

    await bot.publish(report([finding(4, name="fp2"), finding(26)]))

    assert [c["line"] for c in bot.github.review_comments.values()] == [2, 26]
    assert len(bot.github.reviews) == 2


async def test_nothing_new_posts_no_review(bot: BotTester) -> None:
    await bot.publish(report([finding(2)]))
    receipts = await bot.publish(report([finding(2)]))

    assert len(bot.github.reviews) == 1
    assert of(receipts).outcome is PublishOutcome.UNCHANGED


async def test_a_planted_marker_of_somebody_else_hides_nothing(bot: BotTester) -> None:
    number = bot.github.id()
    planted = {"login": "mallory", "id": 13, "type": "User"}
    bot.github.review_comments[number] = {
        "id": number,
        "user": planted,
        "body": "<!-- patchwarden:finding v1 fp=fp2 -->\nhello",
    }

    await bot.publish(report([finding(2)]))

    assert len(bot.github.by_us(bot.github.review_comments)) == 1


async def test_the_worst_come_first_up_to_the_limit(bot: BotTester) -> None:
    config = ReviewConfig(limits=Limits(inline_comments=2))
    found = [finding(line, severity="low") for line in (1, 2, 3)] + [finding(4, severity="critical")]

    receipts = await bot.publish(report(found), config=config)

    assert sorted(c["line"] for c in bot.github.review_comments.values()) == [1, 4]
    assert of(receipts).counts["over-limit"] == 2


async def test_a_push_comments_its_own_news_and_not_what_the_limit_kept_back_before(bot: BotTester) -> None:
    config = ReviewConfig(limits=Limits(inline_comments=1))
    first = report([finding(2, severity="critical"), finding(3)])
    previous = await bot.remember(first, "d" * 40)
    found = report([finding(2, severity="critical"), finding(3), finding(4)])

    await bot.publish(found, config=config, previous=previous)

    assert [c["line"] for c in bot.github.review_comments.values()] == [4]


async def test_a_repeat_on_the_same_commit_goes_on_with_what_the_limit_kept_back(bot: BotTester) -> None:
    config = ReviewConfig(limits=Limits(inline_comments=1))
    found = report([finding(2, severity="critical"), finding(3)])
    previous = await bot.remember(found, HEAD)

    await bot.publish(found, config=config, previous=previous)

    assert [c["line"] for c in bot.github.review_comments.values()] == [2]


async def test_lines_outside_the_diff_get_no_comment(bot: BotTester) -> None:
    found = [
        finding(12, name="between-hunks"),
        finding(1, path="other.py", name="other-file"),
        finding(1, name="whole", whole_file=True),
    ]
    receipts = await bot.publish(report(found))

    assert bot.github.reviews == {}
    assert of(receipts).outcome is PublishOutcome.UNCHANGED
    assert len(bot.github.asked("POST", r"/pulls/")) == 0


async def test_a_range_is_cut_to_its_hunk(bot: BotTester) -> None:
    await bot.publish(report([finding(5, end_line_number=14)]))

    (comment,) = bot.github.review_comments.values()
    assert (comment["start_line"], comment["start_side"], comment["line"]) == (5, "RIGHT", 6)


async def test_a_fix_becomes_a_suggestion_that_replaces_exactly_its_lines(bot: BotTester) -> None:
    fix = Fix(start_line=2, end_line=4, replacement="import sys\n````\nkey = 1")
    await bot.publish(report([finding(4, fix=fix)]))

    (comment,) = bot.github.review_comments.values()
    assert (comment["start_line"], comment["line"]) == (2, 4)
    assert "`````suggestion\nimport sys\n````\nkey = 1\n`````" in comment["body"]


async def test_a_fix_outside_the_diff_leaves_a_plain_comment(bot: BotTester) -> None:
    fix = Fix(start_line=4, end_line=12, replacement="x")
    await bot.publish(report([finding(4, fix=fix)]))

    (comment,) = bot.github.review_comments.values()
    assert comment["line"] == 4
    assert "suggestion" not in comment["body"]


async def test_a_refused_review_is_posted_one_by_one_without_the_offender(bot: BotTester) -> None:
    bot.github.refuse_lines = {("app.py", 4)}

    receipts = await bot.publish(report([finding(2), finding(4), finding(26)]))

    assert [c["line"] for c in bot.github.review_comments.values()] == [2, 26]
    assert of(receipts).counts["refused"] == 1
    (summary,) = bot.github.by_us(bot.github.issue_comments)
    assert "app.py:4" in summary["body"]


async def test_a_review_that_stands_although_the_answer_was_lost_is_not_posted_again(bot: BotTester) -> None:
    bot.github.drop_next("POST", "/pulls/1/reviews", recorded=True)
    with pytest.raises(TransientError):
        await bot.publish(report([finding(2)]))

    await bot.publish(report([finding(2)]))

    assert len(bot.github.reviews) == 1
    assert len(bot.github.review_comments) == 1


async def test_a_try_that_died_among_single_comments_goes_on_where_it_stopped(bot: BotTester) -> None:
    found = [finding(2), finding(3), finding(4), finding(26)]
    bot.github.refuse_lines = {("app.py", 3)}
    bot.github.drop_next("POST", "/pulls/1/comments", recorded=True)
    with pytest.raises(TransientError):
        await bot.publish(report(found))

    await bot.publish(report(found))

    assert sorted(c["line"] for c in bot.github.review_comments.values()) == [2, 4, 26]


async def test_the_limit_counts_what_an_earlier_try_posted(bot: BotTester) -> None:
    config = ReviewConfig(limits=Limits(inline_comments=1))
    found = [finding(2, severity="critical"), finding(4)]
    await bot.publish(report(found), config=config)
    await bot.publish(report(found), config=config)

    assert [c["line"] for c in bot.github.review_comments.values()] == [2]


async def test_switched_off_by_the_repository(bot: BotTester) -> None:
    receipts = await bot.publish(report([finding(2)]), config=ReviewConfig(inline_comments=False))

    assert of(receipts).outcome is PublishOutcome.SKIPPED
    assert bot.github.reviews == {}


async def test_a_file_name_that_is_not_utf_8_is_listed_and_gets_no_comment(bot: BotTester) -> None:
    odd = "\udcff.py"
    await bot.publish(report([finding(1, path=odd)]))

    assert bot.github.reviews == {}
    (summary,) = bot.github.by_us(bot.github.issue_comments)
    assert "\ufffd.py" in summary["body"]
    (run,) = bot.github.check_runs.values()
    assert bot.github.annotations[run["id"]][0]["path"] == "\ufffd.py"
    assert run["head_sha"] == HEAD
