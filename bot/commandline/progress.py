"""Progress of a command on standard error: live on a terminal, a plain line a phase elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """Call it with a phase and a sentence; use it as a context manager."""

    def __init__(self, *, quiet: bool, in_ci: bool) -> None:
        """Take who is watching.

        Args:
            quiet: say nothing.
            in_ci: a log file watches, not a person: a plain line a phase.
        """
        self._quiet = quiet
        self._live = not quiet and not in_ci and sys.stderr.isatty()
        self._status: Status | None = None
        self._phase = ""
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin; on a terminal a spinner starts."""
        self._began = time.monotonic()
        if self._live:
            from rich.console import Console
            from rich.status import Status

            self._status = Status("starting", console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal clean."""
        del kind, error, trace
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __call__(self, phase: str, text: str) -> None:
        """Say what happens now.

        Args:
            phase: stable word such as ``change`` or ``analysers``; a log gets one line each.
            text: what a person reads.
        """
        if self._quiet:
            return
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(text))
        elif phase != self._phase:
            seconds = time.monotonic() - self._began
            sys.stderr.write(f"[{seconds:5.1f} s] {text}\n")
            sys.stderr.flush()
        self._phase = phase
