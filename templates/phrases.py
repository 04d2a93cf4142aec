"""The sentences of a review: headline, facts, what was not checked. Pure functions over views, Markdown out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from templates import filters
from templates.figures import count, duration, grouped, sentence
from templates.views import SEVERITIES, CheckView, FindingView, InlineView, NotChecked, SummaryView

VERDICT_SIGNS = {
    "passed": "✅",
    "failed": "🔴",
    "incomplete": "⚠️",
    "running": "⏳",
    "not-reviewed": "⚠️",
}
"""A sign for each verdict; words always follow it."""
_STEPS = 10
"""So many lines of evidence are shown."""
_NAMED = 5
"""So many files of one group are named."""

_SUPPRESSED = {
    "outside-diff": "on lines this change did not touch",
    "below-severity": "below the set severity",
    "below-confidence": "below the set confidence",
    "duplicate": "said already by another analyser",
    "config": "switched off by the repository's settings",
    "ignored": "dismissed",
}


def blocking(findings: Iterable[FindingView], fail_on: str) -> list[FindingView]:
    """Findings at or above the threshold."""
    if fail_on not in SEVERITIES:
        return []
    stopping = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return [f for f in findings if f.severity in stopping]


def is_clean(view: SummaryView) -> bool:
    """Whether there is nothing to say: no findings, and all that should be checked was."""
    return not view.findings and not any(not n.expected for n in view.not_checked) and view.verdict == "passed"


def headline(view: SummaryView | CheckView) -> str:
    """The answer to "may I merge?" in a few words."""
    total = len(view.findings)
    if view.verdict == "failed":
        stops = len(blocking(view.findings, view.fail_on))
        if not stops:
            return "This merge is blocked: not everything could be checked"
        more = f" · {grouped(total - stops)} more to look at" if total > stops else ""
        return f"{count(stops, 'finding')} {'blocks' if stops == 1 else 'block'} this merge{more}"
    if view.verdict == "incomplete":
        return f"Partly reviewed · {f'{grouped(total)} to look at' if total else 'no findings so far'}"
    return f"Nothing blocks this merge · {grouped(total)} to look at" if total else "No findings"


def check_title(view: CheckView) -> str:
    """At most 60 characters for the merge box."""
    if view.verdict == "running":
        return "Reviewing"
    return "Not reviewed" if view.verdict == "not-reviewed" else headline(view)


def check_headline(view: CheckView) -> str:
    """First line of the check's summary."""
    if view.verdict == "running":
        return "Review in progress"
    return "Review could not run" if view.verdict == "not-reviewed" else headline(view)


def facts(view: SummaryView) -> list[str]:
    """The second line, in pieces: commit, size, time, coverage, threshold."""
    pieces = [str(filters.code(view.head_short))] if view.head_sha else []
    pieces += _size_and_time(view)
    if view.verdict == "passed" and not view.not_checked:
        pieces.append("everything in the diff was checked")
    elif view.files_reviewed is not None and view.files_reviewed < view.files:
        pieces.append(f"{grouped(view.files_reviewed)} of {grouped(view.files)} files checked in full")
    if view.findings:
        pieces.append(_gate(view.fail_on))
    return pieces


def check_facts(view: CheckView) -> list[str]:
    """The check summary's line of facts; empty for a review that did not run."""
    if view.verdict in {"running", "not-reviewed"} and not view.files:
        return []
    pieces = _size_and_time(view)
    if view.files_reviewed is not None and view.files_reviewed < view.files:
        pieces.append(f"{grouped(view.files_reviewed)} of {grouped(view.files)} files checked in full")
    elif not view.not_checked and view.verdict in {"passed", "failed"}:
        pieces.append("everything in the diff was checked")
    return pieces


