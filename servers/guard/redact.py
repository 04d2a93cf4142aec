"""Masks credentials of well-known shape in text that leaves a server, keeping its length."""

from __future__ import annotations

import re

_SHAPES: tuple[tuple[str, str], ...] = (
    # A literal that must occur, and a bounded expression: both linear in the text.
    ("A", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("gh", r"\bgh[opsur]_[A-Za-z0-9]{36,255}\b"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{50,255}\b"),
    ("glpat-", r"\bglpat-[A-Za-z0-9_-]{20,64}"),
    ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}"),
    ("_live_", r"\b[rs]k_live_[A-Za-z0-9]{10,99}\b"),
    ("AIza", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("pypi-", r"\bpypi-AgE[A-Za-z0-9_-]{50,250}"),
    ("sk-", r"\bsk-[A-Za-z0-9_-]{20,250}"),
    ("eyJ", r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}"),
    ("PRIVATE KEY-----", r"(?<=PRIVATE KEY-----)[A-Za-z0-9+/=\s\\]{20,20000}(?=-----END)"),
)
_PATTERNS = tuple((literal, re.compile(expression)) for literal, expression in _SHAPES)
_PREFIX_CHARS = 4


def redact(text: str) -> tuple[str, int]:
    """Mask what looks like a credential.

    Returns:
        Text of the same length (line ends kept), and how many places were masked.
    """
    count = 0

    def mask(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return masked(match.group())

    for literal, pattern in _PATTERNS:
        if literal in text:
            text = pattern.sub(mask, text)
    return text, count


def masked(secret: str) -> str:
    """The secret with all but its first four letters covered; white space and escapes keep their place."""
    head = secret[:_PREFIX_CHARS] if secret[:1].isalpha() else ""
    return head + re.sub(r"[A-Za-z0-9+/=_.-]", "*", secret[len(head) :])
