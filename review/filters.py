"""Mark what is not to be shown, and why. Nothing is dropped here: a marked finding is kept and counted.

The first reason that fits wins: ``config``, ``ignored``, ``outside-diff``, ``below-severity``, ``below-confidence``,
``duplicate``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from review.config import ReviewConfig
from review.diff import FileStatus
from review.equivalent import meanings
from review.markers import ADDED_IGNORE, IGNORE_WITHOUT_REASON, about, marker_for
from review.models import Finding, Severity
from review.source_lines import SourceLines

CONFIG, IGNORED, OUTSIDE_DIFF = "config", "ignored", "outside-diff"
BELOW_SEVERITY, BELOW_CONFIDENCE, DUPLICATE = "below-severity", "below-confidence", "duplicate"
_RANGE_LINES = 200
"""Lines of a finding that are compared with others': more says nothing."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What decides whether a finding is shown.

    Attributes:
        config: the repository's settings.
        lines: of the change.
        trust_markers: whether markers count although the change adds them, as when there is no earlier state.
    """

    config: ReviewConfig
    lines: SourceLines
    trust_markers: bool = False

    def mark(self, findings: Iterable[Finding]) -> list[Finding]:
        """Give each finding its place in the diff, its severity by the configuration, and a reason to hide it."""
        ignored = GitIgnoreSpec.from_lines(self.config.ignore_paths)
        marked: list[Finding] = []
        said: dict[tuple[str, int, str], Finding] = {}
        for raw in findings:
            finding = self._placed(raw)
            severity, off = severity_by_config(self.config, finding.rule_id, finding.severity)
            finding = finding.model_copy(update={"severity": severity})
            if off or ignored.match_file(finding.file_path):
                marked.append(_suppressed(finding, CONFIG))
                continue
            silenced, remark = self._silenced(finding)
            if remark is not None:
                said.setdefault((remark.file_path, remark.line_number, remark.rule_id), remark)
            marked.append(_suppressed(finding, IGNORED) if silenced else self._by_place_and_rank(finding))
        marked += [self._by_place_and_rank(self._placed(remark)) for remark in said.values()]
        return list(_without_duplicates(marked))

    def _placed(self, finding: Finding) -> Finding:
        """Lines inside the file, and whether the change added one of them."""
        last = self.lines.last(finding.file_path)
        start, end = finding.line_number, max(finding.end_line_number, finding.line_number)
        if last is not None and not finding.whole_file:
            start, end = max(1, min(start, last)), max(1, min(end, last))
        update = {"line_number": start, "end_line_number": end}
        return finding.model_copy(update={**update, "in_diff": self._in_diff(finding, start, end)})

    def _in_diff(self, finding: Finding, start: int, end: int) -> bool:
        file = self.lines.file(finding.file_path)
        if file is None:
            return False
        if finding.whole_file or file.status is FileStatus.ADDED:
            return True
        added = self.lines.added(finding.file_path)
        if end - start > len(added):
            return any(start <= line <= end for line in added)
        return any(line in added for line in range(start, end + 1))

    def _silenced(self, finding: Finding) -> tuple[bool, Finding | None]:
        """Whether a marker counts, and what is to be said of one that does not."""
        marker = None if finding.whole_file else marker_for(finding, self.lines)
        if marker is None:
            return False, None
        if not marker.reason:
            return False, about(marker, finding, IGNORE_WITHOUT_REASON)
        file = self.lines.file(finding.file_path)
        known = file is None or (file.problem is None and marker.line not in self.lines.added(finding.file_path))
        if known or self.trust_markers:
            return True, None
        return False, about(marker, finding, ADDED_IGNORE)

    def _by_place_and_rank(self, finding: Finding) -> Finding:
        if not finding.in_diff and not self.config.all_lines:
            return _suppressed(finding, OUTSIDE_DIFF)
        if finding.severity.rank < self.config.min_severity.rank:
            return _suppressed(finding, BELOW_SEVERITY)
        if finding.confidence.rank < self.config.min_confidence.rank:
            return _suppressed(finding, BELOW_CONFIDENCE)
        # An engine may have kept it back itself, at its own comment's word.
        return finding


def severity_by_config(config: ReviewConfig, rule_id: str, severity: Severity) -> tuple[Severity, bool]:
    """The severity a repository gives a rule, by its id or the longest ``family/*`` that fits.

    Returns:
        The severity, and whether the rule is off.
    """
    setting = config.rules.get(rule_id)
    if setting is None:
        fitting = [name for name in config.rules if name.endswith("*") and rule_id.startswith(name[:-1])]
        setting = config.rules[max(fitting, key=len)] if fitting else None
    if setting is None or setting.severity is None:
        return severity, False
    if setting.severity == "off":
        return severity, True
    return Severity(setting.severity), False


def suppressed_counts(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many findings each reason holds back."""
    counts: dict[str, int] = {}
    for finding in findings:
        if finding.suppressed_by is not None:
            counts[finding.suppressed_by] = counts.get(finding.suppressed_by, 0) + 1
    return counts


def _suppressed(finding: Finding, reason: str) -> Finding:
    return finding.model_copy(update={"suppressed_by": reason})


def _without_duplicates(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Of findings of several engines that say the same of a line the strongest stays; order is kept."""
    shown = [number for number, finding in enumerate(findings) if finding.suppressed_by is None]
    shown.sort(key=lambda number: _weakness(findings[number]))
    said: dict[tuple[str, str, int], set[str]] = {}
    exact: set[tuple[str, int, int, str, str]] = set()
    doubled: set[int] = set()
    for number in shown:
        finding = findings[number]
        identity = (finding.file_path, finding.line_number, finding.end_line_number, finding.rule_id, finding.message)
        keys = list(_keys(finding))
        if identity in exact or any(said.get(key, set()) - {finding.analyser} for key in keys):
            doubled.add(number)
            continue
        exact.add(identity)
        for key in keys:
            said.setdefault(key, set()).add(finding.analyser)
    for number, finding in enumerate(findings):
        yield _suppressed(finding, DUPLICATE) if number in doubled else finding


def _keys(finding: Finding) -> Iterator[tuple[str, str, int]]:
    if finding.whole_file:
        return
    end = min(finding.end_line_number, finding.line_number + _RANGE_LINES)
    for meaning in meanings(finding):
        for line in range(finding.line_number, end + 1):
            yield finding.file_path, meaning, line


def _weakness(finding: Finding) -> tuple[int, int, bool, str, str]:
    """Sorts the strongest first: severity, confidence, a fix; then by name, so that the choice is always the same."""
    return (
        -finding.severity.rank,
        -finding.confidence.rank,
        finding.fix is None,
        finding.analyser,
        finding.rule_id,
    )
