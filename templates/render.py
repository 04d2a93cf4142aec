"""Turns views into the texts the bot posts. The Markdown itself is in ``comments/``; here is what goes where."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from templates import figures, filters, phrases
from templates.fit import CHECK_LIMIT, COMMENT_LIMIT, Section, fit
from templates.views import CheckText, CheckView, InlineView, SummaryView

_LISTED = 10
"""Up to so many findings stand in the numbered list and need no table."""
_FIRST = 5
"""So many stand in it when there is a table of all, too."""
_MOST_ROWS = 800
"""No comment holds more rows of a table than this."""
_TITLE_LIMIT = 60
"""Characters of a check run's title that the merge box shows."""

_REPLIES: Mapping[str, tuple[frozenset[str], Mapping[str, object]]] = {
    "help": (frozenset({"commands"}), {}),
    "refused": (frozenset({"command", "needs"}), {"actor": "", "next_step": ""}),
    "accepted": (frozenset({"message"}), {"url": None}),
    "unknown": (frozenset({"command"}), {"nearest": ""}),
    "error": (frozenset({"message"}), {"command": "", "next_step": "", "reference": ""}),
}
"""Replies: the values each needs, and those it can do without."""


def render_summary(env: jinja2.Environment, view: SummaryView) -> str:
    """The sticky comment (with a marker and commands) or a report in Markdown (without).

    Returns:
        Markdown that fits into one GitHub comment, ending with a line end.
    """
    sections = [
        _section(env, "head", "", 0, {**_head(view)}),
        *_counts(env, view),
        *_first(env, view),
        *_not_checked(env, view),
        *_folded(env, view),
        _section(env, "footer", "", 0, {"parts": _footer(view)}),
    ]
    return fit(sections, limit=COMMENT_LIMIT)


def _section(env: jinja2.Environment, name: str, key: str, priority: int, *forms: Mapping[str, object]) -> Section:
    template = env.get_template(f"comments/summary/{name}.md.j2")
    return Section(key or name, tuple(template.render(form) if form else "" for form in forms), priority)


def _head(view: SummaryView) -> dict[str, object]:
    return {
        "view": view,
        "verdict_sign": phrases.VERDICT_SIGNS[view.verdict],
        "headline": filters.clip(view.title or phrases.headline(view), 200),
        "facts": phrases.facts(view),
    }


def _counts(env: jinja2.Environment, view: SummaryView) -> list[Section]:
    rows = [r for r in view.counts if r.open or (view.compared and r.fixed)]
    if not any(r.open for r in rows):
        return []
    return [_section(env, "counts", "", 0, {"view": view, "rows": rows})]


def _first(env: jinja2.Environment, view: SummaryView) -> list[Section]:
    total = len(view.findings)
    if not total:
        return []
    heading = "Fix first" if view.verdict == "failed" else "To look at"

    def form(number: int, width: int) -> dict[str, object]:
        return {
            "heading": heading,
            "findings": view.findings[:number],
            "width": width,
            "more": phrases.uncommented(view),
        }

    if total <= _LISTED:
        return [_section(env, "first", "messages", 1, form(total, 300), form(_FIRST, 160))]
    return [
        _section(env, "first", "messages", 1, form(_FIRST, 300), form(_FIRST, 160)),
        _section(
            env,
            "all",
            "list of findings",
            7,
            *({"findings": view.findings[:n], "total": total, "open": False} for n in _row_steps(total)),
        ),
    ]


def _row_steps(total: int) -> list[int]:
    """Numbers of rows to try: all that could fit, then fewer and fewer."""
    return [min(total, _MOST_ROWS), *(n for n in (400, 200, 80, 30, 10, 0) if n < total)]


def _not_checked(env: jinja2.Environment, view: SummaryView) -> list[Section]:
    if not view.not_checked:
        return []
    groups = phrases.not_checked_groups(view.not_checked)
    values: dict[str, object] = {
        "warning": phrases.not_checked_warning(view.not_checked),
        "totals": phrases.not_checked_totals(view.not_checked),
    }
    forms = [{**values, "groups": groups[:n], "left": len(groups) - n} for n in _row_steps(len(groups))]
    return [_section(env, "not_checked", "list of what was not checked", 2, *forms)]


def _folded(env: jinja2.Environment, view: SummaryView) -> list[Section]:
    sections = []
    if view.fixed:
        total = len(view.fixed)
        forms = [{"findings": view.fixed[:n], "total": total} for n in _row_steps(total)]
        sections.append(_section(env, "fixed", "list of fixed findings", 8, *forms))
    if phrases.is_clean(view):
        return sections
    if view.steps or view.suppressed:
        how = {"view": view, "suppressed": phrases.suppressed(view.suppressed)}
        sections.append(_section(env, "how", "how this review ran", 9, how, {}))
    if view.commands:
        sections.append(_section(env, "commands", "commands", 6, {"view": view}, {}))
    return sections


def _footer(view: SummaryView) -> list[str]:
    parts = []
    if view.version:
        parts.append(f"Patchwarden {filters.prose(view.version, 40)}")
    if view.details_url:
        parts.append(f"[full report]({filters.address(view.details_url)})")
    if view.commands:
        parts.append("`/help` lists commands")
    if view.updated:
        parts.append(f"updated {figures.moment(view.updated)}")
    if view.marker:
        parts.append("this comment is edited in place")
    return parts or ["Patchwarden"]


