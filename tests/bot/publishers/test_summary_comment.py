from __future__ import annotations

import re

import pytest
from inline_snapshot import snapshot

from bot import __version__
from bot.errors import TransientError
from bot.models import PublishOutcome
from review.config import ReviewConfig
from review.models import CoverageStatus, FileCoverage, SkippedAnalyser
from support.bot_tester import DIFF, BotTester, finding, report
from support.fake_rules import BOT, Fault


def ours(bot: BotTester) -> str:
    (comment,) = bot.github.by_us(bot.github.issue_comments)
    return str(comment["body"]).replace(f"Patchwarden {__version__}", "Patchwarden VERSION")


async def test_the_summary_is_created_once_and_edited_afterwards(bot: BotTester) -> None:
    await bot.publish(report([finding(2)]))
    bot.github.open_pull_request(1, "c" * 40, "b" * 40, DIFF)
    await bot.publish(report())

    (comment,) = bot.github.by_us(bot.github.issue_comments)
    assert comment["edits"] == 1
    assert comment["body"].startswith("<!-- patchwarden:summary v1 head=cccc")


async def test_the_summary_counts_new_still_open_and_fixed(bot: BotTester) -> None:
    before = report([finding(2), finding(26, name="gone", severity="medium")])
    previous = await bot.remember(before, "d" * 40)

    await bot.publish(report([finding(4), finding(3, name="fp2")]), previous=previous)

    assert ours(bot) == snapshot("""\
<!-- patchwarden:summary v1 head=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -->
### 🔴 2 findings block this merge

`aaaaaaa` · 1 file, +4 −0 · reviewed in 0.0 s · blocks at **high** and above

| Severity | Open now | New | Still open | Fixed since `ddddddd` |
| :-- | --: | --: | --: | --: |
| 🔴\xa0High | **2** | 1 | 1 | 0 |
| 🟠\xa0Medium | 0 | 0 | 0 | 1 |
| **All** | **2** | **1** | **1** | **1** |

**Fix first**

1. **High** [`app.py:4`](https://github.test/octo-org/shop/pull/1#discussion_r1004) something is wrong in line 4
2. **High** [`app.py:3`](https://github.test/octo-org/shop/blob/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/app.py#L3) something is wrong in line 3

1 of 2 have a comment on their line.

<details>
<summary><b>Fixed since the last review (1)</b></summary>

- ~~Medium: something is wrong in line 26~~ in `app.py:26`, fixed in `aaaaaaa`

</details>

<details>
<summary><b>How this review ran</b></summary>

| Step | Result | Time |
| :-- | :-- | --: |
| ruff | ✓ 2 findings | 12 ms |

Security 90 of 100, quality 90 of 100.

</details>

<details>
<summary><b>Commands</b></summary>

| Comment | Does |
| :-- | :-- |
| `/review [all]` | Review the current commit again; `all` reports findings on unchanged lines of changed files, too |
| `/help` | List the commands |

</details>

<sub>Patchwarden VERSION · `/help` lists commands · updated 2026-11-22 12:00 UTC · this comment is edited in place</sub>
""")


async def test_a_clean_summary_is_short(bot: BotTester) -> None:
    await bot.publish(report())

    assert ours(bot) == snapshot("""\
<!-- patchwarden:summary v1 head=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -->
### ✅ No findings

`aaaaaaa` · 1 file, +4 −0 · reviewed in 0.0 s · everything in the diff was checked

<sub>Patchwarden VERSION · `/help` lists commands · updated 2026-11-22 12:00 UTC · this comment is edited in place</sub>
""")


async def test_a_finding_nobody_looked_for_is_not_called_fixed(bot: BotTester) -> None:
    previous = await bot.remember(report([finding(2)]), "d" * 40)
    skipped = [SkippedAnalyser(name="ruff", reason="timed out")]

    await bot.publish(report(skipped=skipped), previous=previous)

    assert "fixed" not in ours(bot).lower()
    assert "timed out" in ours(bot)


async def test_a_finding_in_a_deleted_file_is_fixed(bot: BotTester) -> None:
    previous = await bot.remember(report([finding(2)]), "d" * 40)
    coverage = [FileCoverage(file_path="app.py", status=CoverageStatus.SKIPPED, reason="deleted")]

    await bot.publish(report(coverage=coverage), previous=previous)

    assert "Fixed since" in ours(bot)


