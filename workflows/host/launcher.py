"""Becomes a server process after tying its life to ours: run as a program, standard library only.

Arguments: process id of the host, then the command. On Linux the kernel kills this process when the thread that
started it ends, so a host that is killed leaves no server behind. The setting outlives ``exec``.
Source: prctl(2), PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Set the death signal and become the command; returns only when that failed."""
    host_pid, command = int(argv[1]), argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # the host may have died before the setting took hold
        if os.getppid() != host_pid:
            return 1
    try:
        os.execvp(command[0], command)  # noqa: S606 - argv as given by the host, no shell wanted
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv))
