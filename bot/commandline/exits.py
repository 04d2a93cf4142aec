"""Exit statuses and the errors that carry them: part of the outside contract."""

from __future__ import annotations

from enum import IntEnum

import click


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    FINDINGS = 1
    """Findings at or above ``--fail-on``."""
    USAGE = 2
    """Usage or configuration error."""
    INCOMPLETE = 3
    """The review could not be completed; partial results were still printed."""


class Usage(click.ClickException):
    """The caller can mend it: one sentence, exit status 2."""

    exit_code = Exit.USAGE


class Incomplete(click.ClickException):
    """The work could not be done or not in full: what and why, exit status 3."""

    exit_code = Exit.INCOMPLETE
