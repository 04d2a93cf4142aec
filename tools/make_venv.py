"""Makes the virtual environment, with a clear sentence where the system's Python lacks a part of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def main() -> int:
    """Create the environment named by the first argument; 0 when it is there."""
    target = sys.argv[1]
    made = _venv(target)
    if made.returncode and _can_install():
        # Debian and Ubuntu keep a part of the standard library in a package of its own.
        print(f"installing {PACKAGE}, which this system's Python lacks")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE], check=False)
        made = _venv(target)
    if made.returncode:
        sys.stderr.write(made.stdout + made.stderr)
        sys.stderr.write(
            f"\nCould not make {target}. On Debian and Ubuntu: apt-get install {PACKAGE}; then run make again.\n"
        )
    return made.returncode


def _venv(target: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "venv", "--clear", target]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


if __name__ == "__main__":
    sys.exit(main())
