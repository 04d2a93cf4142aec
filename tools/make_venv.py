"""Makes the virtual environment, with a clear sentence where the system's Python lacks a part of it."""

from __future__ import annotations

import subprocess
import sys


def main() -> int:
    """Create the environment named by the first argument."""
    target = sys.argv[1]
    made = subprocess.run([sys.executable, "-m", "venv", target], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        return 0
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sys.stderr.write(made.stdout + made.stderr)
    sys.stderr.write(
        f"\nCould not make {target}. On Debian and Ubuntu: apt-get install python{version}-venv; then run make again.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
