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
      - id: patchwarden
        uses: ./.patchwarden
        with:
          fail-on: never
      - name: Say what came out
        if: always()
        shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.patchwarden.outputs) }}
        run: printf '%s' "$OUTPUTS" > "$RESULT_FILE"
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
    # The Action lives in the repository, as `uses: ./path` wants it; the copy is not part of the change.
    copy = repo.root / ".patchwarden"
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (repo.root / ".git" / "info" / "exclude").write_text(".patchwarden/\n")
    return repo


def event_of(repo: GitRepo, base: str, head: str) -> dict[str, object]:
    return {
        "action": "opened",
        "number": 7,
        "pull_request": {"number": 7, "base": {"sha": base, "ref": "main"}, "head": {"sha": head, "ref": "change"}},
        "repository": {"full_name": "octo-org/shop", "name": "shop", "owner": {"login": "octo-org"}},
    }


@pytest.mark.timeout(400)
def test_the_action_reviews_the_pull_request_of_the_event(act: str, project: GitRepo, tmp_path: Path) -> None:
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
    result_file = tmp_path / "outputs.json"
    cache = ROOT / ".cache" / "act-tools"
    cache.mkdir(parents=True, exist_ok=True)

    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PATCHWARDEN_", "INPUT_"))}  # noqa: TID251 - act needs this machine's
    done = subprocess.run(
        [
            act, "pull_request", "-P", "ubuntu-latest=-self-hosted", "-e", str(event), "--pull=false",
            "--env", f"RESULT_FILE={result_file}", "--env", f"RUNNER_TOOL_CACHE={cache}",
            "--env", f"PYTHON={sys.executable}", "--cache-server-path", str(tmp_path / "cache"),
        ],  # fmt: skip
        cwd=project.root, capture_output=True, text=True, check=False, timeout=380,
        env={**environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "xdg")},
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    outputs = json.loads(result_file.read_text())
    report = json.loads(Path(outputs["report-file"]).read_text())
    sarif = json.loads(Path(outputs["sarif-file"]).read_text())
    rules = {finding["rule_id"] for finding in report["detailed_findings"]}
    assert outputs["conclusion"] in {"success", "neutral"}, said[-4000:]
    assert int(outputs["findings"]) == len(report["detailed_findings"]) > 0
    assert report["head_sha"] == head
    assert any(rule.startswith("conflict-markers/") for rule in rules), rules
    assert any(rule.startswith("shellcheck/") for rule in rules), rules
    assert {c["file_path"] for c in report["coverage"]} == {"run.sh", "app.py"}
    assert sarif["version"] == "2.1.0"
    assert "app.py" in said
