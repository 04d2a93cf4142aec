"""Cut the bytes of a diff into one piece a file, driven by the counts of the hunk headers.

Nothing inside a hunk can start a file: its header says how many lines belong to it. Lines end with LF only.
Source: git-diff(1), "Generating patch text with -p".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.diff_names import RawFile, read_both_names, read_side, take_sides, unquote

_HUNK = re.compile(rb"@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@")
_MAIL = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\n")
_PLUS, _MINUS, _SPACE, _BACKSLASH = b"+- \\"
_CONTEXT = b" \n\r"
"""Some tools strip the blank of an empty line of context."""

MAILED_PATCH = (
    "This is a mailed patch (git format-patch): text in its message can pass for a change. "
    "Use the output of git diff, or GitHub's .diff in place of .patch."
)


class MailedPatchError(ValueError):
    """The input is a mail with a patch, not a diff."""


def split_files(data: bytes) -> Iterator[RawFile]:
    """Yield the files of a diff in order, in time linear in its size.

    A broken file carries its ``problem``; reading goes on at the next header. Unified diffs without git's
    headers are read, too, when the input has none of git's.

    Raises:
        MailedPatchError: the input is a mailed patch.
    """
    if _MAIL.match(data):
        raise MailedPatchError(MAILED_PATCH)
    return _Splitter(data).files()


class _Splitter:
    """A position in the bytes, and what is read at it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.end = len(data)
        self.pos = 0
        self.plain = False

    def files(self) -> Iterator[RawFile]:
        """Files from the first header on."""
        seen_git = False
        while self.pos < self.end:
            if self._at(b"diff --git "):
                seen_git = True
                yield self._git_file()
            elif self._at(b"diff --cc ") or self._at(b"diff --combined "):
                seen_git = True
                yield self._combined_file()
            elif not seen_git and self._at(b"--- ") and self._second_line_is_target():
                yield self._plain_file()
            else:
                self._line()

    def _at(self, text: bytes) -> bool:
        return self.data.startswith(text, self.pos)

    def _line(self) -> bytes:
        """Take the line at the position, without its end."""
        stop = self.data.find(b"\n", self.pos)
        if stop < 0:
            stop = self.end
        line = self.data[self.pos : stop]
        self.pos = min(stop + 1, self.end)
        return line.removesuffix(b"\r")

    def _second_line_is_target(self) -> bool:
        stop = self.data.find(b"\n", self.pos)
        return stop >= 0 and self.data.startswith(b"+++ ", stop + 1)

    def _to_next_file(self) -> None:
        """Go to the next line that starts a file of git's: no line of a body can begin so."""
        found = self.data.find(b"\ndiff --", self.pos - 1 if self.pos else 0)
        self.pos = self.end if found < 0 else found + 1

    def _git_file(self) -> RawFile:
        file = RawFile()
        names = self._line()[len(b"diff --git ") :]
        try:
            prefixed = read_both_names(names, file)
            self._extended_headers(file)
            self._names_and_hunks(file, prefixed=prefixed)
        except ValueError as error:
            file.problem = str(error)
        if file.problem is not None:
            self._to_next_file()
        if file.new is None and file.old is None:
            file.new = names
            file.problem = file.problem or "its name cannot be told from the diff"
        return file

    def _combined_file(self) -> RawFile:
        line = self._line()
        name = line.split(b" ", 2)[2]
        self._to_next_file()
        file = RawFile(problem="a combined diff of a merge does not say what one side changed")
        try:
            file.new = unquote(name)
        except ValueError:
            file.new = name
        return file

    def _plain_file(self) -> RawFile:
        file = RawFile()
        try:
            self._names_and_hunks(file, prefixed=None)
        except ValueError as error:
            file.problem = str(error)
        if file.new is None and file.old is None:
            file.new, file.problem = b"?", "its name cannot be told from the diff"
        return file

    def _extended_headers(self, file: RawFile) -> None:
        while self.pos < self.end:
            start = self.pos
            line = self._line()
            key, value = _extended_header(line)
            if key is None:
                self.pos = start
                return
            _apply_header(file, key, value)

    def _names_and_hunks(self, file: RawFile, *, prefixed: bool | None) -> None:
        if self._at(b"Binary files ") or self._at(b"GIT binary patch"):
            file.binary = True
            if self._at(b"GIT"):
                self._binary_patch()
            else:
                self._line()
            return
        if not self._at(b"--- "):
            return
        old, new = read_side(self._line()[4:]), None
        if self._at(b"+++ "):
            new = read_side(self._line()[4:])
        if new is None or old is None:
            raise ValueError("a file header is not complete")
        take_sides(file, old, new, prefixed=prefixed)
        while self._at(b"@@ "):
            self._hunk(file)
        if not file.hunks:
            raise ValueError("a file header without a hunk")
        if self._body_goes_on(plain=prefixed is None):
            raise ValueError("a hunk is longer than its header says")

    def _body_goes_on(self, *, plain: bool) -> bool:
        """Whether a line of a body follows where none may: a mail's signature and a plain header may."""
        if self.pos >= self.end or self._at(b"-- \n") or (plain and self._at(b"--- ")):
            return False
        return self.data[self.pos] in (_PLUS, _MINUS, _SPACE)

    def _binary_patch(self) -> None:
        """Pass over ``literal`` and ``delta`` blocks: lines of base85 up to an empty line each."""
        self._line()
        while self._at(b"literal ") or self._at(b"delta "):
            stop = self.data.find(b"\n\n", self.pos)
            self.pos = self.end if stop < 0 else stop + 2

    def _hunk(self, file: RawFile) -> None:
        data, start = self.data, self.pos
        header = _HUNK.match(data, start)
        if header is None:
            raise ValueError("a hunk header cannot be read")
        old_count = 1 if header[2] is None else int(header[2])
        new_count = 1 if header[4] is None else int(header[4])
        if not old_count and not new_count:
            raise ValueError("a hunk says it has no lines")
        self._line()
        both = self._body(old_count, new_count)
        while self._at(b"\\"):
            self._line()
        file.added += new_count - both
        file.removed += old_count - both
        file.hunks.append(data[start : self.pos])

    def _body(self, old_left: int, new_left: int) -> int:
        """Pass over a body; give the number of lines that stand on both sides."""
        data, pos, end, find, both = self.data, self.pos, self.end, self.data.find, 0
        while (old_left > 0 or new_left > 0) and pos < end:
            kind = data[pos]
            if kind == _PLUS:
                new_left -= 1
            elif kind == _MINUS:
                old_left -= 1
            elif kind in _CONTEXT:
                old_left -= 1
                new_left -= 1
                both += 1
            elif kind != _BACKSLASH:
                break
            pos = find(b"\n", pos) + 1 or end
        self.pos = pos
        if old_left or new_left:
            raise ValueError("a hunk does not have the lines its header says")
        return both


_HEADERS = (
    b"old mode ",
    b"new mode ",
    b"deleted file mode ",
    b"new file mode ",
    b"copy from ",
    b"copy to ",
    b"rename from ",
    b"rename to ",
    b"rename old ",
    b"rename new ",
    b"similarity index ",
    b"dissimilarity index ",
    b"index ",
)


def _extended_header(line: bytes) -> tuple[bytes | None, bytes]:
    for key in _HEADERS:
        if line.startswith(key):
            return key, line[len(key) :]
    return None, b""


def _apply_header(file: RawFile, key: bytes, value: bytes) -> None:
    match key.split():
        case [b"old", b"mode"]:
            file.old_mode = value
        case [b"new", b"mode"]:
            file.new_mode = value
        case [b"deleted", *_]:
            file.deleted, file.old_mode = True, value
        case [b"new", b"file", b"mode"]:
            file.created, file.new_mode = True, value
        case [(b"rename" | b"copy") as how, side]:
            file.renamed, file.copied = how == b"rename", how == b"copy"
            if side in {b"from", b"old"}:
                file.old = unquote(value)
            else:
                file.new = unquote(value)
        case [b"index"] if b" " in value:
            file.old_mode = file.new_mode = value.partition(b" ")[2]
