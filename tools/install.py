"""Installs lock files into the running interpreter's environment: with uv where it can, else with pip."""

from __future__ import annotations

import shutil
import subprocess
import sys


def main(locks: list[str]) -> int:
    """Install the given lock files, hashes required."""
    files = [part for lock in locks for part in ("-r", lock)]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", *files]
        if subprocess.run(command, check=False).returncode == 0:
            return 0
        sys.stderr.write("uv could not install the lock files; trying pip\n")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    return subprocess.run([*pip, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
