"""What the bot posts, word by word."""

# Posted text stands here as it is posted, long lines and all.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

import templates
from support.views import MARKER, clean, finding, full
from templates import figures
from templates.views import CheckView, InlineView, NotChecked, SeverityRow, StepView

ENV = templates.environment()


def test_a_clean_review() -> None:
    assert templates.render_summary(ENV, clean()) == snapshot("""\
<!-- patchwarden:summary v1 head=4f1c9d2 -->
### ✅ No findings

`4f1c9d2` · 3 files, +28 −4 · reviewed in 22 s · everything in the diff was checked

<sub>Patchwarden 1.4.0 · [full report](https://review.example.com/r/01JD8Q7ZK3) · `/help` lists commands · updated 2026-11-22 14:40 UTC · this comment is edited in place</sub>
""")


def test_a_review_with_everything_in_it() -> None:
    assert templates.render_summary(ENV, full()) == snapshot("""\
<!-- patchwarden:summary v1 head=4f1c9d2 -->
### 🔴 2 findings block this merge · 1 more to look at

`4f1c9d2` · 14 files, +412 −96 · reviewed in 1 m 12 s · 12 of 14 files checked in full · blocks at **high** and above

| Severity | Open now | New | Still open | Fixed since `b81e0aa` |
| :-- | --: | --: | --: | --: |
| 🔴\xa0High | **2** | 1 | 1 | 2 |
| 🟠\xa0Medium | **1** | 1 | 0 | 0 |
| 🟡\xa0Low | 0 | 0 | 0 | 1 |
| **All** | **3** | **2** | **1** | **3** |

Open findings, last 4 reviews: 12 → 9 → 9 → **3**

**Fix first**

1. **High** [`shop/orders.py:88`](https://github.com/acme/shop/pull/412#discussion_r1) SQL built from `order_by`, which a caller chooses · one-click fix
2. **High** `deploy/app.yaml:23` The container runs as root
3. **Medium** `shop/orders.py:131-140` The lock is held during a call

2 of 3 have a comment on their line.

> [!WARNING]
> Partial review: `hadolint` and `db/seed.sql` were left out. See “What was not checked”.

<details open>
<summary><b>What was not checked, and why (2 files, 1 check)</b></summary>

| Not checked | Why | What you can do |
| :-- | :-- | :-- |
| `hadolint` | did not answer within 60 s | – |
| `db/seed.sql` | 1.9 MB, over the limit | raise `limits.file_bytes` |
| `assets/logo.psd` | binary | nothing needed |

</details>

<details>
<summary><b>Fixed since the last review (1)</b></summary>

- ~~Low: Debug mode~~ in `settings.py:14`, fixed in `4f1c9d2`

</details>

<details>
<summary><b>How this review ran</b></summary>

| Step | Server | Result | Time |
| :-- | :-- | :-- | --: |
| secrets | api-key-sniffer | ✓ no findings | 912 ms |
| hadolint | simple-warp | ✕ did not run | – |

Found but not shown: 14 on lines this change did not touch and 2 dismissed.

Security 82 of 100, quality 91 of 100.

</details>

<details>
<summary><b>Commands</b></summary>

| Comment | Does |
| :-- | :-- |
| `/review [full]` | review the newest commit again |
| `/help` | list the commands |

</details>

<sub>Patchwarden 1.4.0 · [full report](https://review.example.com/r/01JD8Q7ZK3) · `/help` lists commands · updated 2026-11-22 14:40 UTC · this comment is edited in place</sub>
""")


def test_a_first_review_has_no_columns_of_before() -> None:
    view = replace(full(), previous_sha="", trend=[], fixed=[], not_checked=[], steps=[], suppressed={}, commands=[])
    assert templates.render_summary(ENV, view) == snapshot("""\
<!-- patchwarden:summary v1 head=4f1c9d2 -->
### 🔴 2 findings block this merge · 1 more to look at

`4f1c9d2` · 14 files, +412 −96 · reviewed in 1 m 12 s · 12 of 14 files checked in full · blocks at **high** and above

🔴 **2** high · 🟠 **1** medium

**Fix first**

1. **High** [`shop/orders.py:88`](https://github.com/acme/shop/pull/412#discussion_r1) SQL built from `order_by`, which a caller chooses · one-click fix
2. **High** `deploy/app.yaml:23` The container runs as root
3. **Medium** `shop/orders.py:131-140` The lock is held during a call

2 of 3 have a comment on their line.

<sub>Patchwarden 1.4.0 · [full report](https://review.example.com/r/01JD8Q7ZK3) · updated 2026-11-22 14:40 UTC · this comment is edited in place</sub>
""")


