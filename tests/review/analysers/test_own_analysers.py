"""Details of the analysers that read the change themselves."""

from __future__ import annotations

import time

import pytest

from review.analyser import ReviewSubject
from review.analysers import ALL
from review.analysers.conflict_markers import ConflictMarkers
from review.analysers.debug_leftovers import DebugLeftovers
from review.analysers.facts.code_text import code_lines
from review.analysers.facts.diff_text import diff_batches
from review.analysers.facts.kinds import is_generated, is_script, is_test, is_vendored, language
from review.analysers.hidden_unicode import HiddenUnicode
from review.analysers.large_files import LargeFiles
from review.analysers.sensitive_files import SensitiveFiles
from review.analysers.workflow_permissions import WorkflowPermissions
from review.config import Limits, ReviewConfig
from review.diff import Diff, FileDiff, FileStatus
from servers.api_key_sniffer.unified import parse
from support.change import added_file, changed_file, subject_of
from support.engines import review_with


def test_a_file_above_the_limit_is_large_by_text_by_size_and_when_binary() -> None:
    config = ReviewConfig(limits=Limits(large_file_bytes=1_000))
    files = {"a.csv": "x,y\n" * 300, "b.csv": "x,y\n", "logo.png": "\0"}
    subject = subject_of(files, config=config, sizes={"logo.png": 5_000_000, "b.csv": 10})
    findings = review_with(LargeFiles(), subject, {})
    assert [(f.file_path, f.rule_id, f.whole_file) for f in findings] == [
        ("a.csv", "large-files/large", True),
        ("logo.png", "large-files/large", True),
    ]
    assert "5.0 MB" in findings[1].message


def test_a_large_text_that_only_changes_is_not_reported_again() -> None:
    text = "".join(f"{i},y\n" for i in range(300))
    config = ReviewConfig(limits=Limits(large_file_bytes=1_000))
    assert review_with(LargeFiles(), subject_of({"a.csv": text + "z\n"}, old={"a.csv": text}, config=config), {}) == []


def test_deleted_files_links_and_submodules_are_not_looked_at() -> None:
    files = (
        FileDiff("a.py", FileStatus.DELETED, 0, 1),
        FileDiff("b.exe", FileStatus.ADDED, 1, 0, binary=True, new_mode="120000"),
        FileDiff("c", FileStatus.ADDED, 1, 0, new_mode="160000"),
    )
    for kind in (LargeFiles, SensitiveFiles, ConflictMarkers, HiddenUnicode, DebugLeftovers):
        assert not any(kind().covers(file) for file in files)


def test_without_the_text_the_hunks_are_looked_at_with_their_line_numbers() -> None:
    old = "".join(f"line{i} = {i}\n" for i in range(40))
    new = old.replace("line30 = 30\n", "line30 = 30\nbreakpoint()\n<<<<<<< HEAD\n")
    blind = ReviewSubject(diff=Diff((changed_file("a.py", old, new),)))
    assert [(f.rule_id, f.line_number) for f in review_with(DebugLeftovers(), blind, {})] == [
        ("debug-leftovers/breakpoint", 32)
    ]
    assert [f.line_number for f in review_with(ConflictMarkers(), blind, {})] == [33]


def test_markers_with_windows_line_ends_are_found() -> None:
    text = "a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\nc\r\n>>>>>>> x\r\n"
    assert [f.line_number for f in review_with(ConflictMarkers(), subject_of({"a.js": text}), {})] == [2]


def test_two_conflicts_are_two_findings() -> None:
    one = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"
    assert [f.line_number for f in review_with(ConflictMarkers(), subject_of({"a.c": one + one}), {})] == [1, 6]


@pytest.mark.parametrize(
    ("text", "kinds", "expected"),
    [
        ("x = \"a'b\" # c'd\ny = 1", "python", ['x = "   "      ', "y = 1"]),
        ("'''\nprint(1)\n'''\nf()", "python", ["'  ", "        ", "  '", "f()"]),
        ("a = `x ${b}\n` + c", "javascript", ["a = `      ", "` + c"]),
        ("a /* b\nc */ d // e", "javascript", ["a     ", "     d     "]),
        ("x = /['\"]/; y('a')", "javascript", None),
        ('let a: &\'static str = "b";', "rust", ['let a: &\'static str = " ";']),
    ],
)
def test_strings_and_comments_are_blanked_and_lengths_stay(text: str, kinds: str, expected: list[str] | None) -> None:
    lines = code_lines(text, kinds)
    assert [len(line) for line in lines] == [len(line) for line in text.split("\n")]
    if expected is not None:
        assert lines == expected


def test_a_broken_string_blanks_no_more_than_its_line() -> None:
    assert code_lines("a = 'b\nprint(1)\n", "python")[1] == "print(1)"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/Dockerfile.dev", "docker"), ("api.dockerfile", "docker"), ("A.TSX", "typescript"), ("Gemfile", "ruby"),
        ("README", "prose"), ("x.unknown", ""), ("a.b/c", ""),
    ],
)  # fmt: skip
def test_the_language_is_read_off_the_name(path: str, expected: str) -> None:
    assert language(path) == expected


