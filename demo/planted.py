"""The demo's repository: files read from ``demo/repository``, the parts that may not stand in a file put in."""

from __future__ import annotations

import secrets
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "repository"
ENDING = ".in"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""What the body of an AWS access key id is made of."""


def made_up_key() -> str:
    """A string in the shape of an AWS access key id that belongs to nobody."""
    return "AKIA" + "".join(secrets.choice(ALPHABET) for _ in range(16))


def parts() -> dict[str, str]:
    """Placeholder to text."""
    return {
        "@AWS_KEY@": made_up_key(),
        "@OURS@": "<" * 7,
        "@SPLIT@": "=" * 7,
        "@THEIRS@": ">" * 7,
        "@RLO@": "\u202e",
        "@LRI@": "\u2066",
        "@PDI@": "\u2069",
    }


def files(side: str) -> dict[str, str]:
    """Path to content.

    Args:
        side: ``base`` for what is on the default branch, ``head`` for what the pull request changes.
    """
    folder, texts = SOURCE / side, parts()
    found = {}
    for path in sorted(folder.rglob(f"*{ENDING}")):
        content = path.read_text(encoding="utf-8")
        for placeholder, text in texts.items():
            content = content.replace(placeholder, text)
        found[path.relative_to(folder).as_posix().removesuffix(ENDING)] = content
    return found
