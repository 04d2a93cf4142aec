"""Which characters hide something in source text, and where they are at home. Source: Unicode 16 data files."""

from __future__ import annotations

import re
import unicodedata

BIDI_STRONG = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
"""Embeddings, overrides, isolates: they reorder what follows (CVE-2021-42574)."""
BIDI_END = frozenset("\u202c\u2069")
BIDI_MARKS = frozenset("\u200e\u200f\u061c")
ZERO_WIDTH = frozenset(
    "\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u00ad\u034f\u115f\u1160\u3164\uffa0\u17b4\u17b5"
)
"""No width and no effect on reading: spaces, joiners, fillers, the soft hyphen."""
JOINERS = frozenset("\u200c\u200d")
ODD_SPACES = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2028\u2029\u0085"
)
"""Look like a space or a line end, but compilers do not read them as one."""
SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f\u0080-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Any character worth a second look."""
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1a00-\u1aaf\u2e80-\u9fff\uac00-\ud7af]")
"""Scripts written without spaces, where U+200B marks a place to break the line."""
_JOINING = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0e80-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]")
"""Scripts whose spelling uses the joiner and the non-joiner."""
_VARIED_BASE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u1800-\u18af\u1000-\u109f]")
_FLAG_BASE = "\U0001f3f4"
_TAG_END = "\U000e007f"
_FLAG_TAGS = 6
"""Most tags in a flag of a region: five letters and the end. Source: Unicode Technical Standard 51."""

_CYRILLIC_TWINS = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅԌԚԜ"
_GREEK_TWINS = "οΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲ"  # noqa: RUF001 - same
_ARMENIAN_TWINS = "օհոսցԼՍ"
TWINS = frozenset(_CYRILLIC_TWINS + _GREEK_TWINS + _ARMENIAN_TWINS)
"""Letters of other scripts that look like a Latin one."""
_WORD = re.compile(r"[^\W\d_]+(?:[\w]*)")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def has_rtl(text: str) -> bool:
    """Whether the text has letters of a script written from right to left."""
    return bool(_RTL.search(text))


def joiner_at_home(text: str, at: int) -> bool:
    """Whether the joiner at this index stands in an emoji sequence or in a script that spells with it."""
    before, after = _before(text, at), text[at + 1 : at + 2]
    if _JOINING.match(before) and (not after or not after.isascii()):
        return True
    return text[at] == "\u200d" and _pictorial(before) and _pictorial(after)


def zero_width_at_home(text: str, at: int, *, rtl: bool) -> bool:
    """Whether the zero-width character at this index is of use where it stands, in a line with or without RTL text."""
    if text[at] in "\u200b\u2060":
        return bool(_SPACELESS.search(text[max(0, at - 1) : at + 2]))
    if text[at] == "\u00ad":
        return rtl
    if text[at] in "\u115f\u1160\u3164\uffa0":
        return bool(
            re.search("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]", text[max(0, at - 1) : at] + text[at + 1 : at + 2])
        )
    return text[at] in "\u17b4\u17b5\u180e" and bool(re.search("[\u1780-\u18af]", text[max(0, at - 3) : at]))


def selector_at_home(text: str, at: int) -> bool:
    """Whether the variation selector at this index has a base it can vary. A chain of them carries hidden data."""
    before = text[at - 1 : at]
    if not before or is_selector(before) or before.isspace():
        return False
    if text[at] in "\ufe0e\ufe0f":
        return _pictorial(before) or before in "#*0123456789\u200d" or not before.isalnum()
    return bool(_VARIED_BASE.match(before)) or unicodedata.category(before) in {"Sm", "So"}


def is_selector(char: str) -> bool:
    """Whether the character is a variation selector."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180f"


def is_tag(char: str) -> bool:
    """Whether the character is a tag: an invisible copy of an ASCII letter."""
    return "\U000e0000" <= char <= _TAG_END


def tag_at_home(text: str, at: int) -> bool:
    """Whether the tag at this index spells a flag: a black flag, up to six tags, the end tag."""
    start = at
    while start > max(0, at - _FLAG_TAGS) and is_tag(text[start - 1]):
        start -= 1
    end = at
    while end + 1 < len(text) and end < start + _FLAG_TAGS and is_tag(text[end + 1]):
        end += 1
    return text[start - 1 : start] == _FLAG_BASE and text[end] == _TAG_END


def mixed_words(text: str) -> list[tuple[int, str]]:
    """Words that mix Latin letters with look-alikes of another script, with their index."""
    if text.isascii():
        return []
    return [
        (match.start(), match.group())
        for match in _WORD.finditer(text)
        if _LATIN.search(match.group()) and any(char in TWINS for char in match.group())
    ]


def shown(char: str) -> str:
    """``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    return f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"


def _before(text: str, at: int) -> str:
    """The character before, with selectors and skin tones passed over."""
    at -= 1
    while at > 0 and (is_selector(text[at]) or "\U0001f3fb" <= text[at] <= "\U0001f3ff"):
        at -= 1
    return text[at] if at >= 0 else ""


def _pictorial(char: str) -> bool:
    return bool(char) and (
        unicodedata.category(char) in {"So", "Sk"} or char in "\u2194\u2195\u203c\u2049\u2122\u2139\u27a1"
    )
