from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

from demo.planted import files
from demo.service import Service, ServiceError
from demo.show import plain, unescaped

ROOT = Path(__file__).resolve().parents[2]
PLANTED = (
    "shop/export.py:6",
    "shop/orders.py:25",
    "shop/orders.py:3",
    ".github/workflows/welcome.yml:11",
    "Dockerfile:1",
    "shop/basket.py:6",
    "shop/refunds.py:7",
    "scripts/export.sh:6",
    "web/basket.js:7",
    "deploy/values.yaml:7",
)


def _left_over(folder: Path) -> list[str]:
    """Processes whose settings point into a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append((entry.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name, as a person's own does."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


@pytest.mark.timeout(180)
async def test_the_demo_shows_the_review_stays_until_ctrl_c_and_leaves_nothing(short_folder: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "TMPDIR": str(short_folder),
        "KEEP": "1",
        "COLUMNS": "160",
        "PATCHWARDEN_PORT": "no",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(ROOT / "demo" / "run.py"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(130):
            while line := (await process.stdout.readline()).decode():
                said.append(line)
                if "Status site" in line:
                    break
        text = "".join(said)
        assert "Running until Ctrl-C" in text, text
        missing = [place for place in PLANTED if place not in text]
        assert missing == [], text
        assert "+ " in text.partition("inline comments")[2].partition("Check run")[0], "no suggestion is shown"
        assert "all fit GitHub's OpenAPI description" in text
        page = next(word for line in said for word in line.split() if word.endswith("/pull/1"))
        async with aiohttp.ClientSession() as session, session.get(page) as answer:
            assert "Patchwarden" in await answer.text()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            rest = (await process.stdout.read()).decode()
            assert await process.wait() == 0, rest
        assert "Stopped." in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert list(short_folder.iterdir()) == []
    assert _left_over(short_folder) == []


async def test_a_service_that_does_not_start_is_a_reason_and_leaves_nothing(tmp_path: Path) -> None:
    service = Service(tmp_path, {"PATH": os.defpath})
    try:
        with pytest.raises(ServiceError, match="it ended with status 2"):
            await service.start(1, "no key", "no address", "no address")
        assert "PATCHWARDEN_GITHUB_API_URL" in service.log()
    finally:
        await service.stop()
    assert (tmp_path / "app.pem").stat().st_mode & 0o777 == 0o600
    assert _left_over(tmp_path) == []


def test_the_planted_files_are_whole_and_the_stored_ones_harmless() -> None:
    base, head = files("base"), files("head")
    assert set(base) & set(head) >= {"shop/orders.py", "shop/basket.py", "Dockerfile"}
    assert "AKIA" in head["shop/export.py"]
    assert "<" * 7 + " HEAD" in head["shop/basket.py"]
    assert "\u202e" in head["shop/refunds.py"]
    stored = "".join(path.read_text() for path in (ROOT / "demo").rglob("*.in"))
    assert all(part not in stored for part in ("AKIA", "<" * 7, "\u202e", "\u2066"))


def test_folded_parts_show_their_title_only() -> None:
    console = Console(record=True)
    console.print(plain("<!-- x -->\n**A**\n<details>\n<summary><b>More</b></summary>\n\nhidden\n\n</details>\n"))
    assert console.export_text().split() == ["**A**", "▸", "More"]
    assert unescaped(r"**key AKIA\*\*\*\*GP** in a\_b.py") == "key AKIA****GP in a_b.py"
