"""Reading diffs: hand-made and hostile ones. Real histories are compared in ``differential``."""

from __future__ import annotations

import time

import pytest

from review.diff import Diff, FileDiff, FileStatus, LineKind, parse_diff
from review.errors import DiffError


def read(text: str | bytes) -> Diff:
    return parse_diff(text.encode() if isinstance(text, str) else text)


def one(text: str | bytes) -> FileDiff:
    (file,) = read(text).files
    return file


MODIFIED = """\
diff --git a/app.py b/app.py
index 1111111..2222222 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@ def main():
 one
-two
+2
+3
 four
"""


def test_lines_carry_their_numbers_on_both_sides() -> None:
    file = one(MODIFIED)
    assert (file.path, file.status, file.additions, file.deletions) == (
        "app.py",
        FileStatus.MODIFIED,
        2,
        1,
    )
    assert [(line.kind.value[0], line.old_line, line.new_line, line.text) for line in file.hunks[0].lines] == [
        ("c", 1, 1, "one"),
        ("r", 2, None, "two"),
        ("a", None, 2, "2"),
        ("a", None, 3, "3"),
        ("c", 3, 4, "four"),
    ]
    assert file.hunks[0].section == "def main():"
    assert file.old_mode == file.new_mode == "100644"


def test_a_line_is_asked_for_by_its_number() -> None:
    file = one(MODIFIED)
    assert [line for line in range(6) if file.is_added(line)] == [2, 3]
    assert file.adds_any(1, 2)
    assert not file.adds_any(4, 9)
    assert file.hunk_of(1, 4) is file.hunks[0]
    assert file.hunk_of(1, 5) is None


def test_nothing_at_all_is_an_empty_diff() -> None:
    assert read("").files == ()


def test_a_body_that_looks_like_headers_starts_no_file() -> None:
    file = one(
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n"
        " diff --git a/evil b/evil\n--- a/evil\n-@@ -1 +1 @@\n+++ b/evil\n+diff --git a/evil b/evil\n+@@ -1,9 +1,9 @@\n"
    )
    assert file.path == "x"
    assert (file.additions, file.deletions, file.problem) == (3, 2, None)


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("a/x b/x b/x b/x", "x b/x"),
        ("a/a b/b c.txt b/a b/b c.txt", "a b/b c.txt"),
        ("a/mode_sp b/m.sh b/mode_sp b/m.sh", "mode_sp b/m.sh"),
        (r'"a/h\303\251llo\t.txt" "b/h\303\251llo\t.txt"', "h\u00e9llo\t.txt"),
        (r'"a/\"q\\" "b/\"q\\"', '"q\\'),
        (r'"a/lat\351n" "b/lat\351n"', "lat\udce9n"),
        ("a/-dash b/-dash", "-dash"),
        ("noprefix.txt noprefix.txt", "noprefix.txt"),
        ("i/x w/x", "x"),
        ("a/a/x b/a/x", "a/x"),
    ],
)
def test_names_are_right_where_only_the_header_line_has_them(header: str, path: str) -> None:
    file = one(f"diff --git {header}\nold mode 100644\nnew mode 100755\n")
    assert (file.path, file.problem) == (path, None)
    assert (file.old_mode, file.new_mode) == ("100644", "100755")


def test_renames_copies_and_quoted_names() -> None:
    renamed, copied = read(
        "diff --git a/a b b/b a\nsimilarity index 100%\nrename from a b\nrename to b a\n"
        'diff --git a/x "b/y\\n"\nsimilarity index 90%\ncopy from x\ncopy to "y\\n"\n'
    ).files
    assert (renamed.old_path, renamed.path, renamed.status) == ("a b", "b a", FileStatus.RENAMED)
    assert (copied.old_path, copied.path, copied.status) == ("x", "y\n", FileStatus.COPIED)


def test_binary_files_have_no_lines() -> None:
    first, second, third = read(
        "diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n"
        "diff --git a/y b/y\nnew file mode 100644\nindex 0..2\nGIT binary patch\nliteral 3\nKcmZQzU}\n\n"
        "literal 0\nHcmV?d00001\n\n"
        "diff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -0,0 +1 @@\n+z\n"
    ).files
    assert (first.binary, second.binary, third.binary) == (True, True, False)
    assert second.status is FileStatus.ADDED
    assert third.additions == 1


def test_a_type_change_is_one_file() -> None:
    file = one(
        "diff --git a/l b/l\ndeleted file mode 120000\nindex 1..0\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        "\\ No newline at end of file\n"
        "diff --git a/l b/l\nnew file mode 100644\nindex 0..2\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+f\n"
    )
    assert (file.status, file.old_mode, file.new_mode) == (FileStatus.TYPE_CHANGED, "120000", "100644")
    assert (file.additions, file.deletions) == (1, 1)
    assert [line.text for line in file.added_lines] == ["f"]


def test_carriage_returns_and_odd_separators_do_not_move_lines() -> None:
    file = one(
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n one\r\n+a\rb\x0cc\xe2\x80\xa8d\x85\r\n-\n+\xff\n"
    )
    assert file.problem is None
    assert [(line.new_line, line.text) for line in file.added_lines] == [
        (2, "a\rb\x0cc\u2028d\ufffd"),
        (3, "\ufffd"),
    ]


def test_a_missing_last_line_end_is_no_line() -> None:
    file = one(
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n"
        "+b\n\\ No newline at end of file\n"
    )
    assert [line.kind for line in file.hunks[0].lines] == [LineKind.REMOVED, LineKind.ADDED]


