"""Program text with strings and comments blanked, so that a pattern meets code only. Linear, never fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from review.analysers.facts.lines import split_lines

# Hostile text must not make these slow: each either cannot fail once begun (possessive, the closing sign optional) or
# looks a bounded way ahead.
_DOUBLE = r'"(?:\\.|[^"\\\n])*+"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*+'?"
_CHAR = r"'(?:\\[^\n]{1,10}|[^'\\\n])'"
"""One character: leaves Rust's lifetimes and C++'s digit separators alone."""
_SLASHES = r"//[^\n]*+"
_BLOCK = r"/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"\#[^\n]*+"
_TRIPLE = r'"""[\s\S]*?(?:"""|\Z)'
_TRIPLE_SINGLE = r"'''[\s\S]*?(?:'''|\Z)"
_BACKTICK = r"`(?:\\[\s\S]|[^`\\])*+`?"
_RAW_BACKTICK = r"`[^`]*+`?"
_REGEX_LITERAL = r"(?<=[=(,:;!&|?{}\[\n])[ \t]{0,8}/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n]){0,100}+\]|[^/\\\n\[]){1,200}+/"

_SYNTAX: Mapping[str, tuple[str, ...]] = {
    "python": (_TRIPLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE, _HASH),
    "javascript": (_BLOCK, _SLASHES, _REGEX_LITERAL, _BACKTICK, _DOUBLE, _SINGLE),
    "go": (_BLOCK, _SLASHES, _RAW_BACKTICK, _DOUBLE, _CHAR),
    "c": (_BLOCK, _SLASHES, _TRIPLE, _DOUBLE, _CHAR),
    "php": (_BLOCK, _SLASHES, _HASH, _DOUBLE, _SINGLE),
    "ruby": (r"(?<![^\n])=begin[\s\S]*?(?:\n=end|\Z)", _DOUBLE, _SINGLE, _HASH),
    "sql": (_BLOCK, r"--[^\n]*", _SINGLE),
    "lua": (r"--\[\[[\s\S]*?(?:\]\]|\Z)", r"--[^\n]*", _DOUBLE, _SINGLE),
}
_FAMILY: Mapping[str, str] = {
    **dict.fromkeys(("javascript", "typescript", "vue", "svelte"), "javascript"),
    **dict.fromkeys(
        ("c", "cpp", "objc", "java", "kotlin", "scala", "groovy", "csharp", "rust", "swift", "dart", "zig",
         "solidity", "proto"), "c"),
    **dict.fromkeys(("ruby", "elixir", "perl", "shell", "r", "julia", "make", "powershell", "yaml", "toml",
                     "terraform", "graphql", "docker"), "ruby"),
    "python": "python", "go": "go", "php": "php", "sql": "sql", "haskell": "sql", "lua": "lua",
}  # fmt: skip
_PATTERNS = {name: re.compile("|".join(parts), re.MULTILINE) for name, parts in _SYNTAX.items()}


def is_known(language: str) -> bool:
    """Whether strings and comments of the language can be told from code."""
    return language in _FAMILY


def code_lines(text: str, language: str) -> list[str]:
    """Lines of the text with the insides of strings and comments turned into spaces.

    Args:
        text: the whole file, or a piece that starts outside strings and comments.
        language: as ``facts.kinds.language`` says; an unknown one leaves the text as it is.

    Returns:
        As many lines as the text has, each of its old length.
    """
    return split_lines(_blank(text, language, _is_any))


def comment_free_lines(text: str, language: str) -> list[str]:
    """Lines of the text with only the comments turned into spaces."""
    return split_lines(_blank(text, language, _is_comment))


def _is_any(text: str) -> bool:
    return bool(text)


def _is_comment(text: str) -> bool:
    return text.startswith(("//", "/*", "#", "--", "=begin"))


def _blank(text: str, language: str, chosen: Callable[[str], bool]) -> str:
    pattern = _PATTERNS.get(_FAMILY.get(language, ""))
    if pattern is None:
        return text

    def blank(match: re.Match[str]) -> str:
        whole = match.group()
        if not chosen(whole):
            return whole
        if _is_comment(whole) or len(whole) == 1:
            return re.sub(r"[^\r\n]", " ", whole)
        return whole[0] + re.sub(r"[^\r\n]", " ", whole[1:-1]) + whole[-1]

    return pattern.sub(blank, text)
