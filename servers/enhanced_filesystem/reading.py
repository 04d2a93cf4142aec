"""The tools that read: files, folders, facts."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import PurePath
from typing import Annotated

from pydantic import Field

from servers.enhanced_filesystem.answers import (
    DirectoryAnswer,
    DirectoryEntry,
    FileContent,
    FileOrError,
    FilesAnswer,
    InfoAnswer,
    Root,
    RootsAnswer,
)
from servers.guard.fault import Fault, invalid, not_found
from servers.guard.paths import Place
from servers.guard.workspace import Workspace, kind_of, printable, read_all

MAX_READ_BYTES = 2_097_152
MAX_ENTRIES = 5000
_BATCH_BYTES = 262_144
_SNIFFED_BYTES = 8000
"""A NUL among the first bytes makes a file binary. Source: git's ``buffer_is_binary``."""

Path = Annotated[str, Field(description="Absolute below a workspace root, or relative to the only root.")]


class ReadTools:
    """Blocking tools that read one place each; the server runs them in threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read_file(
        self,
        path: Path,
        start_line: Annotated[int, Field(ge=1)] = 1,
        end_line: Annotated[int, Field(ge=0, description="Inclusive; 0 means the end.")] = 0,
        max_bytes: Annotated[int, Field(ge=1, le=MAX_READ_BYTES)] = 262_144,
    ) -> FileContent:
        """Read a text file or some of its lines, with the hash of the whole."""
        if end_line and end_line < start_line:
            raise invalid("end_line is before start_line")
        place = self._workspace.locate(path)
        with self._workspace.file(place) as descriptor:
            data = read_all(descriptor, self._workspace.max_file_bytes)
        digest = hashlib.sha256(data).hexdigest()
        binary = b"\0" in data[:_SNIFFED_BYTES]
        lines = data.split(b"\n")
        total = len(lines) - (lines[-1] == b"")
        if binary:
            return FileContent(
                path=place.relative,
                content=None,
                encoding=None,
                size=len(data),
                sha256=digest,
                total_lines=0,
                start_line=1,
                truncated=False,
                binary=True,
            )
        wanted = data if start_line == 1 and not end_line else _lines(lines, start_line, end_line or len(lines))
        content, encoding = decoded(wanted[:max_bytes])
        return FileContent(
            path=place.relative,
            content=content,
            encoding=encoding,
            size=len(data),
            sha256=digest,
            total_lines=total,
            start_line=start_line,
            truncated=len(wanted) > max_bytes,
            binary=False,
        )

    def read_multiple_files(self, paths: Annotated[list[str], Field(min_length=1, max_length=50)]) -> FilesAnswer:
        """Read up to fifty text files; one that cannot be read does not spoil the others."""
        share = min(_BATCH_BYTES, 4 * 1_048_576 // len(paths))
        return FilesAnswer(files=[self._one(path, share) for path in paths])

    def _one(self, path: str, max_bytes: int) -> FileOrError:
        try:
            answer = self.read_file(path, max_bytes=max_bytes)
        except Fault as fault:
            return FileOrError(path=path, error=f"{fault.code}: {fault.message}")
        if answer.binary:
            return FileOrError(path=answer.path, error="invalid_argument: binary file")
        return FileOrError(path=answer.path, content=answer.content, truncated=answer.truncated)

    def list_directory(
        self,
        path: Path = ".",
        show_hidden: Annotated[bool, Field(description="Names that start with a dot too.")] = False,  # noqa: FBT002 - the contract's
    ) -> DirectoryAnswer:
        """Names in a folder, sorted."""
        place = self._workspace.locate(path)
        with self._workspace.folder(place) as descriptor:
            entries = self._workspace.entries(place, descriptor)
        shown = [entry for entry in entries if show_hidden or not entry.name.startswith(".")]
        return DirectoryAnswer(
            path=place.relative,
            entries=[
                DirectoryEntry.model_validate(
                    {
                        "name": printable(entry.name),
                        "type": entry.kind,
                        "size": entry.info.st_size,
                        "mtime": entry.info.st_mtime,
                    }
                )
                for entry in shown[:MAX_ENTRIES]
            ],
            truncated=len(shown) > MAX_ENTRIES,
        )

    def get_file_info(self, path: Path) -> InfoAnswer:
        """Type, size, time and mode; the hash of a file, the target of a link."""
        place = self._workspace.locate(path)
        if not place.parts:
            return self._info(place, place.root.stat())
        with self._workspace.folder(Place(place.root, place.parts[:-1])) as parent:
            try:
                info = os.stat(place.parts[-1], dir_fd=parent, follow_symlinks=False)
                link = os.readlink(place.parts[-1], dir_fd=parent) if stat.S_ISLNK(info.st_mode) else None
            except OSError:
                raise not_found("no such file or folder", path=place.relative) from None
        return self._info(place, info, link)

    def _info(self, place: Place, info: os.stat_result, link: str | None = None) -> InfoAnswer:
        digest = None
        if stat.S_ISREG(info.st_mode) and info.st_size <= self._workspace.max_file_bytes:
            with self._workspace.file(place) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        return InfoAnswer.model_validate(
            {
                "path": place.relative,
                "type": kind_of(info),
                "size": info.st_size,
                "mtime": info.st_mtime,
                "mode": f"{stat.S_IMODE(info.st_mode):04o}",
                "sha256": digest,
                "symlink_target": None if link is None else printable(link),
            }
        )

    def list_allowed_directories(self) -> RootsAnswer:
        """The served folders by name; their place on this host stays private."""
        names = [PurePath(folder).name for folder in self._workspace.roots.folders]
        return RootsAnswer(roots=[Root(name=name, read_only=True) for name in names])


def decoded(data: bytes) -> tuple[str, str]:
    """Text and the encoding it was read by; a cut last character is dropped, not replaced."""
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8"), "utf-8"
        return data.decode("utf-8", "replace"), "utf-8 with replacements"


def _lines(lines: list[bytes], first: int, last: int) -> bytes:
    part = b"\n".join(lines[first - 1 : last])
    return part + b"\n" if last < len(lines) else part