@pytest.mark.parametrize(
    "broken",
    [
        "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n a\n",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-c\n",
        "--- a/x\n+++ b/x\n@@ -0,0 +0,0 @@\n",
        "--- a/x\n+++ b/x\n@@ -99999999999999999 +1 @@\n+a\n",
        "--- a/x\n+++ b/x\n@@ -5 +5 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n",
        "--- a/x\n",
        '--- "a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n',
        '--- "a/\\q"\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n',
        "--- a/x\n+++ b/x\n",
        "--- a/x\n+++ b/x\n@@ nonsense @@\n",
    ],
)
def test_a_broken_file_is_named_and_the_next_one_is_read(broken: str) -> None:
    first, second = read(f"diff --git a/x b/x\n{broken}{MODIFIED}").files
    assert first.path == "x"
    assert first.problem
    assert first.hunks == ()
    assert (second.path, second.additions, second.problem) == ("app.py", 2, None)


@pytest.mark.parametrize("kind", ["cc", "combined"])
def test_a_combined_diff_is_named_not_read(kind: str) -> None:
    first, second = read(
        f"diff --{kind} merged.py\nindex 1,2..3\n--- a/merged.py\n+++ b/merged.py\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n"
        + MODIFIED
    ).files
    assert first.path == "merged.py"
    assert "combined diff" in (first.problem or "")
    assert second.problem is None


def test_a_mailed_patch_is_refused_because_its_message_can_forge_a_file() -> None:
    mail = f"From {'a' * 40} Mon Sep 17 00:00:00 2001\nFrom: x\nSubject: y\n\n{MODIFIED}---\n\n{MODIFIED}"
    with pytest.raises(DiffError, match=r"\.diff"):
        read(mail)


def test_an_indented_diff_in_a_commit_message_is_text() -> None:
    message = "".join(f"    {line}\n" for line in MODIFIED.splitlines()).replace("app.py", "forged.py")
    assert [f.path for f in read(f"commit {'a' * 40}\nAuthor: x\n\n{message}\n{MODIFIED}").files] == ["app.py"]


def test_several_commits_on_one_path_are_said_to_be_unusable() -> None:
    file = one(MODIFIED + MODIFIED)
    assert "more than once" in (file.problem or "")
    assert (file.additions, file.deletions, file.hunks) == (4, 2, ())


def test_a_plain_unified_diff_is_read_too() -> None:
    first, second = read(
        "--- old/x.txt\t2026-01-01 00:00:00\n+++ new/x.txt\t2026-01-02 00:00:00\n@@ -1 +1 @@\n-a\n+b\n"
        "--- /dev/null\n+++ b/y.txt\n@@ -0,0 +1 @@\n+c\n"
    ).files
    assert (first.path, first.additions) == ("new/x.txt", 1)
    assert (second.path, second.status) == ("y.txt", FileStatus.ADDED)


def test_headers_with_carriage_returns_are_read() -> None:
    assert one(MODIFIED.replace("\n", "\r\n")).path == "app.py"


def test_a_very_large_file_is_read_to_the_same_rules() -> None:
    body = "".join(f"+line {number} {'x' * 60}\n" for number in range(20_000))
    text = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,20002 @@ section\n a\n{body} b\n@@ -9 +20009 @@\n-c\n+d\n"
    file = one(text + "\\ No newline at end of file\n")
    assert file.problem is None
    assert (file.additions, file.deletions) == (20_001, 1)
    assert file.added_lines[-2].new_line == 20_001
    assert file.added_lines[-1].new_line == 20_009
    assert file.hunks[0].section == "section"


@pytest.mark.parametrize(
    "hostile",
    [
        b"diff --git " + b"a" * 300_000,
        b'diff --git "' + b"\\" * 300_000,
        b"diff --git a/x b/x\n" * 20_000,
        b"diff --git a/x b/x\nGIT binary patch\n" + b"literal 1\nx\n" * 30_000,
        b"--- a\n" * 60_000,
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n" + b"@@ -1 +1 @@\n-a\n+b\n" * 20_000,
        b"diff --cc x\n" * 20_000,
    ],
)
def test_hostile_input_takes_linear_time(hostile: bytes) -> None:
    start = time.process_time()
    parse_diff(hostile)
    assert time.process_time() - start < 3


def test_a_name_that_cannot_be_told_is_named_as_it_stands() -> None:
    first, second = read('diff --git a/x b/y z\nold mode 100644\ndiff --git "a/x\nold mode 100644\n').files
    assert [(f.path, bool(f.problem)) for f in (first, second)] == [("a/x b/y z", True), ('"a/x', True)]


def test_one_quoted_name_of_two_is_read() -> None:
    file = one('diff --git a/x "b/\\303\\251"\nsimilarity index 100%\nrename from x\nrename to "\\303\\251"\n')
    assert (file.old_path, file.path) == ("x", "\u00e9")


def test_a_combined_diff_of_a_badly_quoted_name_is_still_named() -> None:
    assert one('diff --cc "x\n').path == '"x'


def test_a_broken_plain_diff_is_named() -> None:
    first, second = read("--- a/x\n+++ b/x\n@@ -1 +1,5 @@\n-a\n+b\nend\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n").files
    assert first.problem
    assert (second.path, second.problem) == ("y", None)
    assert one('--- "a\n+++ "b\n').path == "?"


def test_a_deleted_file_keeps_its_old_name() -> None:
    file = one("--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")
    assert (file.path, file.status) == ("gone.txt", FileStatus.DELETED)
