"""Base of analysers that ask an outside engine: a named command of simple-warp run on the changed files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from review.analyser import Example, ReviewSubject, StepResults
from review.analysers.bases.answer import answers, known_path
from review.analysers.facts.kinds import exists, is_generated, is_sendable, is_vendored
from review.diff import FileDiff
from review.models import Finding, Rule
from workflows.models import WorkflowStep

SERVER = "simple-warp"
TOOL = "run_named"
BATCH_FILES = 200
"""Most paths in one run: keeps the argument list short and lets large changes run side by side."""


class Engine(ABC):
    """Plans one run a batch of files and turns each answer into findings.

    The command of the same name in ``servers/simple_warp/commands.toml`` says how the program is started.
    """

    name: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]] = ()
    rule_prefix: ClassVar[str]
    examples: ClassVar[tuple[Example, ...]]
    needs_workspace: ClassVar[bool] = True
    """Engines read files: without a workspace they plan nothing."""
    timeout_s: ClassVar[int] = 90
    """Seconds for one run with its queueing; the program's own limit is in its command."""

    @abstractmethod
    def wants(self, path: str) -> bool:
        """Whether the engine reads files of this name."""

    @abstractmethod
    def read(self, subject: ReviewSubject, content: Mapping[str, Any]) -> Iterable[Finding]:
        """Findings in the answer of one run.

        Raises:
            AnalyserError: the answer has not the expected shape.
        """

    def covers(self, file: FileDiff) -> bool:
        """Files the engine reads, without those a program wrote or somebody else keeps."""
        path = file.path
        if file.binary or not exists(file) or not is_sendable(path):
            return False
        return self.wants(path) and not is_vendored(path) and not is_generated(path)

    def selected(self, subject: ReviewSubject) -> list[str]:
        """Paths the engine is given, in the order of the change."""
        return [
            file.path
            for file in subject.diff.files
            if file.path in subject.texts
            and self.covers(file)
            and not is_generated(file.path, subject.texts[file.path])
        ]

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:
        """One step a batch."""
        if subject.workspace is None:
            return ()
        paths = self.selected(subject)
        return [
            WorkflowStep(
                name=f"{self.name}:{start // BATCH_FILES + 1}",
                mcp_server=SERVER,
                tool_name=TOOL,
                arguments={
                    "name": self.name,
                    "paths": paths[start : start + BATCH_FILES],
                    "workspace": subject.workspace,
                },
                timeout=self.timeout_s,
                continue_on_error=True,
            )
            for start in range(0, len(paths), BATCH_FILES)
        ]

    def interpret(self, subject: ReviewSubject, results: StepResults) -> Iterable[Finding]:
        """Findings of all runs, each once."""
        seen: set[tuple[str, int, str, str]] = set()
        for content in answers(self.name, results):
            for finding in self.read(subject, content):
                key = (finding.file_path, finding.line_number, finding.rule_id, finding.message)
                if key not in seen:
                    seen.add(key)
                    yield finding

    def path_of(self, subject: ReviewSubject, raw: str) -> str | None:
        """The changed file an engine names, None for a name we did not give it."""
        return known_path(raw, subject.workspace, subject.texts)
