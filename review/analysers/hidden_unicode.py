"""Finds characters that make source text look different from what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts import unicode
from review.analysers.facts.code_text import code_lines, is_known
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import is_code, is_prose, language
from review.analysers.facts.lines import new_lines
from review.diff import FileDiff
from review.models import Category, Confidence, Finding, Rule, Severity

_PAPER = "https://trojansource.codes/"
_MEND = "Delete the character, or write it as an escape such as `\\u202e` so that readers can see it."

BIDI = Rule(
    id="hidden-unicode/bidi-control",
    summary="Invisible character that reorders the text",
    severity=Severity.HIGH,
    category=Category.SECURITY,
    help=(
        "With bidirectional controls a line can be shown in another order than the compiler reads it, so a "
        "comment can look like code and code like a comment. " + _MEND
    ),
    cwe=1007,
    url=_PAPER,
)
ZERO_WIDTH = Rule(
    id="hidden-unicode/zero-width",
    summary="Invisible character",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    help="Two names or values that look the same are different when one holds an invisible character. " + _MEND,
    cwe=1007,
    url="https://www.unicode.org/reports/tr36/",
)
HIDDEN_TEXT = Rule(
    id="hidden-unicode/hidden-text",
    summary="Hidden text made of invisible characters",
    severity=Severity.HIGH,
    category=Category.SECURITY,
    help=(
        "Tag characters and chains of variation selectors carry text that no editor shows but programs and "
        "language models read. There is no honest use for them in source files. Delete them."
    ),
    cwe=1007,
    url="https://www.unicode.org/reports/tr36/",
)
HOMOGLYPH = Rule(
    id="hidden-unicode/homoglyph",
    summary="Name that mixes look-alike letters of two scripts",
    severity=Severity.HIGH,
    category=Category.SECURITY,
    help="The name looks like another one but is not: a reader takes it for the other. Type it in one script.",
    cwe=1007,
    url=_PAPER,
)
CONTROL = Rule(
    id="hidden-unicode/control-character",
    summary="Raw control character",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    confidence=Confidence.MEDIUM,
    help="Escape and backspace characters hide text when the file is shown in a terminal. Write them as escapes.",
    cwe=150,
)
ODD_SPACE = Rule(
    id="hidden-unicode/odd-space",
    summary="Space that is not a space to the compiler",
    severity=Severity.LOW,
    category=Category.BUG,
    help="This character looks like a space but is read as something else. Replace it with a plain space.",
)


class HiddenUnicode(DiffOnly):
    """One finding a line and rule. Emoji, and scripts written from right to left in prose, stay silent."""

    name: ClassVar[str] = "hidden-unicode"
    rules: ClassVar[tuple[Rule, ...]] = (BIDI, ZERO_WIDTH, HIDDEN_TEXT, HOMOGLYPH, CONTROL, ODD_SPACE)
    rule_prefix: ClassVar[str] = "hidden-unicode/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("ok = level != 'user\u202e \u2066# admin\u2069 \u2066'\n", (BIDI.id,)),
        Example("is\u200badmin = 1\n", (ZERO_WIDTH.id,)),
        Example("p\u0430yload = 1\n", (HOMOGLYPH.id,)),
        Example("x = '" + "".join(chr(0xE0000 + ord(c)) for c in "hi") + "'\n", (HIDDEN_TEXT.id,)),
        Example("x = 'a\ufe01\ufe02\ufe03'\n", (HIDDEN_TEXT.id,)),
        Example("x = '\x1b[2K'\n", (CONTROL.id,)),
        Example("if\u00a0x:\n    pass\n", (ODD_SPACE.id,)),
        Example("\u202eoverridden\n", (BIDI.id,), "README.md"),
        Example("team = '\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f44d\U0001f3fd'\n", ()),
        Example("\u2067\u05e9\u05dc\u05d5\u05dd\u2069 hello\u200f\n", (), "docs/he.md"),
        Example('{"hello": "\u2067\u05e9\u05dc\u05d5\u05dd\u2069"}\n', (), "locales/he.json"),
        Example("s = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'\n", ()),
        Example("d\u0394 = \u03bb * \u03c3_x  # \u0434\u0430\u043d\u043d\u044b\u0435\n", ()),
        Example("\ufeffx = 1\n\f\nclass A:\n\t'caf\u00e9\u00a0!'\n", ()),
        Example(
            "flag = '\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f'\n",
            (),
        ),
    )

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """Findings of one file, in line order."""
        lines = new_lines(subject, file)
        if all(unicode.SUSPECT.search(line) is None and line.isascii() for _, line in lines):
            return
        prose, data = is_prose(file.path), not is_code(file.path)
        code: list[str] | None = None
        for index, (number, line) in enumerate(lines):
            if line.isascii() and unicode.SUSPECT.search(line) is None:
                continue
            if code is None:
                code = _code(file.path, [text for _, text in lines])
            place = Place(file.path, number)
            text = line[1:] if number == 1 and line.startswith("\ufeff") else line
            visible = code[index][len(line) - len(text) :]
            seen = [*_invisible(text, visible, prose=prose, data=data), *_look_alikes(file.path, visible)]
            for rule, message in seen:
                yield _finding(rule, place, message, prose=prose)


def _code(path: str, lines: list[str]) -> list[str]:
    """The lines with strings and comments blanked; index for index."""
    return code_lines("\n".join(lines), language(path)) + [""] * (1 if lines and not lines[-1] else 0)


def _look_alikes(path: str, visible: str) -> Iterator[tuple[Rule, str]]:
    if is_code(path) and is_known(language(path)):
        for _, word in unicode.mixed_words(visible):
            twin = next(char for char in word if char in unicode.TWINS)
            yield HOMOGLYPH, f"The name `{word}` mixes scripts: `{twin}` is {unicode.shown(twin)}."
            return


def _invisible(text: str, visible: str, *, prose: bool, data: bool) -> Iterator[tuple[Rule, str]]:
    """Each rule once, at its first character."""
    rtl = unicode.has_rtl(text)
    said: set[str] = set()
    for match in unicode.SUSPECT.finditer(text):
        at, char = match.start(), match.group()
        rule = _rule_of(text, at, prose=prose, rtl=rtl)
        if rule is None or rule.id in said or (rule is BIDI and data and rtl):
            continue
        if rule is ODD_SPACE and (prose or visible[at : at + 1] != char):
            continue
        said.add(rule.id)
        yield rule, f"{unicode.shown(char)} in column {at + 1}: {rule.summary[0].lower()}{rule.summary[1:]}."


def _rule_of(text: str, at: int, *, prose: bool, rtl: bool) -> Rule | None:  # noqa: PLR0911 - one return a kind reads best
    char = text[at]
    if char in unicode.BIDI_STRONG:
        return BIDI
    if char in unicode.BIDI_END:
        return None
    if char in unicode.BIDI_MARKS:
        return None if prose or rtl else ZERO_WIDTH
    if unicode.is_tag(char):
        return None if unicode.tag_at_home(text, at) else HIDDEN_TEXT
    if unicode.is_selector(char):
        if unicode.selector_at_home(text, at):
            return None
        return HIDDEN_TEXT if unicode.is_selector(text[at - 1 : at] or " ") or char > "\ufe0f" else None
    if char in unicode.JOINERS:
        return None if unicode.joiner_at_home(text, at) else ZERO_WIDTH
    if char in unicode.ZERO_WIDTH:
        at_home = unicode.zero_width_at_home(text, at, rtl=rtl) or (prose and char == "\u00ad")
        return None if at_home else ZERO_WIDTH
    return ODD_SPACE if char in unicode.ODD_SPACES else CONTROL


def _finding(rule: Rule, place: Place, message: str, *, prose: bool) -> Finding:
    lowered = Severity.LOW if prose and rule in {ZERO_WIDTH, CONTROL} else None
    return found(rule, place, message, suggestion=_MEND, severity=lowered)
