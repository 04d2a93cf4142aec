from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from bot.errors import TransientError
from bot.github.checks import annotation_batches
from bot.publishers.check_run import annotation
from review.config import ReviewConfig
from review.models import SkippedAnalyser
from support.bot_tester import HEAD, BotTester, finding, report

SKIPPED = [SkippedAnalyser(name="ruff", reason="timed out")]


def run_of(bot: BotTester) -> dict[str, Any]:
    (run,) = bot.github.check_runs.values()
    return run


@pytest.mark.parametrize(
    ("severity", "skipped", "config", "expected"),
    [
        (None, False, {}, "success"),
        ("low", False, {}, "success"),
        ("high", False, {}, "failure"),
        ("critical", False, {"fail_on": "never"}, "success"),
        ("low", False, {"fail_on": "low"}, "failure"),
        (None, True, {}, "neutral"),
        (None, True, {"fail_on_incomplete": True}, "failure"),
        ("high", True, {}, "failure"),
    ],
)
async def test_the_conclusion_is_green_only_for_a_full_and_clean_review(
    bot: BotTester, severity: str | None, skipped: bool, config: dict[str, Any], expected: str
) -> None:
    settings = ReviewConfig.model_validate(config)
    found = [finding(2, severity=severity)] if severity else []

    await bot.publish(report(found, skipped=SKIPPED if skipped else (), config=settings), config=settings)

    assert (run_of(bot)["status"], run_of(bot)["conclusion"]) == ("completed", expected)


async def test_all_findings_are_annotated_in_batches_of_50(bot: BotTester) -> None:
    await bot.publish(report([finding(n, name=f"fp{n}") for n in range(1, 121)]))

    run = run_of(bot)
    sent = [len(r.body["output"].get("annotations", ())) for r in bot.github.asked("PATCH", "/check-runs/")]
    assert sent == [50, 50, 20]
    assert [a["start_line"] for a in bot.github.annotations[run["id"]]] == list(range(1, 121))


async def test_a_try_that_died_between_batches_repeats_no_annotation(bot: BotTester) -> None:
    made = report([finding(n, name=f"fp{n}") for n in range(1, 121)])
    bot.github.drop_next("PATCH", "/check-runs/", recorded=True)
    with pytest.raises(TransientError):
        await bot.publish(made)

    await bot.publish(made)

    assert len(bot.github.annotations[run_of(bot)["id"]]) == 120
    assert run_of(bot)["conclusion"] == "failure"


async def test_an_annotation_says_what_where_and_how_sure() -> None:
    made = annotation(finding(3, end_line_number=4, severity="medium", cwe=89, suggestion="Bind the value."))

    assert made == snapshot(
        {
            "path": "app.py",
            "start_line": 3,
            "end_line": 4,
            "annotation_level": "warning",
            "message": """\
something is wrong in line 3
Bind the value.\
""",
            "title": "ruff/F401 (medium)",
            "raw_details": """\
confidence: high
CWE-89\
""",
        }
    )


async def test_what_would_hide_in_an_annotation_is_shown_as_an_escape() -> None:
    made = annotation(finding(3, message="a\u202eb"))

    assert "\u202e" not in made["message"]
    assert "202E" in made["message"]


async def test_a_very_long_message_is_cut_within_githubs_limit() -> None:
    made = annotation(finding(3, message="ü" * 100_000))

    assert len(made["message"].encode()) <= 64_000


def test_batches_keep_order_and_size() -> None:
    made = [annotation(finding(n)) for n in range(1, 102)]
    batches = list(annotation_batches(made))

    assert [len(batch) for batch in batches] == [50, 50, 1]
    assert [item for batch in batches for item in batch] == made


async def test_the_text_of_a_finished_check_run(bot: BotTester) -> None:
    await bot.publish(report([finding(2)], skipped=SKIPPED))

    home = f"https://github.test/octo-org/shop/blob/{HEAD}"
    output = {name: text.replace(home, "HOME") for name, text in run_of(bot)["output"].items()}
    assert output == snapshot(
        {
            "title": "Findings",
            "summary": """\
**🔴 1 finding blocks this merge** (blocks at `high` and above)

1 file, +4 −0 · reviewed in 0.0 s

| Severity | Findings |
| :-- | --: |
| 🔴\xa0High | 1 |

**To pass:** mend [`app.py:2`](HOME/app.py#L2).
""",
            "text": """\
<details open>
<summary><b>The finding</b></summary>

| Where | Severity | Finding | Rule |
| :-- | :-- | :-- | :-- |
| [`app.py:2`](HOME/app.py#L2) | 🔴\xa0High | something is wrong in line 2 | `ruff/F401` |

</details>

> [!WARNING]
> Partial review: `ruff` was left out. See “What was not checked”.

<details open>
<summary><b>What was not checked, and why (1 check)</b></summary>

| Not checked | Why | What you can do |
| :-- | :-- | :-- |
| `ruff` | timed out | run the review again, or split the change |

</details>

<details>
<summary><b>How this review ran</b></summary>

| Step | Result | Time |
| :-- | :-- | --: |
| ruff | ✕ did not run: timed out | 12 ms |

</details>
""",
        }
    )