def test_a_partial_review_never_looks_clean() -> None:
    left_out = [NotChecked(what="hadolint", why="did not start", is_file=False)]
    body = templates.render_summary(ENV, clean(verdict="incomplete", not_checked=left_out))
    assert body.splitlines()[1] == "### ⚠️ Partly reviewed · no findings so far"
    assert "✅" not in body
    assert "> Partial review: `hadolint` was left out." in body


def test_findings_below_the_gate_do_not_block() -> None:
    low = finding(severity="low", cwe=None)
    body = templates.render_summary(ENV, clean(findings=[low], counts=[SeverityRow(severity="low", open=1, new=1)]))
    assert body.splitlines()[1] == "### ✅ Nothing blocks this merge · 1 to look at"
    assert "**To look at**" in body


def test_a_gate_that_never_blocks_is_said() -> None:
    view = clean(findings=[finding()], counts=[SeverityRow(severity="high", open=1, new=1)], fail_on="never")
    assert "never blocks" in templates.render_summary(ENV, view)


def test_more_findings_than_comments_are_explained() -> None:
    many = [finding(line=n, commented=n < 10) for n in range(1, 13)]
    body = templates.render_summary(ENV, replace(full(), findings=many, inline_limit=9))
    assert "9 of 12 have a comment on their line (at most 9 a push)." in body
    assert "<summary><b>All 12 findings</b></summary>" in body


def test_a_comment_on_a_line() -> None:
    view = InlineView(
        finding=finding(confidence="medium", rule_url="https://review.example.com/rules/sql"),
        marker="<!-- patchwarden:finding v1 fp=9f2c4e1ab03d -->",
        replacement='    rows = db.fetch(LIST, column)\n    return "```"',
        evidence="`order_by` is read in `list_orders`.\nIt reaches `db.fetch` unchanged.",
    )
    assert templates.render_inline(ENV, view) == snapshot("""\
<!-- patchwarden:finding v1 fp=9f2c4e1ab03d -->
**🔴 High · security:** SQL built from `order_by`, which a caller chooses

Pick the column from a fixed list.

````suggestion
    rows = db.fetch(LIST, column)
    return "```"
````

<details>
<summary>Why we think so</summary>

1. `order_by` is read in `list_orders`.
2. It reaches `db.fetch` unchanged.

</details>

<sub>rule [`ast-grep/python-sql-string`](https://review.example.com/rules/sql) · [CWE-89](https://cwe.mitre.org/data/definitions/89.html) · confidence: medium</sub>
""")


def test_a_suggestion_that_deletes_lines_is_an_empty_block() -> None:
    body = templates.render_inline(ENV, InlineView(finding=finding(), replacement=""))
    assert "\n```suggestion\n```\n" in body


def test_a_suggestion_with_hidden_signs_is_not_offered() -> None:
    body = templates.render_inline(ENV, InlineView(finding=finding(), replacement="if a:\u202e"))
    assert "suggestion\n" not in body


def test_a_finished_check() -> None:
    whole = full()
    check = templates.render_check(
        ENV,
        CheckView(
            verdict="failed",
            files=14,
            files_reviewed=12,
            additions=412,
            deletions=96,
            counts=whole.counts,
            findings=whole.findings,
            not_checked=whole.not_checked,
            details_url=whole.details_url,
            duration_s=72.4,
            compared=True,
        ),
    )
    assert check.title == "2 findings block this merge · 1 more to look at"
    assert check.summary == snapshot("""\
**🔴 2 findings block this merge · 1 more to look at** (blocks at `high` and above)

14 files, +412 −96 · reviewed in 1 m 12 s · 12 of 14 files checked in full

| Severity | New | Still open | Fixed |
| :-- | --: | --: | --: |
| 🔴\xa0High | 1 | 1 | 2 |
| 🟠\xa0Medium | 1 | 0 | 0 |
| 🟡\xa0Low | 0 | 0 | 1 |

**To pass:** mend [`shop/orders.py:88`](https://github.com/acme/shop/pull/412#discussion_r1) and `deploy/app.yaml:23`.

[Full report](https://review.example.com/r/01JD8Q7ZK3)
""")
    assert check.text == snapshot("""\
<details open>
<summary><b>All 3 findings</b></summary>

| Where | Severity | Finding | Rule |
| :-- | :-- | :-- | :-- |
| [`shop/orders.py:88`](https://github.com/acme/shop/pull/412#discussion_r1) | 🔴\xa0High | SQL built from `order_by`, which a caller chooses | `ast-grep/python-sql-string` |
| `deploy/app.yaml:23` | 🔴\xa0High | The container runs as root | `ast-grep/python-sql-string` |
| `shop/orders.py:131-140` | 🟠\xa0Medium | The lock is held during a call | `ast-grep/python-sql-string` |

</details>

> [!WARNING]
> Partial review: `hadolint` and `db/seed.sql` were left out. See “What was not checked”.

<details open>
<summary><b>What was not checked, and why (2 files, 1 check)</b></summary>

| Not checked | Why | What you can do |
| :-- | :-- | :-- |
| `hadolint` | did not answer within 60 s | – |
| `db/seed.sql` | 1.9 MB, over the limit | raise `limits.file_bytes` |
| `assets/logo.psd` | binary | nothing needed |

</details>
""")