def test_kinds_of_files_are_told_by_convention() -> None:
    assert all(
        map(
            is_test,
            [
                "tests/a.py",
                "a/test_b.py",
                "b_test.go",
                "c.spec.ts",
                "d/FooTest.java",
                "conftest.py",
                "x.test.jsx",
                "src/jvmTest/kotlin/A.kt",
                "test.c",
            ],
        )
    )
    assert not any(map(is_test, ["src/latest.py", "src/contest.go", "attest.ts", "src/testimony.rb", "protest/a.py"]))
    assert all(map(is_vendored, ["vendor/a.go", "x/node_modules/y.js", "third_party/z.c"]))
    assert not any(map(is_vendored, ["src/vendors.py", "external.py"]))
    assert all(map(is_generated, ["a.min.js", "b_pb2.py", "c.pb.go", "dist/x.js"]))
    assert is_generated("a.py", "# Code generated by tool. DO NOT EDIT.\nx = 1\n")
    assert is_generated("a.js", "x" * 6_000)
    assert not is_generated("a.py", "x = 'distance'\n")
    assert all(map(is_script, ["scripts/a.py", "pkg/cli.py", "src/__main__.py"]))


def test_diff_text_is_split_below_the_size_and_no_line_or_number_is_lost() -> None:
    text = "".join(f"value_{i} = {i}\n" for i in range(3_000))
    files = [
        added_file('a b/\u00e9".py', text),
        changed_file("c.py", "x\ny\nz\n", "x\nnew\nz\n"),
        added_file("e.py", ""),
    ]
    batches = diff_batches(files, 8_000)
    assert len(batches) > 5
    assert all(len(batch.encode()) <= 8_000 for batch in batches)
    seen: dict[tuple[str, int], str] = {}
    for batch in batches:
        parsed = parse(batch)
        assert parsed.warnings == []
        for hunk in parsed.hunks:
            for offset, line in enumerate(hunk.new.lines):
                if hunk.new.touched[offset]:
                    seen[hunk.path, hunk.new.first_line + offset] = line
    assert seen == {
        **{('a b/\u00e9".py', i + 1): line for i, line in enumerate(text.splitlines())},
        ("c.py", 2): "new",
    }


def test_a_line_longer_than_a_batch_is_cut() -> None:
    (batch,) = diff_batches([added_file("a.txt", "x" * 50_000 + "\n")], 10_000)
    assert len(batch.encode()) <= 10_000


def test_undecodable_text_can_travel() -> None:
    (batch,) = diff_batches([added_file("a.txt", "caf\udce9\n")], 10_000)
    assert batch.encode("utf-8")


@pytest.mark.parametrize("language_name", ["python", "javascript", "ruby", "c", "go", "php"])
def test_hostile_text_is_blanked_in_linear_time(language_name: str) -> None:
    for piece in ('"', "'''", "/*", "`", "\\", "=begin\n", "/[", "'\\", "= /"):
        text = piece * (200_000 // len(piece))
        assert len(code_lines(text, language_name)) >= 1


_PATHS = (
    "a.py", "a.js", "a.rb", "a.php", "a.rs", "README.md", "requirements.txt", "pyproject.toml", "package.json",
    "go.mod",
    "Cargo.toml", "pom.xml", "build.gradle", "Gemfile", "Dockerfile", "yarn.lock", ".env", ".npmrc", "kubeconfig",
)  # fmt: skip
_PIECES = (
    '\\"', "'", "[", " \n", "\t", "a = [", '"a":', "/*", "`", "<<<<<<< \n", "\u202e", "\U000e0061", "\u200d", "\ufe0f",
    "http://", "uses: a/", "require (", "id 'a' ", "=>", "a-", "\u0430a",
)  # fmt: skip


@pytest.mark.parametrize("piece", _PIECES, ids=ascii)
def test_no_repeated_text_makes_an_analyser_slow(piece: str) -> None:
    own = [kind for kind in ALL if not getattr(kind, "needs_workspace", False) and kind.name != "secrets"]
    start = time.monotonic()
    for path in _PATHS:
        subject = subject_of({path: piece * (40_000 // len(piece))}, tree=frozenset({path, "tests/test_x.py"}))
        for kind in own:
            list(kind().interpret(subject, {}))
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("piece", ["curl ", "echo ${{ secrets.A }} ", "git fetch pull/", "echo ${{ secrets.", "wget |"])
def test_no_repeated_command_makes_the_workflow_analyser_slow(piece: str) -> None:
    line = piece * (100_000 // len(piece))
    run = f"on: pull_request_target\njobs:\n  a:\n    steps:\n      - run: |\n          {line}\n"
    start = time.monotonic()
    list(WorkflowPermissions().interpret(subject_of({".github/workflows/a.yml": run}), {}))
    assert time.monotonic() - start < 20
