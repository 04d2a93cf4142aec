"""Texts made of everything Markdown, HTML, GitHub or a terminal gives a meaning to."""

from __future__ import annotations

from hypothesis import strategies as st

HOSTILE_PIECES = [
    "@octocat", "@org/team", "me@evil.example", "#1", "a/b#2", "GH-3", "![x](http://e.example/x.png)",
    "[x](//e.example)",
    "https://evil.example/a_b", "www.evil.example", "mailto:a@b.co", "<b>", "</details>", "<!--", "-->", "<img src=x>",
    "`", "``", "```", "~~~", "|", "\\", "\\|", "\n", "\n\n", "# ", "> ", "- ", "1. ", "    ", "\t", "* ", "_a_",
    "**b**",
    "$x$", ":tada:", "&lt;", "&#64;", "\u202e", "\u200b", "\u2066", "\x00", "\x1b[31m", "\udcff", "{{ x }}", "{% x %}",
    "[ref]: http://e.example", "word", " ", "é", "漢字", "😀", "0123abcd", "---", "===", "[^1]", "==", "\r", "\u2028",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(HOSTILE_PIECES), max_size=14).map("".join)
"""Any mixture of them."""
