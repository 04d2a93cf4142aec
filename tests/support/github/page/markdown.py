"""Markdown as GitHub shows it in comments: GFM, sanitised HTML, alerts, mentions, suggestions as diffs."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
TAGS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "b",
            "blockquote",
            "br",
            "code",
            "dd",
            "del",
            "div",
            "dl",
            "dt",
            "em",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "ins",
            "kbd",
            "p",
            "picture",
            "q",
            "s",
            "samp",
            "span",
            "strike",
            "strong",
            "sub",
            "summary",
            "sup",
            "table",
            "tbody",
            "tfoot",
            "thead",
            "tr",
            "tt",
            "ul",
            "var",
        ),
        frozenset(),
    ),
    "a": frozenset({"href", "title"}),
    "details": frozenset({"open"}),
    "img": frozenset({"src", "alt", "title", "width", "height"}),
    "input": frozenset({"type", "checked", "disabled"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start"}),
    "pre": frozenset({"lang"}),
    "source": frozenset({"media", "srcset"}),
    "td": frozenset({"align", "colspan", "rowspan"}),
    "th": frozenset({"align", "colspan", "rowspan"}),
}
"""What GitHub's sanitiser lets through, near enough: tags and their attributes."""
VOID = frozenset({"br", "hr", "img", "input", "source"})
DROPPED = frozenset({"script", "style", "iframe", "object", "embed", "noscript", "template", "textarea", "title"})
QUIET = frozenset({"a", "code", "pre"})
"""Inside these an @name or a #number stays text."""
MENTION = re.compile(r"(?<![\w/`@.])@([A-Za-z\d](?:[A-Za-z\d]|-(?=[A-Za-z\d])){0,38})(?![\w@])")
ISSUE = re.compile(r"(?<![\w&/])#(\d{1,9})\b")
ALERT = re.compile(r"<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*(?:<br ?/?>\s*)?")
SUGGESTION = re.compile(r'<pre lang="suggestion">\s*<code>(.*?)</code>\s*</pre>', re.DOTALL)


def render(text: str, *, page: str, replaced: Sequence[str] | None = None) -> str:
    """Render a comment.

    Args:
        text: Markdown as posted.
        page: address of the repository, for mentions and issue numbers.
        replaced: the lines a suggestion in it would replace; None where suggestions have no meaning.

    Returns:
        HTML that holds nothing the author smuggled in.
    """
    cleaner = _Cleaner(page)
    cleaner.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=OPTIONS))
    clean = cleaner.finish()
    clean = ALERT.sub(lambda found: _alert(found[1]), clean)
    if replaced is None:
        return clean
    return SUGGESTION.sub(lambda found: suggestion(replaced, html.unescape(found[1])), clean)


def _alert(kind: str) -> str:
    return f'<blockquote class="alert alert-{kind.lower()}"><p class="alert-title">{kind.capitalize()}</p><p>'


def suggestion(replaced: Sequence[str], text: str) -> str:
    """A suggested change as the diff GitHub draws."""
    added = text.split("\n")[:-1]
    rows = [("−", "deletion", line) for line in replaced] + [("+", "addition", line) for line in added]
    body = "".join(
        f'<tr class="{kind}"><td class="sign">{sign}</td><td class="code">{html.escape(line) or " "}</td></tr>'
        for sign, kind, line in rows
    )
    return (
        '<div class="suggestion"><div class="suggestion-head">Suggested change</div>'
        f'<div class="scroll"><table class="diff"><tbody>{body}</tbody></table></div></div>'
    )


class _Cleaner(HTMLParser):
    """Keeps known tags and attributes, closes what was left open, links mentions."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.out: list[str] = []
        self.open: list[str] = []
        self.dropping: str | None = None

    def finish(self) -> str:
        self.close()
        while self.open:
            self.out.append(f"</{self.open.pop()}>")
        return "".join(self.out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.dropping or tag in DROPPED:
            self.dropping = self.dropping or tag
            return
        if tag not in TAGS:
            return
        kept = [(name, value or "") for name, value in attrs if name in TAGS[tag]]
        if tag == "a":
            kept = [
                (n, v) for n, v in kept if n != "href" or v.startswith(("https://", "http://", "mailto:", "#", "/"))
            ]
            kept.append(("rel", "nofollow noopener"))
        if tag == "input" and ("type", "checkbox") not in kept:
            return
        text = "".join(f' {name}="{html.escape(value)}"' for name, value in kept)
        if tag == "table":
            self.out.append('<div class="scroll">')
        self.out.append(f"<{tag}{text}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.dropping:
            self.dropping = None if tag == self.dropping else self.dropping
            return
        if tag in VOID or tag not in self.open:
            return
        while True:
            last = self.open.pop()
            self.out.append(f"</{last}>" + ("</div>" if last == "table" else ""))
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if self.dropping:
            return
        text = html.escape(data, quote=False)
        if not QUIET & set(self.open):
            root = self.page.rsplit("/", 2)[0]
            text = MENTION.sub(rf'<a class="mention" href="{root}/\1">@\1</a>', text)
            text = ISSUE.sub(rf'<a class="reference" href="{self.page}/pull/\1">#\1</a>', text)
        self.out.append(text)
