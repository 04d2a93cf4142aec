"""All report formats. A new one is a module here and a line in ``ALL``."""

from __future__ import annotations

from review.format import Format
from review.formats.github import GitHub
from review.formats.html import Html
from review.formats.json import Json
from review.formats.jsonl import JsonLines
from review.formats.markdown import Markdown
from review.formats.sarif import Sarif
from review.formats.text import Text

ALL: tuple[type[Format], ...] = (Text, Json, JsonLines, Markdown, Sarif, GitHub, Html)
"""Every format, in the order the command line lists them."""


def by_name(name: str, *, colour: bool = False) -> Format:
    """The format of that name, ready to render.

    Args:
        name: as in ``Format.name``.
        colour: whether the output is a terminal that shows colours; only ``text`` asks.

    Raises:
        KeyError: there is no such format.
    """
    if name == Text.name:
        return Text(colour=colour)
    return {kind.name: kind for kind in ALL}[name]()
