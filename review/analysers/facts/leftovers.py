"""Table of statements that serve a developer's eyes while debugging, by language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What sort of left-over it is; each is a rule of its own."""

    BREAKPOINT = auto()
    OUTPUT = auto()
    FOCUSED_TEST = auto()
    UNFINISHED = auto()


@dataclass(frozen=True, slots=True)
class LeftOver:
    """One pattern over code with strings and comments blanked."""

    kind: Kind
    pattern: re.Pattern[str]
    shown: str
    """How the statement is called in the message."""


def _rows(*rows: tuple[Kind, str, str]) -> tuple[LeftOver, ...]:
    return tuple(LeftOver(kind, re.compile(pattern), shown) for kind, pattern, shown in rows)


_B, _O, _F, _U = Kind.BREAKPOINT, Kind.OUTPUT, Kind.FOCUSED_TEST, Kind.UNFINISHED

_JAVASCRIPT = _rows(
    (_B, r"(?<![\w$.-])debugger\s*(?:;|$)", "debugger"),
    (_O, r"(?<![\w$.])console\.(?:log|debug|dir|table|trace)\s*\(", "console.log"),
    (_O, r"^\s*(?:window\.)?alert\s*\(", "alert"),
    (_F, r"(?<![\w$.])(?:it|test|describe|context|suite|specify|bench)(?:\.\w+)?\.only\s*[(.`]", ".only"),
    (_F, r"^\s*(?:fit|fdescribe|fcontext)\s*\(", "fit"),
)
_C = _rows((_B, r"(?<!\w)__(?:debugbreak|builtin_debugtrap)\s*\(", "debugbreak"))

LEFTOVERS: Mapping[str, tuple[LeftOver, ...]] = {
    "python": _rows(
        (_B, r"^\s*breakpoint\s*\(", "breakpoint()"),
        (_B, r"(?<![\w.])(?:i?pdb|pudb|wdb|celery\.contrib\.rdb)\.set_trace\s*\(", "set_trace()"),
        (_B, r"^\s*(?:import\s+(?:ipdb|pudb|wdb)\b|from\s+(?:ipdb|pudb|wdb)\s+import\b)", "import of a debugger"),
        (
            _B,
            r"(?<![\w.])(?:debugpy|ptvsd|pydevd(?:_pycharm)?)\.(?:listen|wait_for_client|settrace|breakpoint)\s*\(",
            "remote debugger",
        ),
        (_O, r"^\s*print\s*\(", "print"),
        (_O, r"^\s*(?:pprint\.)?pprint\s*\(", "pprint"),
        (_O, r"^\s*(?:icecream\.)?ic\s*\((?!\))", "ic"),
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "vue": _JAVASCRIPT,
    "svelte": _JAVASCRIPT,
    "ruby": _rows(
        (_B, r"(?<![\w.])binding\.(?:pry|irb|break|b|remote_pry)\b", "binding.pry"),
        (_B, r"^\s*(?:byebug|debugger|save_and_open_page|save_and_open_screenshot)\s*$", "byebug"),
        (_O, r"^\s*(?:pp|awesome_print|ap)\s+[\w@:\[({]", "pp"),
        (_F, r"^\s*(?:fit|fdescribe|fcontext|fspecify|fexample)\s+['\"]", "fit"),
        (
            _F,
            r"^\s*(?:it|describe|context|specify|example|scenario|feature)\b.*,\s*(?::focus\b|focus:\s*true|:focus\s*=>)",
            ":focus",
        ),
    ),
    "php": _rows(
        (_B, r"(?<![\w>$:\\])(?:dd|ddd|xdebug_break)\s*\(", "dd()"),
        (_O, r"(?<![\w>$:\\])(?:var_dump|dump|ray|print_r)\s*\((?!.*,\s*true\s*\))", "var_dump"),
    ),
    "go": _rows(
        (_O, r"(?<![\w.])fmt\.Print(?:ln|f)?\s*\(", "fmt.Println"),
        (_O, r"(?<![\w.])(?:spew\.(?:Dump|Printf)|pp\.Print(?:ln)?|litter\.Dump)\s*\(", "spew.Dump"),
        (_O, r"^\s*print(?:ln)?\s*\(", "println"),
        (_B, r"(?<![\w.])runtime\.Breakpoint\s*\(", "runtime.Breakpoint"),
        (_F, r"^\s*(?:FIt|FDescribe|FContext|FWhen|FSpecify|FEntry|FDescribeTable)\s*\(", "FIt"),
    ),
    "rust": _rows(
        (_O, r"(?<![\w:])(?:std::)?dbg!\s*[(\[{]", "dbg!"),
        (_U, r"(?<![\w:])(?:std::)?todo!\s*[(\[{]", "todo!"),
    ),
    "java": _rows(
        (_O, r"(?<![\w.])System\.(?:out|err)\.print(?:ln|f)?\s*\(", "System.out.println"),
        (_O, r"\.printStackTrace\s*\(\s*\)", "printStackTrace()"),
    ),
    "kotlin": _rows(
        (_O, r"^\s*print(?:ln)?\s*\(", "println"),
        (_O, r"\.printStackTrace\s*\(\s*\)", "printStackTrace()"),
        (_U, r"(?<![\w.])TODO\s*\(", "TODO()"),
    ),
    "scala": _rows((_O, r"^\s*println\s*\(", "println")),
    "csharp": _rows((_B, r"(?<![\w.])(?:System\.Diagnostics\.)?Debugger\.(?:Break|Launch)\s*\(", "Debugger.Break")),
    "swift": _rows((_O, r"^\s*(?:debugPrint|dump)\s*\(", "debugPrint")),
    "dart": _rows((_B, r"^\s*debugger\s*\(", "debugger")),
    "elixir": _rows(
        (_B, r"(?<![\w.])IEx\.pry\b", "IEx.pry"),
        (_O, r"(?<![\w.])(?:IO\.inspect|dbg)\s*\(", "IO.inspect"),
    ),
    "c": _C,
    "cpp": _C,
    "perl": _rows((_B, r"\$DB::single\s*=\s*1", "$DB::single")),
}
"""Patterns by language. A language without a row has nothing to report."""