async def test_findings_link_to_their_comments(bot: BotTester) -> None:
    await bot.publish(report([finding(2)]))

    (comment,) = bot.github.review_comments.values()
    assert comment["html_url"] in ours(bot)


async def test_a_planted_summary_of_somebody_else_is_left_alone(bot: BotTester) -> None:
    planted = bot.github.comment("mallory", "<!-- patchwarden:summary v1 head=x -->\nmine now")

    await bot.publish(report())

    assert bot.github.issue_comments[planted]["edits"] == 0
    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_a_summary_among_hundreds_of_comments_is_found_again(bot: BotTester) -> None:
    for number in range(150):
        bot.github.comment("ada", f"comment {number}")
    await bot.publish(report())
    await bot.publish(report([finding(2)]))

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_a_summary_whose_answer_was_lost_is_not_posted_again(bot: BotTester) -> None:
    bot.github.drop_next("POST", "/issues/1/comments", recorded=True)
    with pytest.raises(TransientError):
        await bot.publish(report())
    await bot.publish(report())

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_of_several_summaries_the_oldest_is_edited_and_stays(bot: BotTester) -> None:
    await bot.publish(report())
    (oldest,) = bot.github.issue_comments
    for _ in range(2):
        bot.github._comment(BOT, bot.github.issue_comments[oldest]["body"])
    planted = bot.github.comment("mallory", bot.github.issue_comments[oldest]["body"])
    answer = bot.github._comment(BOT, "<!-- patchwarden:reply v1 to=1 -->\nthe commands are")["id"]

    receipts = await bot.publish(report([finding(2)]))

    assert sorted(bot.github.issue_comments) == [oldest, planted, answer]
    assert "block" in bot.github.issue_comments[oldest]["body"]
    assert receipts[1].counts["duplicates_removed"] == 2
    assert (await bot.publish(report()))[1].counts["duplicates_removed"] == 0


async def test_a_summary_that_was_not_listed_in_time_wins_over_the_new_one(bot: BotTester) -> None:
    older = bot.github._comment(BOT, "<!-- patchwarden:summary v1 head=x -->\nold text")
    bot.github.faults.append(Fault("GET", re.compile("/issues/1/comments"), (200, []), {}))

    receipts = await bot.publish(report([finding(2)]))

    assert list(bot.github.issue_comments) == [older["id"]]
    assert "old text" not in ours(bot)
    assert "block" in ours(bot)
    assert str(receipts[1].url).endswith(f"-{older['id']}")
    assert receipts[1].counts["duplicates_removed"] == 1


async def test_a_second_summary_somebody_else_removed_first_is_no_failure(bot: BotTester) -> None:
    await bot.publish(report())
    bot.github._comment(BOT, ours(bot))
    bot.github.fail_next("DELETE", "/issues/comments/", 404, "Not Found")

    receipts = await bot.publish(report())

    assert receipts[1].outcome is PublishOutcome.PUBLISHED
    assert receipts[1].counts["duplicates_removed"] == 0


async def test_a_deleted_summary_is_made_again_once(bot: BotTester) -> None:
    await bot.publish(report())
    (number,) = bot.github.issue_comments
    del bot.github.issue_comments[number]

    await bot.publish(report())
    await bot.publish(report())

    assert len(bot.github.by_us(bot.github.issue_comments)) == 1


async def test_switched_off_by_the_repository(bot: BotTester) -> None:
    receipts = await bot.publish(report(), config=ReviewConfig(summary=False))

    assert receipts[1].outcome is PublishOutcome.SKIPPED
    assert bot.github.issue_comments == {}


async def test_hostile_text_is_shown_not_rendered(bot: BotTester) -> None:
    nasty = "@octocat <img src=x> ![a](https://evil.example/x.png) <!-- patchwarden:summary v1 -->\n```"
    await bot.publish(report([finding(2, message=nasty)]))

    assert not re.search(r"(?<!`)@octocat", ours(bot))
    assert not re.search(r"(?<!\\)<img", ours(bot))
    assert len(re.findall(r"(?<!\\)<!-- patchwarden:", ours(bot))) == 1
