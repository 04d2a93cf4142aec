"""The Action on a real runner: `act` reads action.yml and runs its steps on this machine, without Docker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.git_repo import GitRepo

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = """\
name: Review
on: pull_request
permissions: {}
jobs:
  review:
    runs-on: ubuntu-latest
    steps:
      - name: Check out (actions/checkout would need the network)
        shell: bash
        run: git clone --quiet --bare "$SOURCE" .git && git config core.bare false && git reset --quiet
      - id: patchwarden
        uses: octo-org/patchwarden@v1
        with:
          fail-on: never
      - name: Say what came out
        if: always()
        shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.patchwarden.outputs) }}
          REPORT: ${{ steps.patchwarden.outputs.report-file }}
          SARIF: ${{ steps.patchwarden.outputs.sarif-file }}
        run: |
          printf '%s' "$OUTPUTS" > "$RESULTS/outputs.json"
          cp "$REPORT" "$RESULTS/report.json"
          cp "$SARIF" "$RESULTS/report.sarif"
          cp "$GITHUB_STEP_SUMMARY" "$RESULTS/summary.md" || true
"""


@pytest.fixture(scope="session")
def act() -> str:
    beside = Path(sys.executable).with_name("act")
    found = str(beside) if beside.exists() else shutil.which("act")
    assert found is not None, "the test lock file brings act"
    return found


@pytest.fixture
def project(tmp_path: Path) -> GitRepo:
    """A repository that uses the Action, with a pull request that plants a shell injection and a merge marker."""
    repo = GitRepo.create(tmp_path / "shop")
    repo.commit({".github/workflows/review.yml": WORKFLOW, "README.md": "# Shop\n"}, "base")
    return repo


@pytest.fixture(scope="session")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Action as a release would carry it: the files of this checkout that git knows or would add."""
    copy = tmp_path_factory.mktemp("action") / "patchwarden"
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/", "demo/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def event_of(repo: GitRepo, base: str, head: str) -> dict[str, object]:
    return {
        "action": "opened",
        "number": 7,
        "pull_request": {"number": 7, "base": {"sha": base, "ref": "main"}, "head": {"sha": head, "ref": "change"}},
        "repository": {"full_name": "octo-org/shop", "name": "shop", "owner": {"login": "octo-org"}},
    }


@pytest.mark.timeout(400)
def test_the_action_reviews_the_pull_request_of_the_event(
    act: str, action: Path, project: GitRepo, tmp_path: Path
) -> None:
    base = project.head
    project.branch("change")
    head = project.commit(
        {
            "run.sh": "#!/bin/sh\nrm -rf $1/cache\n",
            "app.py": "import os\n\n<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
        },
        "change",
    )
    event = tmp_path / "event.json"
    event.write_text(json.dumps(event_of(project, base, head)))
    results = tmp_path / "results"
    results.mkdir()

    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PATCHWARDEN_", "INPUT_"))}  # noqa: TID251 - act needs this machine's
    done = subprocess.run(
        [
            act,
            "pull_request",
            "-P",
            "ubuntu-latest=-self-hosted",
            "-e",
            str(event),
            "--pull=false",
            "--local-repository",
            f"octo-org/patchwarden@v1={action}",
            "--env",
            f"RESULTS={results}",
            "--env",
            f"SOURCE={project.root}",
            "--env",
            f"PYTHON={sys.executable}",
            "--cache-server-path",
            str(tmp_path / "cache"),
        ],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
        env={**environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "xdg")},
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    outputs = json.loads((results / "outputs.json").read_text())
    report = json.loads((results / "report.json").read_text())
    sarif = json.loads((results / "report.sarif").read_text())
    rules = {finding["rule_id"] for finding in report["detailed_findings"]}
    assert outputs["conclusion"] in {"success", "neutral"}, said[-4000:]
    assert int(outputs["findings"]) == len(report["detailed_findings"]) > 0
    assert report["head_sha"] == head
    assert any(rule.startswith("conflict-markers/") for rule in rules), rules
    assert any(rule.startswith("shellcheck/") for rule in rules), rules
    assert {c["file_path"] for c in report["coverage"]} == {"run.sh", "app.py"}
    assert sarif["version"] == "2.1.0"
    assert "app.py" in said
