"""The contract of an analyser: rules, examples, a pure plan and a pure interpretation. No analyser does I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from review.config import ReviewConfig
from review.diff import Diff, FileDiff
from review.models import Finding, Rule
from workflows.models import StepResult, WorkflowStep

StepResults = Mapping[str, StepResult]
"""Results of an analyser's own steps, by step name."""


@dataclass(frozen=True, slots=True)
class ReviewSubject:
    """What is reviewed: the change, the changed files' new text, and where they lie."""

    diff: Diff
    config: ReviewConfig = field(default_factory=ReviewConfig)
    workspace: str | None = None
    """Absolute folder with the changed files as they are at the head; None when only a diff is at hand."""
    repository: str | None = None
    """Absolute path of the git repository (bare or not) that holds base and head; None without one."""
    base_sha: str = ""
    head_sha: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    """New text of changed, readable text files, by path. Line ends as in the file."""
    tree: frozenset[str] = frozenset()
    """Every path of the head tree; empty when unknown."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of changed files at the head, by path, binary ones too; without a path where unknown."""
    deep: bool = False
    """Whether slow engines may run."""

    def files_named(self, *suffixes: str) -> list[FileDiff]:
        """Changed, still existing, readable files whose path ends with one of the suffixes."""
        return [f for f in self.diff.files if f.path in self.texts and f.path.endswith(suffixes)]


@dataclass(frozen=True, slots=True)
class Example:
    """A sample change and the rules it must raise: test and documentation in one."""

    text: str
    """New content of the file: every line counts as added."""
    rules: tuple[str, ...]
    """Ids that must be found, in line order; empty for a sample that must stay silent."""
    path: str = "example.py"


class Analyser(Protocol):
    """One kind of check. Registered in ``review.analysers.ALL``."""

    name: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    """Own rules. An engine with rules of its own lists none and names its family in ``rule_prefix``."""
    rule_prefix: ClassVar[str]
    """``conflict-markers/``: every rule id it reports starts so."""
    examples: ClassVar[tuple[Example, ...]]

    def covers(self, file: FileDiff) -> bool:
        """Whether this analyser has something to say about such a file (by name and kind, without its text)."""
        ...

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:
        """Tool calls it needs; empty when it needs none. Step names start with the analyser's name."""
        ...

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
        """Findings from the change and the answers. Called only when every planned step succeeded.

        Raises:
            AnalyserError: an answer cannot be read; the analyser is then named as skipped.
        """
        ...
