"""Finds files that do not belong in a repository: large, executable, packed or built ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import exists, is_test
from review.diff import FileDiff, FileStatus
from review.models import Category, Finding, Rule, Severity

_KEPT_FOREVER = "Git keeps every version for ever, and everybody who clones the repository downloads them all."

LARGE = Rule(
    id="large-files/large",
    summary="Large file added",
    severity=Severity.MEDIUM,
    category=Category.MAINTAINABILITY,
    help=f"{_KEPT_FOREVER} Keep large files in Git LFS, a release or a package registry.",
    url="https://docs.github.com/en/repositories/working-with-files/managing-large-files",
)
EXECUTABLE = Rule(
    id="large-files/executable",
    summary="Compiled program or library added",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    help="Nobody can review machine code. Build it from source, or fetch it by version and checksum.",
    cwe=506,
)
ARCHIVE = Rule(
    id="large-files/archive",
    summary="Archive added",
    severity=Severity.LOW,
    category=Category.MAINTAINABILITY,
    help=f"What is inside cannot be reviewed line by line. {_KEPT_FOREVER} Add the files themselves.",
)
BUILD_OUTPUT = Rule(
    id="large-files/build-output",
    summary="Build output or editor file added",
    severity=Severity.LOW,
    category=Category.MAINTAINABILITY,
    help="Files that a tool writes anew each time only cause conflicts. Remove it and add it to `.gitignore`.",
)
BINARY = Rule(
    id="large-files/binary",
    summary="Binary file of an unknown kind added",
    severity=Severity.INFO,
    category=Category.MAINTAINABILITY,
    help="A binary file cannot be reviewed line by line. Make sure it belongs here and where it came from.",
)

_EXECUTABLE = frozenset(
    {".exe", ".dll", ".so", ".dylib", ".a", ".lib", ".o", ".obj", ".ko", ".msi", ".com", ".scr",
     ".elf", ".node", ".pyd", ".wasm", ".apk", ".ipa", ".deb", ".rpm", ".dmg", ".appimage"}
)  # fmt: skip
_ARCHIVE = frozenset(
    {".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".war", ".ear", ".whl",
     ".egg", ".gem", ".nupkg", ".crate", ".iso", ".img", ".cab"}
)  # fmt: skip
_MEDIA = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".icns", ".bmp", ".svg", ".pdf", ".woff", ".woff2",
     ".ttf", ".otf", ".eot", ".mp3", ".ogg", ".wav", ".flac", ".mp4", ".webm", ".mov", ".psd", ".ai", ".sketch",
     ".fig", ".docx", ".xlsx", ".pptx", ".odt", ".mo", ".gz.sig", ".glb", ".hdr", ".tif", ".tiff", ".heic"}
)  # fmt: skip
_BUILD_OUTPUT = re.compile(
    r"(?:^|/)(?:__pycache__|node_modules|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.gradle|\.terraform|bower_components"
    r"|\.ipynb_checkpoints|\.sass-cache|[^/]+\.egg-info)/"
    r"|(?:^|/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|npm-debug\.log|yarn-error\.log|\.coverage)$"
    r"|\.(?:py[co]|class|swp|swo|orig|rej|tsbuildinfo)$"
)
_WRAPPER = re.compile(r"(?:^|/)gradle/wrapper/gradle-wrapper\.jar$|(?:^|/)\.mvn/wrapper/maven-wrapper\.jar$")
_NEW = frozenset({FileStatus.ADDED, FileStatus.COPIED})


class LargeFiles(DiffOnly):
    """Says at most one thing about a file, the weightiest."""

    name: ClassVar[str] = "large-files"
    rules: ClassVar[tuple[Rule, ...]] = (LARGE, EXECUTABLE, ARCHIVE, BUILD_OUTPUT, BINARY)
    rule_prefix: ClassVar[str] = "large-files/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("\0\r\n", (BUILD_OUTPUT.id,), "src/__pycache__/a.cpython-311.pyc"),
        Example("x", (BUILD_OUTPUT.id,), "src/.DS_Store"),
        Example("\x7fELF\0", (EXECUTABLE.id,), "bin/tool.so"),
        Example("PK\0", (ARCHIVE.id,), "data/all.zip"),
        Example("print(1)\n", ()),
        Example("PK\0", (), "gradle/wrapper/gradle-wrapper.jar"),
        Example("\0\1\2", (BINARY.id,), "data/table.bin2"),
        Example("server {}\n", (), "sites/example.com"),
        Example("\x89PNG\0", (), "docs/logo.png"),
    )

    def covers(self, file: FileDiff) -> bool:
        """Every file that is still there, binary ones first of all."""
        return exists(file)

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """One finding at most."""
        rule = _rule_by_name(file) if file.status in _NEW else None
        size = size_bytes(subject, file)
        limit = subject.config.limits.large_file_bytes
        if rule not in {EXECUTABLE, BUILD_OUTPUT} and size > limit and (file.status in _NEW or file.binary):
            rule = LARGE
        if rule is not None:
            yield found(
                rule,
                Place(file.path, whole_file=True),
                _message(rule, file, size, limit),
                suggestion=_SUGGESTIONS[rule.id],
                severity=Severity.LOW if rule is EXECUTABLE and is_test(file.path) else None,
            )


_SUGGESTIONS = {
    LARGE.id: "Keep it in Git LFS, a release or a package registry, or make it smaller.",
    EXECUTABLE.id: "Build it from source in CI, or download it by version and checksum.",
    ARCHIVE.id: "Add the files it contains, or fetch the archive by version and checksum.",
    BUILD_OUTPUT.id: "Remove the file from the change and add its name to `.gitignore`.",
    BINARY.id: "Say in the pull request where the file comes from.",
}


def size_bytes(subject: ReviewSubject, file: FileDiff) -> int:
    """Size at the head as far as it is known: told, counted from the text, or from the added lines."""
    if (told := subject.sizes.get(file.path)) is not None:
        return told
    if (text := subject.texts.get(file.path)) is not None:
        return len(text.encode("utf-8", "surrogateescape"))
    return sum(len(line.text.encode("utf-8", "surrogateescape")) + 1 for line in file.added_lines)


def _rule_by_name(file: FileDiff) -> Rule | None:
    suffix = PurePosixPath(file.path.lower()).suffix
    if _BUILD_OUTPUT.search(file.path):
        return BUILD_OUTPUT
    if _WRAPPER.search(file.path):
        return None
    if not file.binary or suffix in _MEDIA:
        return None
    if suffix in _EXECUTABLE:
        return EXECUTABLE
    return ARCHIVE if suffix in _ARCHIVE else BINARY


def _message(rule: Rule, file: FileDiff, size: int, limit: int) -> str:
    if rule is LARGE:
        return f"This file has {_human(size)}, more than the limit of {_human(limit)}. {_KEPT_FOREVER}"
    known = f" ({_human(size)})" if size else ""
    name = file.path.rsplit("/", 1)[-1]
    return f"`{name}`{known}: {rule.summary[0].lower()}{rule.summary[1:]}. {rule.help.split('. ')[0].rstrip('.')}."


def _human(size: int) -> str:
    if size >= 1_000_000:  # noqa: PLR2004 - decimal units, as GitHub shows sizes
        return f"{size / 1_000_000:.1f} MB"
    return f"{size / 1_000:.0f} kB" if size >= 1_000 else f"{size} bytes"  # noqa: PLR2004 - same