def _size_and_time(view: SummaryView | CheckView) -> list[str]:
    size = count(view.files, "file")
    if view.additions or view.deletions:
        size += f", +{grouped(view.additions)} −{grouped(view.deletions)}"  # noqa: RUF001 - a minus beside a plus
    pieces = [size]
    if view.duration_s is not None:
        pieces.append(f"reviewed in {duration(view.duration_s)}")
    return pieces


def _gate(fail_on: str) -> str:
    return "never blocks" if fail_on not in SEVERITIES else f"blocks at **{fail_on}** and above"


def uncommented(view: SummaryView) -> str:
    """Why some findings have no comment on their line; empty when all have or none could."""
    shown = sum(f.commented for f in view.findings)
    if not view.marker or not 0 < shown < len(view.findings):
        return ""
    why = f" (at most {view.inline_limit} a push)" if view.inline_limit and shown >= view.inline_limit else ""
    return f"{grouped(shown)} of {grouped(len(view.findings))} have a comment on their line{why}."


def suppressed(counts: Mapping[str, int], escape: Callable[[str], str] = filters.prose) -> str:
    """``14 on lines this change did not touch and 2 dismissed``; empty when nothing was kept back.

    Args:
        counts: by reason.
        escape: makes a reason we have no words for harmless; for Markdown unless told.
    """
    return sentence(
        [
            f"{grouped(number)} {_SUPPRESSED.get(reason) or escape(filters.clip(reason, 60))}"
            for reason, number in sorted(counts.items(), key=lambda item: -item[1])
            if number
        ]
    )


@dataclass(frozen=True, slots=True)
class NotCheckedGroup:
    """Things left out for one reason. ``names`` is Markdown."""

    names: str
    why: str
    mend: str
    expected: bool


def not_checked_groups(items: Sequence[NotChecked]) -> list[NotCheckedGroup]:
    """One row a reason; what the reader would expect to be left out comes last."""
    groups: dict[tuple[bool, bool, str, str], list[NotChecked]] = {}
    for item in items:
        groups.setdefault((item.expected, item.is_file, item.why, item.mend), []).append(item)
    return [
        NotCheckedGroup(_names(members), why, mend, expected)
        for (expected, _, why, mend), members in sorted(groups.items(), key=lambda g: g[0][:2])
    ]


def _names(members: Sequence[NotChecked]) -> str:
    shown = [str(filters.code(filters.clip(m.what, 200))) for m in members[:_NAMED]]
    more = len(members) - len(shown)
    return f"{', '.join(shown)} and {grouped(more)} more" if more else ", ".join(shown)


def not_checked_totals(items: Sequence[NotChecked]) -> str:
    """``3 files, 1 check``."""
    files = sum(i.is_file for i in items)
    checks = len(items) - files
    return ", ".join([count(files, "file")] * bool(files) + [count(checks, "check")] * bool(checks))


def not_checked_warning(items: Sequence[NotChecked]) -> str:
    """One sentence when something was left out that the author counts on; empty otherwise."""
    missed = [i for i in items if not i.expected]
    if not missed:
        return ""
    names = [str(filters.code(filters.clip(i.what, 80))) for i in missed[:3]]
    if len(missed) > len(names):
        names.append(f"{grouped(len(missed) - len(names))} more")
    verb = "was" if len(missed) == 1 else "were"
    return f"Partial review: {sentence(names)} {verb} left out. See “What was not checked”."


def evidence(view: InlineView) -> list[str]:
    """The steps of the evidence, one a line."""
    return [line for line in (view.evidence or "").splitlines() if line.strip()][:_STEPS]


def rule_line(finding: FindingView) -> list[str]:
    """The small print of an inline comment: rule, CWE, confidence."""
    rule = filters.code(filters.clip(finding.rule_id, 200))
    parts = [f"rule [{rule}]({filters.address(finding.rule_url)})" if finding.rule_url else f"rule {rule}"]
    if finding.cwe:
        number = int(finding.cwe)
        parts.append(f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)")
    if finding.confidence != "high":
        parts.append(f"confidence: {filters.prose(finding.confidence)}")
    return parts
