"""Brings what the tests need beside Python packages, all cached; says what it has and what it has not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import browser, chromium
from support.github import descriptions


def main() -> int:
    """Fetch what is missing.

    Returns:
        1 when something could not be had: the tests that need it would fail.
    """
    missing = []
    try:
        print(f"GitHub's descriptions: {descriptions.ensure().name}")
    except descriptions.DescriptionsError as error:
        missing.append(f"GitHub's descriptions: {error}")
    try:
        print(f"browser: {browser.find_chromium()}")
    except browser.NoBrowserError:
        try:
            print(f"browser: {chromium.bring()}")
        except chromium.ChromiumError as error:
            missing.append(f"browser: {error}")
    git = shutil.which("git")
    version = subprocess.run([git or "git", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    print(f"{version}; PostgreSQL and Valkey: from wheels, started by the tests")
    for line in missing:
        print(f"NOT AVAILABLE  {line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