def render_inline(env: jinja2.Environment, view: InlineView) -> str:
    """One comment on a line, with a suggestion when the replacement shows as it is.

    Returns:
        Markdown that fits into one review comment; evidence gives way first, then the suggestion.
    """
    template = env.get_template("comments/inline.md.j2")
    suggest = view.replacement is not None and filters.can_suggest(view.replacement)
    parts = phrases.rule_line(view.finding)

    def form(*, suggestion: bool, evidence: bool) -> str:
        return template.render(
            view=view,
            finding=view.finding,
            suggest=suggestion,
            evidence=phrases.evidence(view) if evidence else [],
            parts=parts,
        )

    forms = (
        form(suggestion=suggest, evidence=True),
        form(suggestion=suggest, evidence=False),
        form(suggestion=False, evidence=False),
    )
    return fit([Section("suggestion and evidence", forms)], limit=COMMENT_LIMIT)


def render_check(env: jinja2.Environment, view: CheckView) -> CheckText:
    """Title, summary and text of a check run, each inside GitHub's limits.

    The limits are kept in bytes as well as in characters, whichever GitHub counts.
    """
    summary = env.get_template("comments/check/summary.md.j2").render(
        view=view, note=filters.prose(view.note, 2000) if view.note else "", **_check_values(view)
    )
    shared = SummaryView(
        title="",
        verdict=view.verdict if view.verdict in {"passed", "failed"} else "incomplete",
        fail_on=view.fail_on,
        files=view.files,
        counts=view.counts,
        findings=view.findings,
        not_checked=view.not_checked,
        steps=view.steps,
        suppressed=view.suppressed,
    )
    sections = [*_check_findings(env, view), *_not_checked(env, shared), *_folded(env, shared)]
    text = fit(sections, limit=CHECK_LIMIT, max_bytes=CHECK_LIMIT - 500) if sections else ""
    return CheckText(
        title=filters.clip(filters.visible(filters.one_line(_check_title(view))), _TITLE_LIMIT),
        summary=fit([Section("summary", (summary,))], limit=CHECK_LIMIT, max_bytes=CHECK_LIMIT - 500),
        text=text,
    )


def _check_title(view: CheckView) -> str:
    return view.title or phrases.check_title(view)


def _check_values(view: CheckView) -> dict[str, Any]:
    blocking = phrases.blocking(view.findings, view.fail_on) if view.verdict == "failed" else []
    gate = f" (blocks at `{view.fail_on}` and above)" if view.verdict == "failed" else ""
    return {
        "verdict_sign": phrases.VERDICT_SIGNS[view.verdict],
        "headline": phrases.check_headline(view),
        "gate": gate,
        "facts": phrases.check_facts(view),
        "rows": [r for r in view.counts if r.open or (view.compared and r.fixed)],
        "blocking": blocking[:_LISTED],
        "more_blocking": max(0, len(blocking) - _LISTED),
    }


def _check_findings(env: jinja2.Environment, view: CheckView) -> list[Section]:
    total = len(view.findings)
    if not total:
        return []
    forms = [{"findings": view.findings[:n], "total": total, "open": True} for n in _row_steps(total)]
    return [_section(env, "all", "list of findings", 7, *forms)]


def render_reply(env: jinja2.Environment, name: str, *, marker: str = "", **values: object) -> str:
    """A reply to a command.

    Args:
        env: the environment.
        name: ``help`` (commands), ``refused`` (command, needs; actor, next_step), ``accepted`` (message; url),
            ``unknown`` (command; nearest) or ``error`` (message; command, next_step, reference).
        marker: first line, a hidden comment that finds the reply again.
        **values: what the reply says; those after the semicolon may be left out.

    Raises:
        KeyError: there is no such reply.
        TypeError: a value is missing or unknown.
    """
    required, optional = _REPLIES[name]
    if missing := required - values.keys():
        raise TypeError(f"reply {name!r} needs {', '.join(sorted(missing))}")
    if unknown := values.keys() - required - optional.keys():
        raise TypeError(f"reply {name!r} has no {', '.join(sorted(unknown))}")
    body = env.get_template(f"comments/reply/{name}.md.j2").render({**optional, **values}).strip("\n")
    head = filters.marker(marker) + Markup("\n") if marker else ""
    return fit([Section("reply", (f"{head}{body}",))])


def render_page(env: jinja2.Environment, template: str, **values: object) -> str:
    """A page of the site from ``pages/``; everything in it is escaped as HTML."""
    return env.get_template(f"pages/{template}").render(values)


def render_report(env: jinja2.Environment, view: SummaryView, **values: object) -> str:
    """A standalone page with its own style, allowed by hash: no script, nothing loaded.

    Args:
        env: the environment.
        view: the report.
        **values: ``by_file`` (path to entries of ``view``, ``fix`` and ``analyser``) and ``not_checked``.
    """
    style = (files("templates") / "static" / "site.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return render_page(
        env,
        "report.html.j2",
        view=view,
        style=style,
        style_hash=f"sha256-{digest}",
        headline=view.title or phrases.headline(view),
        suppressed=phrases.suppressed(view.suppressed, filters.visible),
        **values,
    )
