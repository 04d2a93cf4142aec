"""What a path says about a file: its language, and whether it is a test, prose, vendored or generated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from review.diff import FileDiff, FileStatus

LANGUAGES: Mapping[str, str] = {
    ".py": "python", ".pyi": "python", ".pyw": "python",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescript",
    ".vue": "vue", ".svelte": "svelte",
    ".go": "go", ".rs": "rust", ".java": "java", ".kt": "kotlin", ".kts": "kotlin", ".scala": "scala",
    ".groovy": "groovy", ".gradle": "groovy", ".rb": "ruby", ".rake": "ruby", ".gemspec": "ruby",
    ".php": "php", ".cs": "csharp", ".fs": "fsharp", ".swift": "swift", ".dart": "dart",
    ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hh": "cpp", ".hpp": "cpp", ".hxx": "cpp",
    ".m": "objc", ".mm": "objc",
    ".ex": "elixir", ".exs": "elixir", ".erl": "erlang", ".hs": "haskell", ".ml": "ocaml", ".clj": "clojure",
    ".lua": "lua", ".pl": "perl", ".pm": "perl", ".r": "r", ".jl": "julia", ".zig": "zig", ".sol": "solidity",
    ".sh": "shell", ".bash": "shell", ".ksh": "shell", ".dash": "shell", ".bats": "shell", ".zsh": "shell",
    ".ps1": "powershell", ".sql": "sql",
    ".yml": "yaml", ".yaml": "yaml", ".json": "json", ".jsonc": "json", ".toml": "toml", ".ini": "ini",
    ".cfg": "ini", ".xml": "xml", ".html": "html", ".htm": "html", ".css": "css", ".scss": "css", ".less": "css",
    ".tf": "terraform", ".proto": "proto", ".graphql": "graphql", ".gql": "graphql",
    ".md": "prose", ".markdown": "prose", ".mdx": "prose", ".rst": "prose", ".txt": "prose", ".adoc": "prose",
    ".asciidoc": "prose", ".tex": "prose", ".org": "prose", ".po": "prose", ".pot": "prose", ".eml": "prose",
}  # fmt: skip
"""Language by suffix (lower case)."""

CODE_LANGUAGES = frozenset(LANGUAGES.values()) - {
    "prose", "yaml", "json", "toml", "ini", "xml", "html", "css",
}  # fmt: skip
"""Languages with identifiers and statements."""

_NAMED: Mapping[str, str] = {
    "dockerfile": "docker", "containerfile": "docker", "makefile": "make", "gnumakefile": "make",
    "rakefile": "ruby", "gemfile": "ruby", "vagrantfile": "ruby", "jenkinsfile": "groovy",
    "readme": "prose", "changelog": "prose", "changes": "prose", "license": "prose", "copying": "prose",
    "authors": "prose", "news": "prose", "contributing": "prose",
    ".bashrc": "shell", ".bash_profile": "shell", ".profile": "shell",
}  # fmt: skip

_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "spec", "specs", "__tests__", "__mocks__", "e2e", "testdata", "fixtures",
     "test_data", "testsuite", "cypress", "androidtest"}
)  # fmt: skip
_TEST_SOURCE_SET = re.compile(r"[a-z]+[A-Z]?[a-zA-Z]*Tests?")
"""``jvmTest``, ``commonTest``: source sets of Gradle."""
_TEST_NAME = re.compile(
    r"^(?:tests?|test_.*|.*_test|.*_tests|conftest|.*[.-](?:test|spec|cy|e2e)|.*_spec|spec_.*)\.[^.]+$"
    r"|^.*[a-z0-9](?:Test|Tests|Spec|IT)\.(?:java|kt|cs|scala|groovy|php|swift|dart)$"
)
_SCRIPT_FOLDERS = frozenset(
    {"scripts", "script", "bin", "tools", "tool", "cmd", "cli", "examples", "example", "samples", "sample",
     "demo", "demos", "docs", "doc", "benchmarks", "benchmark", "bench", "benches", "tutorial", "tutorials",
     "notebooks", "hack", "ci", ".github", "commands", "contrib", "dev", "tasks", "playground"}
)  # fmt: skip
_SCRIPT_NAME = re.compile(
    r"^(?:__main__|_?main|_?cli|setup|manage|conftest|noxfile|tasks|fabfile|console|.*_cli|.*_command|build)\.[^.]+$"
)
_VENDORED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|vendor|vendored|_vendor|_vendored|third[_-]?party|extern(?:al)?s?"
    r"|Pods|Carthage|\.venv|venv|site-packages|\.yarn|Godeps)/"
)
_GENERATED = re.compile(
    r"(?:\.min\.(?:js|mjs|css)|[.-]bundle\.js|\.bundle\.js|\.map|_pb2(?:_grpc)?\.pyi?|\.pb\.go|\.pb\.(?:cc|h)"
    r"|\.g\.dart|\.freezed\.dart|\.designer\.cs|\.g\.cs|\.generated\.[a-z]+|_generated\.(?:go|rs|py|ts)"
    r"|zz_generated\.[^/]*\.go|\.snap)$"
    r"|(?:^|/)(?:dist|__generated__|generated|\.next|\.nuxt)/",
    re.IGNORECASE,
)
_GENERATED_MARK = re.compile(
    r"@generated\b|\bDO NOT EDIT\b|\bautomatically generated (?:by|file)\b|\bauto-?generated (?:by|file)\b",
    re.IGNORECASE,
)
_UNSENDABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
LONG_LINE_CHARS = 5_000
"""A line longer than this makes a source file count as minified."""


def language(path: str) -> str:
    """Language of a path, ``""`` when unknown. ``Dockerfile.dev`` and ``api.Dockerfile`` are ``docker``."""
    name = path.rsplit("/", 1)[-1].lower()
    if named := _NAMED.get(name):
        return named
    if name.startswith(("dockerfile.", "containerfile.")) or name.endswith(".dockerfile"):
        return "docker"
    return LANGUAGES.get(PurePosixPath(name).suffix, "")


def is_code(path: str) -> bool:
    """Whether the file holds program text."""
    return language(path) in CODE_LANGUAGES


def is_prose(path: str) -> bool:
    """Whether the file is documentation or other text for people."""
    return language(path) == "prose"


def is_test(path: str) -> bool:
    """Whether the path names a test or what tests use, by the conventions of its language."""
    *folders, name = path.split("/")
    if any(folder.lower() in _TEST_FOLDERS or _TEST_SOURCE_SET.fullmatch(folder) for folder in folders):
        return True
    return bool(_TEST_NAME.match(name))


def is_script(path: str) -> bool:
    """Whether the file is a command line, script, example or document, where printing is the job."""
    *folders, name = path.split("/")
    return any(folder.lower() in _SCRIPT_FOLDERS for folder in folders) or bool(_SCRIPT_NAME.match(name.lower()))


def is_vendored(path: str) -> bool:
    """Whether the file belongs to somebody else and is only kept here."""
    return bool(_VENDORED.search(path))


def is_generated(path: str, text: str = "") -> bool:
    """Whether a program wrote the file: by name, by a mark in its first 20 lines, or by its line length."""
    if _GENERATED.search(path):
        return True
    if not text:
        return False
    head = text[:4_000]
    if _GENERATED_MARK.search("\n".join(head.splitlines()[:20])):
        return True
    return is_code(path) and any(len(line) > LONG_LINE_CHARS for line in text.splitlines())


def is_workflow(path: str) -> bool:
    """Whether GitHub runs the file as a workflow."""
    return bool(re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path))


def exists(file: FileDiff) -> bool:
    """Whether the file is there after the change, as a regular file."""
    return file.status is not FileStatus.DELETED and file.new_mode not in {"120000", "160000"}


def is_sendable(path: str) -> bool:
    """Whether the path can travel in JSON and in an engine's lines: undecodable bytes and controls cannot."""
    return not _UNSENDABLE.search(path)
