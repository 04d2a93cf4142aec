"""Notices code that changed while no test of it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from review.analyser import Example, ReviewSubject, StepResults
from review.analysers.facts.code_text import code_lines
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import exists, is_generated, is_script, is_test, is_vendored, language
from review.analysers.facts.tests_of import FAMILY, LOGIC, TESTED_LANGUAGES, TestIndex, stem
from review.diff import FileDiff
from review.models import Category, Confidence, Finding, Rule, Severity
from workflows.models import WorkflowStep

_WHY = "A change without a test can break later without anybody noticing."

NO_TEST = Rule(
    id="missing-tests/no-test",
    summary="New code without a test",
    severity=Severity.LOW,
    category=Category.MAINTAINABILITY,
    confidence=Confidence.MEDIUM,
    help=f"{_WHY} The repository has tests in this language, but none whose name matches this file.",
)
NOT_CHANGED = Rule(
    id="missing-tests/test-not-changed",
    summary="Code changed, its test did not",
    severity=Severity.INFO,
    category=Category.MAINTAINABILITY,
    confidence=Confidence.MEDIUM,
    help=f"{_WHY} The file has a test, and the change does not touch it.",
)
MIN_CODE_LINES = 8
"""Fewer added lines of code than this ask for no test of their own."""


class MissingTests:
    """One finding a file at most. Silent where the tree is unknown or has no tests in the language."""

    name: ClassVar[str] = "missing-tests"
    rules: ClassVar[tuple[Rule, ...]] = (NO_TEST, NOT_CHANGED)
    rule_prefix: ClassVar[str] = "missing-tests/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("def f(x):\n    if x:\n        return 1\n    return 2\n" * 5, (), "src/alone.py"),
    )

    def covers(self, file: FileDiff) -> bool:
        """Hand-written code of a language with a naming convention for tests."""
        path = file.path
        if file.binary or not exists(file) or language(path) not in TESTED_LANGUAGES:
            return False
        return not (
            is_test(path) or is_script(path) or is_vendored(path) or is_generated(path) or path.endswith(".d.ts")
        )

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:  # noqa: ARG002 - contract
        """Nothing: the change and the tree say it all."""
        return ()

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:  # noqa: ARG002 - contract
        """One finding a file at most; none when the tree is unknown: then nobody can say whether there is a test."""
        in_tree = _by_family(subject.tree)
        changed = _by_family(f.path for f in subject.diff.files if exists(f))
        indexes = {family: (TestIndex(tests), TestIndex(changed.get(family, ()))) for family, tests in in_tree.items()}
        for file in subject.diff.files:
            family = _family(file.path)
            if family not in indexes or not self.covers(file) or not _asks_for_test(file):
                continue
            known, touched = indexes[family]
            if touched.first_match(file.path) or _mentioned(subject, file.path, changed.get(family, [])):
                continue
            if not (_tested_inside(subject, file.path) or is_generated(file.path, subject.texts.get(file.path, ""))):
                yield _finding(file, known.first_match(file.path))


def _by_family(paths: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for path in paths:
        if language(path) in TESTED_LANGUAGES and is_test(path):
            grouped.setdefault(_family(path), []).append(path)
    return grouped


def _finding(file: FileDiff, test: str | None) -> Finding:
    place = Place(file.path, next((line.new_line for line in file.added_lines if line.new_line), 1))
    if test:
        message = f"`{file.path}` changed, but its test `{test}` did not."
        return found(NOT_CHANGED, place, message, suggestion="Add a case for what changed.")
    message = f"No test in the repository matches `{file.path}`, and the change adds none."
    return found(NO_TEST, place, message, suggestion="Add a test for the new behaviour.")


def _family(path: str) -> str:
    name = language(path)
    return FAMILY.get(name, name)


def _asks_for_test(file: FileDiff) -> bool:
    added = "\n".join(line.text for line in file.added_lines)
    code = [line for line in code_lines(added, language(file.path)) if line.strip(" \t{}()[];,'\"")]
    return len(code) >= MIN_CODE_LINES and any(LOGIC.search(line) for line in code)


def _mentioned(subject: ReviewSubject, path: str, tests: list[str]) -> bool:
    """Whether a changed test names the unit in its text, such as in an import."""
    unit = stem(path)
    spellings = {unit, unit.replace("_", "-"), unit.replace("_", "")}
    return any(s in subject.texts.get(test, "").lower() for test in tests for s in spellings if s)


def _tested_inside(subject: ReviewSubject, path: str) -> bool:
    """Whether the file holds its own tests, as Rust does."""
    return language(path) == "rust" and "#[cfg(test)]" in subject.texts.get(path, "")