@pytest.mark.parametrize(
    ("verdict", "title", "first"),
    [
        ("running", "Reviewing", "**⏳ Review in progress**"),
        ("not-reviewed", "Not reviewed", "**⚠️ Review could not run**"),
        ("passed", "No findings", "**✅ No findings**"),
        ("incomplete", "Partly reviewed · no findings so far", "**⚠️ Partly reviewed · no findings so far**"),
    ],
)
def test_a_check_says_how_far_it_is(verdict: str, title: str, first: str) -> None:
    check = templates.render_check(ENV, CheckView(verdict=verdict, note="Cloning @octo"))  # type: ignore[arg-type]
    assert (check.title, check.summary.splitlines()[0]) == (title, first)
    assert "Cloning `@octo`" in check.summary
    assert check.text == ""


def test_a_check_of_a_clean_review_still_says_how_it_ran() -> None:
    view = CheckView(verdict="incomplete", files=1, steps=[StepView(name="secrets", result="done", ms=4)])
    assert "| secrets | ✓ done | 4 ms |" in templates.render_check(ENV, view).text


def test_replies() -> None:
    said = {
        "help": templates.render_reply(
            ENV,
            "help",
            marker=MARKER,
            commands=[{"usage": "/review [full]", "summary": "review again", "permission": "write"}],
        ),
        "refused": templates.render_reply(ENV, "refused", command="/review", needs="write access", actor="mallory"),
        "accepted": templates.render_reply(ENV, "accepted", message="Reviewing.", url="https://github.com/a/b"),
        "unknown": templates.render_reply(ENV, "unknown", command="/reviw", nearest="/review"),
        "error": templates.render_reply(ENV, "error", message="The head is gone.", reference="01JD"),
    }
    assert said == snapshot(
        {
            "help": """\
<!-- patchwarden:summary v1 head=4f1c9d2 -->
**Commands**

| Comment | Does | Who |
| :-- | :-- | :-- |
| `/review [full]` | review again | write |

Write a command at the start of a line; code blocks and quotes are left alone.
""",
            "refused": "`/review` was not run: it needs write access on this repository, and `mallory` has not got that.\n",
            "accepted": "Reviewing. [Follow it here](https://github.com/a/b).\n",
            "unknown": "`/reviw` is not a command here. Did you mean `/review`? `/help` lists all of them.\n",
            "error": """\
The head is gone.

<sub>reference `01JD`</sub>
""",
        }
    )


def test_a_reply_without_a_needed_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="needs needs"):
        templates.render_reply(ENV, "refused", command="/review")
    with pytest.raises(TypeError, match="has no colour"):
        templates.render_reply(ENV, "error", message="x", colour="red")
    with pytest.raises(KeyError):
        templates.render_reply(ENV, "joke")


def test_a_plain_string_in_a_markdown_template_is_escaped_without_asking() -> None:
    assert ENV.from_string("{{ x }}").render(x="@octocat *b*") == "`@octocat` \\*b\\*"


def test_numbers_read_like_numbers() -> None:
    assert [figures.duration(s) for s in (0.04, 9.94, 22.4, 72.4, 7_500, 100_000)] == [
        "0.0 s", "9.9 s", "22 s", "1 m 12 s", "2 h 5 m", "1 d 3 h",
    ]  # fmt: skip
    assert [figures.grouped(n) for n in (0, 9_999, 48_210)] == ["0", "9999", "48\u202f210"]
    assert figures.sentence(["a", "b", "c"]) == "a, b and c"
