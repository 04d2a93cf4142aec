"""Finds breakpoints, debugging output and focused tests that were committed by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts.code_text import code_lines
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import exists, is_generated, is_script, is_test, is_vendored, language
from review.analysers.facts.leftovers import LEFTOVERS, Kind, LeftOver
from review.analysers.facts.lines import new_lines
from review.diff import FileDiff
from review.models import Category, Confidence, Finding, Rule, Severity

BREAKPOINT = Rule(
    id="debug-leftovers/breakpoint",
    summary="Breakpoint left in the code",
    severity=Severity.MEDIUM,
    category=Category.BUG,
    help="The program stops here and waits for a person; a server hangs. Remove the statement.",
    cwe=489,
)
OUTPUT = Rule(
    id="debug-leftovers/output",
    summary="Debugging output left in the code",
    severity=Severity.LOW,
    category=Category.MAINTAINABILITY,
    confidence=Confidence.MEDIUM,
    help=(
        "Printing to the console cannot be switched off, and may show data that should not be in a log. "
        "Remove it, or use the logger of the project. Not reported in tests, scripts, examples and command lines."
    ),
    cwe=489,
)
FOCUSED_TEST = Rule(
    id="debug-leftovers/focused-test",
    summary="Focused test: all others are skipped",
    severity=Severity.MEDIUM,
    category=Category.BUG,
    help="With a focused test the runner skips every other test and is still green. Remove the focus.",
)
UNFINISHED = Rule(
    id="debug-leftovers/unfinished",
    summary="Placeholder that fails when it runs",
    severity=Severity.LOW,
    category=Category.BUG,
    help="This placeholder ends the program when it is reached. Write the missing part or return an error.",
)
_RULES = {
    Kind.BREAKPOINT: BREAKPOINT, Kind.OUTPUT: OUTPUT, Kind.FOCUSED_TEST: FOCUSED_TEST, Kind.UNFINISHED: UNFINISHED,
}  # fmt: skip
_REASONS = {
    Kind.BREAKPOINT: "`{shown}` stops the program and waits for a developer.",
    Kind.OUTPUT: "`{shown}` looks like left-over debugging output.",
    Kind.FOCUSED_TEST: "`{shown}` makes the test runner skip every other test, and the run stays green.",
    Kind.UNFINISHED: "`{shown}` is a placeholder that ends the program when it is reached.",
}
_SUGGESTIONS = {
    Kind.BREAKPOINT: "Remove the statement before merging.",
    Kind.OUTPUT: "Remove it, or use the project's logger.",
    Kind.FOCUSED_TEST: "Remove the focus so that all tests run.",
    Kind.UNFINISHED: "Write the missing part, or return an error the caller can handle.",
}

# Signs that the file talks to a terminal on purpose: its whole job may be to print.
_TALKS = re.compile(
    r"""^if\s+__name__\s*==|^[ \t]*(?:import|from)\s+(?:argparse|click|typer|optparse|getopt|fire|docopt|cmd|curses)\b
    |^package\s+main\b|^\#!|\bpublic\s+static\s+void\s+main\b|\bfun\s+main\s*\(|\bprocess\.argv\b|\byargs\b|commander['"]
    |class\s+Command\s*\(\s*BaseCommand""",
    re.MULTILINE | re.VERBOSE,
)
_SENT_ELSEWHERE = re.compile(r"\bfile\s*=")


class DebugLeftovers(DiffOnly):
    """Looks at code only: a statement named in a string or a comment is not one."""

    name: ClassVar[str] = "debug-leftovers"
    rules: ClassVar[tuple[Rule, ...]] = (BREAKPOINT, OUTPUT, FOCUSED_TEST, UNFINISHED)
    rule_prefix: ClassVar[str] = "debug-leftovers/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("def f(x):\n    breakpoint()\n    return x\n", (BREAKPOINT.id,)),
        Example("def f(x):\n    print(x)\n    return x\n", (OUTPUT.id,)),
        Example("import pdb\n\npdb.set_trace()\n", (BREAKPOINT.id,)),
        Example("function f() {\n  debugger;\n  console.log('x');\n}\n", (BREAKPOINT.id, OUTPUT.id), "src/a.js"),
        Example("it.only('adds', () => {});\n", (FOCUSED_TEST.id,), "src/a.test.ts"),
        Example("fdescribe('x', () => {});\n", (FOCUSED_TEST.id,), "spec/a.spec.js"),
        Example("def a\n  binding.pry\nend\n", (BREAKPOINT.id,), "app/a.rb"),
        Example("it 'adds', :focus do\nend\n", (FOCUSED_TEST.id,), "spec/a_spec.rb"),
        Example("<?php\nfunction f($x) { dd($x); }\n", (BREAKPOINT.id,), "app/A.php"),
        Example("package store\n\nfunc f() {\n\tfmt.Println(1)\n}\n", (OUTPUT.id,), "store/a.go"),
        Example("fn f() {\n    let x = dbg!(1);\n    todo!()\n}\n", (OUTPUT.id, UNFINISHED.id), "src/lib.rs"),
        Example("class A { void f() { System.out.println(1); } }\n", (OUTPUT.id,), "src/main/java/A.java"),
        Example("def f():\n    '''Doc.\n\n    print(1)\n    breakpoint()\n    '''\n    # print(2)\n", ()),
        Example("print('usage')\n", (), "scripts/run.py"),
        Example("import argparse\n\ndef main():\n    print('usage')\n", ()),
        Example("def f(err):\n    print('x', file=err)\n", ()),
        Example("console.log('x');\n", (), "src/a.test.js"),
        Example("console.error(e);\nlogger.print(e);\n", (), "src/a.ts"),
        Example("package main\n\nfunc main() {\n\tfmt.Println(1)\n}\n", (), "main.go"),
        Example("const s = 'it.only(x)'; // debugger;\n", (), "src/a.ts"),
        Example("const debugger2 = only(it);\nmodel.fit(x);\n", (), "src/a.ts"),
    )

    def covers(self, file: FileDiff) -> bool:
        """Code we have patterns for, unless it is generated or somebody else's."""
        known = language(file.path) in LEFTOVERS and not file.binary
        return known and exists(file) and not (is_vendored(file.path) or is_generated(file.path))

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """One finding a line at most."""
        lines = new_lines(subject, file)
        text = "\n".join(line for _, line in lines)
        if is_generated(file.path, text):
            return
        rows = _rows(file.path, text)
        code = code_lines(text, language(file.path))
        for (number, _), visible in zip(lines, code, strict=False):
            hit = _match(rows, visible)
            if hit is not None:
                yield found(
                    _RULES[hit.kind],
                    Place(file.path, number),
                    _REASONS[hit.kind].format(shown=hit.shown),
                    suggestion=_SUGGESTIONS[hit.kind],
                )


def _rows(path: str, text: str) -> list[LeftOver]:
    """The patterns that count in this file."""
    test = is_test(path)
    quiet = test or is_script(path) or bool(_TALKS.search(text))
    silent = {Kind.OUTPUT, Kind.UNFINISHED} if quiet else set()
    if not test:
        silent.add(Kind.FOCUSED_TEST)
    return [row for row in LEFTOVERS[language(path)] if row.kind not in silent]


def _match(rows: Sequence[LeftOver], line: str) -> LeftOver | None:
    if not line or line.isspace():
        return None
    for row in rows:
        if row.pattern.search(line) and not (row.kind is Kind.OUTPUT and _SENT_ELSEWHERE.search(line)):
            return row
    return None
