"""The problems a review must find, planted among honest code, each on its line."""

from __future__ import annotations

from pathlib import Path

from review.analysers import ALL
from review.models import Finding
from support.change import subject_of
from support.engines import review_with

TOKEN = "gh" + "p_" + "q8Zr3LxT0vKw5YbN7cJd1HsG4fMe9PuA2iXo"
FILES = {
    "app/store.py": f"""import json


def load(cursor, name):
    cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")
    return cursor.fetchall()


TOKEN = "{TOKEN}"
""",  # noqa: S608 - the planted problem
    "app/roles.py": "def is_admin(level):\n    return level != 'user\u202e \u2066# admin only\u2069 \u2066'\n",
    "app/merge.py": "def f():\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> topic\n",
    "Dockerfile": 'FROM python:latest\nWORKDIR /app\nRUN sudo apt-get update\nCMD ["python"]\n',
    ".github/workflows/greet.yml": (
        "on:\n  issues:\n    types: [opened]\npermissions:\n  issues: write\n"
        "jobs:\n  greet:\n    runs-on: ubuntu-latest\n"
        '    steps:\n      - run: |\n          echo hello\n          echo "${{ github.event.issue.title }}"\n'
    ),
    "web/run.js": (
        "import { exec } from 'node:child_process';\n\nexport const run = (name) => {\n  exec(`ls ${name}`);\n};\n"
    ),
    "deploy.sh": "#!/bin/bash\nset -e\nrm -rf $1\n",
    "config.yaml": "a: 1\nb: 2\na: 3\n",
}
EXPECTED = {
    ("app/store.py", 1, "ruff/F401"),
    ("app/store.py", 5, "ruff/S608"),
    ("app/store.py", 9, "secrets/github-pat"),
    ("app/roles.py", 2, "hidden-unicode/bidi-control"),
    ("app/merge.py", 2, "conflict-markers/left-over"),
    ("app/merge.py", 2, "ruff/invalid-syntax"),
    ("Dockerfile", 1, "hadolint/DL3007"),
    ("Dockerfile", 3, "hadolint/DL3004"),
    (".github/workflows/greet.yml", 12, "zizmor/template-injection"),
    ("web/run.js", 4, "security/js-shell-string"),
    ("deploy.sh", 3, "shellcheck/SC2086"),
    ("config.yaml", 3, "yamllint/key-duplicates"),
}


def found_in(files: dict[str, str], workspace: Path) -> list[Finding]:
    subject = subject_of(files, workspace=workspace, tree=frozenset(files))
    return [finding for kind in ALL for finding in review_with(kind(), subject)]


def test_planted_problems_are_found_on_their_lines_and_little_else(tmp_path: Path) -> None:
    findings = found_in(FILES, tmp_path)
    assert {(f.file_path, f.line_number, f.rule_id) for f in findings} == EXPECTED


def test_a_masked_secret_is_reported_never_its_value(tmp_path: Path) -> None:
    assert all(TOKEN not in finding.model_dump_json() for finding in found_in(FILES, tmp_path))


def test_every_finding_says_why_in_one_line_and_security_says_what_to_do(tmp_path: Path) -> None:
    for finding in found_in(FILES, tmp_path):
        assert finding.message
        assert "\n" not in finding.message
        if finding.severity.rank >= 3 and finding.category == "security":
            assert finding.suggestion, finding.rule_id


def test_the_names_of_hostile_files_stay_data(tmp_path: Path) -> None:
    names = {
        "-rf --config=x.py": "",
        "src/--help.py": "import os\n",
        "src/a b;$(touch owned)'\".py": "import os\n",
        "src/caf\u00e9.py": "import os\n",
        "src/back\\slash.js": "export const a = ;\n",
        ".hidden/x.py": "import os\n",
    }
    findings = found_in(names, tmp_path)
    assert {f.file_path for f in findings} == set(names) - {"-rf --config=x.py"}
    assert not (tmp_path / "owned").exists()
