"""Bytes of a server's output to lines, in linear time and bounded memory, whatever arrives."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Largest message taken from a server."""
_KEPT_BYTES = 4096

_ID_FIRST = re.compile(rb'^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(?:(\d{1,18})|"([^"\\]{1,100})")\s*,')
_ID_LAST = re.compile(rb',\s*"id"\s*:\s*(?:(\d{1,18})|"([^"\\]{1,100})")\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


@dataclass(frozen=True, slots=True)
class Oversized:
    """A line that was longer than allowed: its ends are kept, its middle is gone."""

    head: bytes
    tail: bytes
    size_bytes: int

    def answers(self) -> int | str | None:
        """Id of the request this message answers, where its first or last member tells."""
        match = _ID_FIRST.match(self.head) or _ID_LAST.search(self.tail)
        if match is None:
            return None
        return int(match[1]) if match[1] is not None else match[2].decode("utf-8", "replace")


class LineSplitter:
    """Cuts a stream of bytes at line ends; each byte is looked at once.

    Args:
        max_bytes: longest line that is returned whole.
    """

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._head: bytes | None = None
        self._tail = b""

    def feed(self, data: bytes) -> list[bytes | Oversized]:
        """Take bytes; return the lines they complete, without line ends."""
        lines: list[bytes | Oversized] = []
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._keep(data[start:end])
            lines.append(self._complete())
            start = end + 1
        if start < len(data):
            self._keep(data[start:])
        return lines

    def _keep(self, piece: bytes) -> None:
        self._size_bytes += len(piece)
        if self._head is None:
            self._pieces.append(piece)
            if self._size_bytes > self._max_bytes:
                line = b"".join(self._pieces)
                self._head, self._tail = line[:_KEPT_BYTES], line[-_KEPT_BYTES:]
                self._pieces.clear()
        else:
            self._tail = (self._tail + piece[-_KEPT_BYTES:])[-_KEPT_BYTES:]

    def _complete(self) -> bytes | Oversized:
        line: bytes | Oversized
        if self._head is None:
            line = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        else:
            line = Oversized(head=self._head, tail=self._tail, size_bytes=self._size_bytes)
        self._pieces.clear()
        self._size_bytes, self._head, self._tail = 0, None, b""
        return line
