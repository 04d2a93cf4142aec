"""What the demo prints: the posted summary, inline comments and check run, with addresses and timings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from support.github import CheckRun, IssueComment, ReviewComment

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SUGGESTION = re.compile(r"(`{3,})suggestion\n(.*?)\n?\1", re.DOTALL)
FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>.*?</details>", re.DOTALL)
TAG = re.compile(r"</?(?:details|summary|sub|b|a)\b[^>]*>")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A backslash before punctuation, as Markdown escapes it."""
COLOURS = {"failure": "red", "success": "green", "neutral": "yellow"}
ANNOTATIONS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What arrived on the pull request."""

    summary: IssueComment
    comments: list[ReviewComment]
    run: CheckRun
    timings_s: dict[str, float]
    """Seconds since the start."""
    requests: int
    """How many requests the service sent to the API."""
    violations: list[str]
    """Those that do not fit GitHub's own description."""
    page: str
    site: str
    ending: str
    """What happens now: it stays running, or it stopped."""


def plain(markdown: str) -> str:
    """Markdown without what only GitHub renders: comments stay hidden, what is folded shows its title only."""
    folded = FOLDED.sub(lambda found: f"\n▸ {TAG.sub('', found[1])}\n", COMMENT.sub("", markdown))
    return TAG.sub("", folded).strip()


def unescaped(text: str) -> str:
    """A line of Markdown as a reader sees it."""
    return ESCAPE.sub(r"\1", text.replace("**", ""))


def show(console: Console, it: Outcome) -> None:
    """Print everything."""
    console.rule("Summary comment")
    console.print(Markdown(plain(it.summary.body)))
    console.rule(f"Review: {len(it.comments)} inline comments")
    for comment in it.comments:
        _comment(console, comment)
    console.rule("Check run")
    _check(console, it.run)
    console.rule("Timings")
    times = Table.grid(padding=(0, 2))
    for name, seconds in it.timings_s.items():
        times.add_row(name, f"{seconds:.1f} s")
    console.print(times)
    fit = "all fit GitHub's OpenAPI description" if not it.violations else "these do not fit GitHub's description:"
    console.print(Text(f"{it.requests} requests to the API; {fit}"))
    for violation in it.violations:
        console.print(Text(f"  {violation}", style="red"))
    links = Text.assemble("Pull request  ", (it.page, "cyan"), "\nStatus site   ", (it.site, "cyan"))
    console.print(Panel(links, title=it.ending, title_align="left", expand=False))


def _comment(console: Console, comment: ReviewComment) -> None:
    where = f"{comment.path}:{comment.start_line or comment.line}"
    body = plain(SUGGESTION.sub("", comment.body))
    first, _, rest = body.partition("\n")
    sentence = next((line for line in rest.split("\n") if line.strip()), "")
    console.print(Text.assemble((where, "bold cyan"), "  ", (unescaped(first), "bold")), soft_wrap=True)
    if sentence:
        console.print(Text("  " + unescaped(sentence)), soft_wrap=True)
    for found in SUGGESTION.finditer(comment.body):
        lines = "\n".join(f"+ {line}" for line in found[2].split("\n")) if found[2] else "- (deleted)"
        console.print(Syntax(lines, "diff", background_color="default"))


def _check(console: Console, run: CheckRun) -> None:
    colour = COLOURS.get(run.conclusion or "", "white")
    console.print(Text.assemble((run.name, "bold"), "  ", (run.conclusion or run.status, f"bold {colour}")))
    console.print(Text(run.title or ""))
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for note in run.annotations[:ANNOTATIONS_SHOWN]:
        place = f"{note['path']}:{note['start_line']}"
        table.add_row(note["annotation_level"], place, Text(note.get("title") or note["message"].split("\n")[0]))
    console.print(table)
    more = len(run.annotations) - ANNOTATIONS_SHOWN
    if more > 0:
        console.print(Text(f"and {more} more annotations on the check run"))
