from __future__ import annotations

import pytest

from bot.errors import LeaseLostError, TransientError
from bot.models import PublishReceipt
from bot.publishers import ALL, publish_all
from bot.services import PublishingServices
from review.diff import parse_diff
from support.bot_tester import DIFF, NOW, BotTester, finding, report
from support.fake_rules import INSTALLATION, SLUG


def outcomes(receipts: tuple[PublishReceipt, ...]) -> dict[str, str]:
    return {receipt.publisher: receipt.outcome.value for receipt in receipts}


async def test_one_failing_channel_never_stops_the_others_and_is_named_in_the_check(bot: BotTester) -> None:
    bot.github.fail_next("POST", "/pulls/1/reviews", 403, "Resource not accessible by integration")

    receipts = await bot.publish(report([finding(2)]))

    assert outcomes(receipts) == {
        "review-comments": "failed",
        "summary-comment": "published",
        "check-run": "published",
    }
    (run,) = bot.github.check_runs.values()
    assert "review comments could not be posted" in run["output"]["summary"]


async def test_a_channel_to_be_tried_again_keeps_the_check_run_open(bot: BotTester) -> None:
    bot.github.fail_next("POST", "/pulls/1/reviews", 502)
    with pytest.raises(TransientError):
        await bot.publish(report([finding(2)]))

    (run,) = bot.github.check_runs.values()
    assert run["status"] == "queued"
    assert len(bot.github.issue_comments) == 1

    receipts = await bot.publish(report([finding(2)]))
    assert set(outcomes(receipts).values()) == {"published"}
    assert len(bot.github.issue_comments) == 1


async def test_on_the_last_try_the_review_ends_without_the_channel(bot: BotTester) -> None:
    bot.github.fail_next("POST", "/pulls/1/reviews", 502)

    receipts = await bot.publish(report([finding(2)]), last_attempt=True)

    assert outcomes(receipts)["review-comments"] == "failed"
    (run,) = bot.github.check_runs.values()
    assert run["status"] == "completed"


async def test_a_lost_lease_writes_nothing(bot: BotTester) -> None:
    target = await bot.target()
    lost = await bot.lease()
    await bot.end(lost)
    await bot.lease()
    before = len(bot.github.requests)

    async with bot.app.installation(INSTALLATION) as client:
        services = PublishingServices(
            github=client,
            database=bot.database,
            templates=bot.services.templates,
            app_slug=SLUG,
            now=lambda: NOW,
        )
        with pytest.raises(LeaseLostError):
            await publish_all(report([finding(2)]), parse_diff(DIFF.encode()), target, services, lost)

    assert {r.method for r in bot.github.requests[before:]} == {"GET"}


@pytest.mark.parametrize("cut", range(12))
@pytest.mark.parametrize("recorded", [True, False])
async def test_whichever_request_is_lost_nothing_is_posted_twice(bot: BotTester, cut: int, recorded: bool) -> None:
    made = report([finding(2), finding(4), finding(26)])
    await bot.target()
    done = len(bot.github.requests)
    model, seen = bot.github, 0
    answer = model.answer

    def flaky(request: object, headers: object) -> object:
        nonlocal seen
        seen += 1
        if seen - 1 == cut:
            if recorded:
                answer(request, headers)  # type: ignore[arg-type]
            raise ConnectionResetError("lost")
        return answer(request, headers)  # type: ignore[arg-type]

    model.answer = flaky  # type: ignore[method-assign, assignment]
    try:
        await bot.publish(made)
    except TransientError:
        await bot.publish(made)

    assert len(model.requests) > done
    assert len(model.reviews) == 1
    assert sorted(c["line"] for c in model.review_comments.values()) == [2, 4, 26]
    assert len(model.issue_comments) == 1
    (run,) = model.check_runs.values()
    assert len(model.annotations[run["id"]]) == 3
    assert run["conclusion"] == "failure"


def test_every_publisher_has_its_own_name() -> None:
    assert len({publisher.name for publisher in ALL}) == len(ALL)
