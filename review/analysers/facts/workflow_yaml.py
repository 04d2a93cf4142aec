"""A GitHub workflow as plain values that know their lines. Reads YAML without building objects from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MAX_CHARS = 200_000
"""A longer text is not read: a hundred times a usual workflow."""
MAX_NODES = 50_000
"""Aliases count each time they are used: a few lines can stand for billions of values."""


@dataclass(frozen=True, slots=True)
class Node:
    """One YAML value. ``line`` is 1-based; for a block text it is the line of the first text line."""

    value: str | tuple[tuple[str, Node], ...] | tuple[Node, ...]
    line: int
    key_line: int

    def get(self, key: str) -> Node | None:
        """Value of a mapping's key, None for a missing key and for anything but a mapping."""
        return next((value for name, value in self.pairs() if name == key), None)

    def at(self, *keys: str) -> Node | None:
        """Value under nested keys."""
        node: Node | None = self
        for key in keys:
            node = node.get(key) if node is not None else None
        return node

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping; nothing for anything else."""
        if not isinstance(self.value, str):
            for item in self.value:
                if isinstance(item, tuple):
                    yield item

    def items(self) -> Iterator[Node]:
        """Members of a sequence; nothing for anything else."""
        if not isinstance(self.value, str):
            for item in self.value:
                if isinstance(item, Node):
                    yield item

    @property
    def text(self) -> str:
        """The scalar, or an empty text."""
        return self.value if isinstance(self.value, str) else ""

    def words(self) -> list[str]:
        """A scalar, the members of a sequence, or the keys of a mapping: ``on:`` takes all three."""
        if isinstance(self.value, str):
            return [self.value] if self.value else []
        return [name for name, _ in self.pairs()] or [item.text for item in self.items()]


def read_workflow(text: str) -> Node | None:
    """The document, or None when it is no YAML mapping, too long, or too deep."""
    if len(text) > MAX_CHARS:
        return None
    try:
        # the pure loader: the compiled one overflows the C stack on deep nesting instead of raising
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        node = _Converter().convert(root, 1, 0) if root is not None else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return node if node is not None and any(node.pairs()) else None


_MAX_DEPTH = 30


class _Converter:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def convert(self, node: yaml.Node, key_line: int, depth: int) -> Node:
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise ValueError("too deep or too large")
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return Node(str(node.value), line + (node.style in {"|", ">"}), key_line)
        if isinstance(node, yaml.SequenceNode):
            members = (self.convert(item, item.start_mark.line + 1, depth + 1) for item in node.value)
            return Node(tuple(members), line, key_line)
        pairs: list[tuple[str, Node]] = []
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            pairs.append((name, self.convert(value, key.start_mark.line + 1, depth + 1)))
        return Node(tuple(pairs), line, key_line)
