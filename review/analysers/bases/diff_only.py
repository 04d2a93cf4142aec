"""Base of analysers that need no tool call: they look at one changed file after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from review.analyser import ReviewSubject, StepResults
from review.analysers.facts.kinds import exists
from review.diff import FileDiff
from review.models import Finding
from workflows.models import WorkflowStep


class DiffOnly(ABC):
    """Plans nothing and asks ``check`` about each file it covers."""

    def covers(self, file: FileDiff) -> bool:
        """Every text file that is still there."""
        return exists(file) and not file.binary

    def plan(self, subject: ReviewSubject) -> Sequence[WorkflowStep]:  # noqa: ARG002 - the contract's signature
        """Nothing: the change says it all."""
        return ()

    def interpret(
        self,
        subject: ReviewSubject,
        results: StepResults,  # noqa: ARG002 - the contract's signature
    ) -> Iterable[Finding]:
        """Findings of every covered file, in the order of the change."""
        for file in subject.diff.files:
            if self.covers(file):
                yield from self.check(subject, file)

    @abstractmethod
    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """Findings of one covered file."""
