"""All text people see: the Jinja environment and the functions that turn views into text. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2
from jinja2.nodes import EvalContext
from markupsafe import Markup

from templates import figures, filters
from templates.render import render_check, render_inline, render_page, render_reply, render_report, render_summary

__all__ = [
    "environment",
    "render_check",
    "render_inline",
    "render_page",
    "render_reply",
    "render_report",
    "render_summary",
]

_HTML_NAMES = (".html.j2", ".svg.j2")


@jinja2.pass_eval_context
def _escape_markdown(context: EvalContext, value: object) -> object:
    """Escape every plain string a Markdown template prints: nobody can forget it."""
    if context.autoescape or not isinstance(value, str) or isinstance(value, Markup):
        return value
    return filters.prose(value)


def environment() -> jinja2.Environment:
    """Build the one environment: the only place that does.

    ``*.html.j2`` and ``*.svg.j2`` are escaped as HTML, everything else as Markdown; an unknown name is an error.
    """
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("templates", ""),
        autoescape=lambda name: bool(name and name.endswith(_HTML_NAMES)),  # noqa: S701 - see the docstring
        undefined=jinja2.StrictUndefined,
        finalize=_escape_markdown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(
        address=filters.address,
        clip=filters.clip,
        code=filters.code,
        coded=filters.coded,
        fence=filters.fence,
        marker=filters.marker,
        prose=filters.prose,
        visible=filters.visible,
        ago=_ours(figures.ago),
        count=_ours(figures.count),
        duration=_ours(figures.duration),
        grouped=_ours(figures.grouped),
        machine_time=_ours(figures.machine_time),
        milliseconds=_ours(figures.milliseconds),
        moment=_ours(figures.moment),
        sign=_ours(figures.sign),
    )
    return env


def _ours(function: Callable[..., str]) -> Callable[..., Markup]:
    """Mark the words of a function of ours as safe: digits, units and signs only."""

    def marked(*args: Any) -> Markup:
        return Markup(function(*args))  # noqa: S704 - figures print numbers and constants

    return marked
