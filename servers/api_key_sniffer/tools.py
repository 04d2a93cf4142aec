"""The tools that scan: a text, a difference, a folder; and what was seen."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from servers.api_key_sniffer import unified
from servers.api_key_sniffer.answers import KeysAnswer, Pattern, ScanAnswer, SkippedPath, TextAnswer
from servers.api_key_sniffer.detector import MIN_CONFIDENCE, Detected, Detector, Tally, finding
from servers.guard.fault import Code, Fault, invalid
from servers.guard.walk import Visit, Walk, matcher
from servers.guard.workspace import Workspace, read_all

MAX_INPUT_CHARS = 8_388_608
MAX_FILE_BYTES = 4_194_304
_MAX_SKIPPED_SHOWN = 200
_BINARY_SNIFF_BYTES = 8000
_SKIPPED_FOLDERS = ("node_modules/", ".venv/", "__pycache__/", ".tox/")

Globs = Annotated[list[str], Field(max_length=100)]


class ScanTools:
    """Blocking tools; the server runs them in threads, and the engine leaves the interpreter free meanwhile."""

    def __init__(self, detector: Detector, workspace: Workspace) -> None:
        self._detector = detector
        self._workspace = workspace

    def analyze_text(
        self,
        text: str,
        filename: Annotated[str, Field(description="Helps to judge: tests, documents, lock files.")] = "",
        min_confidence: Annotated[float, Field(ge=0, le=1)] = MIN_CONFIDENCE,
    ) -> TextAnswer:
        """Find secrets in a text; answers masks, places and the text without them."""
        _check_size(text)
        detected = self._detector.detect(text, filename)
        shown = [d for d in detected if not self._detector.reason(d, (), min_confidence)]
        for item in shown:
            self._detector.remember(item, filename)
        return TextAnswer(
            keys_found=len({item.fingerprint for item in shown}),
            patterns=[_pattern(item) for item in shown],
            redacted_text=_redacted(text, shown),
            suppressed=len(detected) - len(shown),
        )

    def scan_diff(
        self,
        diff: Annotated[str, Field(description="Unified diff, one or many files.")],
        added_only: Annotated[bool, Field(description="Report only secrets the change adds.")] = True,  # noqa: FBT002 - the contract's
        baseline: Annotated[list[str], Field(description="Fingerprints already known.", max_length=10_000)] = [],  # noqa: B006 - never changed
    ) -> ScanAnswer:
        """Find secrets in a change, on the lines it adds, spread over several lines included."""
        _check_size(diff)
        parsed = unified.parse(diff)
        if diff.strip() and not parsed.hunks and not parsed.paths and "diff --git " not in diff:
            raise invalid("that is no unified diff")
        tally, known = Tally(), frozenset(baseline)
        for hunk in parsed.hunks:
            self._scan_side(hunk.new, hunk.path or "unknown", tally, known, added_only=added_only)
            if not added_only:
                self._scan_side(hunk.old, hunk.old_path or "unknown", tally, known, added_only=True, old=True)
        return _answer(tally, len(parsed.paths), warnings=parsed.warnings[:20])

    def _scan_side(
        self,
        side: unified.Side,
        path: str,
        tally: Tally,
        baseline: Collection[str],
        *,
        added_only: bool,
        old: bool = False,
    ) -> None:
        if added_only and True not in side.touched:
            return
        # Whole sides are scanned, so that a secret half of whose lines were there before is seen as one.
        for detected in self._detector.detect("\n".join(side.lines), path):
            touched = [
                index
                for index in range(detected.line - 1, min(detected.end_line, len(side.lines)))
                if side.touched[index] or not added_only
            ]
            if not touched:
                continue
            if self._count(detected, path, tally, baseline):
                first, last = side.first_line + touched[0], side.first_line + touched[-1]
                tally.add(finding(detected, path, line=max(first, 1), end_line=max(last, 1), old=old))

    def _count(self, detected: Detected, path: str, tally: Tally, baseline: Collection[str]) -> bool:
        reason = self._detector.reason(detected, baseline, MIN_CONFIDENCE)
        if reason:
            tally.suppressed[reason] += 1
        if not reason or reason == "baseline":
            self._detector.remember(detected, path, ignored=bool(reason))
        return not reason

    def scan_directory(
        self,
        path: Annotated[str, Field(description="Absolute below a workspace root, or relative to the only root.")],
        include: Globs = [],  # noqa: B006 - never changed; pydantic copies it
        exclude: Globs = [],  # noqa: B006 - never changed; pydantic copies it
        max_files: Annotated[int, Field(ge=1, le=100_000)] = 5000,
    ) -> ScanAnswer:
        """Find secrets in the files of a folder; names what was not scanned."""
        walk = Walk(self._workspace, [*_SKIPPED_FOLDERS, *exclude])
        wanted = matcher(include) if include else None
        tally, skipped, scanned = Tally(), list[SkippedPath](), 0
        for visit in walk.below(self._workspace.locate(path)):
            if visit.entry.kind != "file" or (wanted is not None and not wanted(visit.relative)):
                continue
            if scanned >= max_files:
                tally.truncated = True
                break
            reason = self._scan_file(visit, tally)
            scanned += not reason
            if reason and len(skipped) < _MAX_SKIPPED_SHOWN:
                skipped.append(SkippedPath(path=visit.relative, reason=reason))
        tally.truncated = tally.truncated or walk.stopped
        return _answer(tally, scanned, skipped=skipped)

    def _scan_file(self, visit: Visit, tally: Tally) -> str:
        """Scan one file; says why when it was not."""
        if visit.entry.info.st_size > MAX_FILE_BYTES:
            return f"larger than {MAX_FILE_BYTES} bytes"
        try:
            with self._workspace.file(visit.place) as descriptor:
                data = read_all(descriptor, MAX_FILE_BYTES)
        except Fault as fault:
            return fault.message
        if b"\0" in data[:_BINARY_SNIFF_BYTES]:
            return "binary"
        for detected in self._detector.detect(data.decode("utf-8", "replace"), visit.relative):
            if self._count(detected, visit.relative, tally, ()):
                tally.add(finding(detected, visit.relative, line=detected.line, end_line=detected.end_line))
        return ""

    def list_keys(
        self,
        status: Literal["", "open", "ignored", "resolved"] = "",
        limit: Annotated[int, Field(ge=1, le=1000)] = 100,
        cursor: Annotated[str, Field(description="next_cursor of the page before.", pattern=r"^\d{0,6}$")] = "",
    ) -> KeysAnswer:
        """Secrets seen since this server started, masked."""
        keys = [key for key in self._detector.seen() if not status or key.status == status]
        start = int(cursor or 0)
        more = start + limit < len(keys)
        return KeysAnswer(keys=keys[start : start + limit], next_cursor=str(start + limit) if more else None)


def _check_size(text: str) -> None:
    if len(text) > MAX_INPUT_CHARS:
        raise Fault(Code.TOO_LARGE, f"more than {MAX_INPUT_CHARS} characters: send it in parts", size=len(text))


def _pattern(detected: Detected) -> Pattern:
    return Pattern(
        type=detected.candidate.rule_id,
        masked=detected.masked,
        confidence=detected.verdict.confidence,
        severity=detected.verdict.severity,
        start=detected.candidate.start,
        end=detected.candidate.end,
        line=detected.line,
        fingerprint=detected.fingerprint,
    )


def _redacted(text: str, shown: list[Detected]) -> str:
    """The text with each secret starred out, line ends kept."""
    parts: list[str] = []
    position = 0
    for item in sorted(shown, key=lambda d: d.candidate.start):
        secret = item.candidate.secret(text)
        parts.append(text[position : item.candidate.start])
        parts.append("\n".join("*" * len(line) for line in secret.split("\n")))
        position = item.candidate.end
    parts.append(text[position:])
    return "".join(parts)


def _answer(
    tally: Tally, files: int, *, skipped: list[SkippedPath] | None = None, warnings: list[str] | None = None
) -> ScanAnswer:
    return ScanAnswer(
        findings=sorted(tally.findings, key=lambda f: (PurePosixPath(f.file_path), f.line_number)),
        keys_found=len(tally.keys),
        suppressed=sum(tally.suppressed.values()),
        suppressed_by=dict(tally.suppressed),
        files_scanned=files,
        skipped=skipped or [],
        truncated=tally.truncated,
        warnings=warnings or [],
    )
