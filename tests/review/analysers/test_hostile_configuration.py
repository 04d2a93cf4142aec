"""A repository's own configuration of an engine has no influence, and nothing in it runs."""

from __future__ import annotations

from pathlib import Path

from review.analysers import ALL
from support.change import subject_of
from support.engines import review_with

FILES = {
    "src/a.py": "import os\n",
    "src/b.js": (
        "import { exec } from 'node:child_process';\nimport gone from './gone.js';\n\n"
        "export const f = (x) => exec(`ls ${x}`);\n"
    ),
    "src/c.sh": "#!/bin/bash\nrm -rf $1\n",
    "Dockerfile": "FROM python:latest\n",
    "d.yaml": "a: 1\na: 2\n",
    ".github/workflows/e.yml": (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: gone\n    permissions: write-all\n"
        "    steps:\n      - uses: someone/thing@main\n"
    ),
}
_RUNS = "require('fs').writeFileSync('{marker}', 'x');\n"
CONFIGURATIONS = {
    "ruff.toml": "exclude = ['*']\n[lint]\nselect = []\n",
    ".ruff.toml": "exclude = ['*']\n",
    "src/ruff.toml": "exclude = ['*']\n[lint]\nignore = ['ALL']\n",
    "pyproject.toml": "[tool.ruff]\nexclude = ['*']\n",
    ".oxlintrc.json": '{"ignorePatterns": ["**"], "rules": {"no-unused-vars": "off"}}\n',
    "src/.oxlintrc.json": '{"ignorePatterns": ["**"], "jsPlugins": ["./plugin.js"]}\n',
    "oxlint.config.ts": "import './plugin.js';\nexport default {};\n",
    ".eslintrc.js": _RUNS + "module.exports = {};\n",
    "eslint.config.js": _RUNS,
    ".eslintignore": "**\n",
    "plugin.js": _RUNS,
    "src/plugin.js": _RUNS,
    "tsconfig.json": '{"extends": "./plugin.js"}\n',
    ".gitignore": "*\n",
    ".ignore": "*\n",
    "src/.gitignore": "*\n",
    ".shellcheckrc": "disable=all\n",
    "src/.shellcheckrc": "disable=all\n",
    ".hadolint.yaml": "ignored: [DL3007]\n",
    ".hadolint.yml": "ignored: [DL3007]\n",
    ".yamllint": "ignore: '*'\nrules: {}\n",
    ".yamllint.yaml": "ignore: '*'\n",
    "sgconfig.yml": "ruleDirs: [nothing]\ncustomLanguages:\n  x:\n    libraryPath: ./evil.so\n    extensions: [js]\n",
    ".github/zizmor.yml": "rules:\n  unpinned-uses:\n    disable: true\n  excessive-permissions:\n    disable: true\n",
    "zizmor.yml": "rules:\n  unpinned-uses:\n    disable: true\n",
    ".github/actionlint.yaml": "paths:\n  '**':\n    ignore: ['.*']\n",
    ".github/actionlint.yml": "paths:\n  '**':\n    ignore: ['.*']\n",
}


def test_no_configuration_of_the_repository_changes_what_is_found_or_runs(tmp_path: Path) -> None:
    plain, hostile, marker = tmp_path / "plain", tmp_path / "hostile", tmp_path / "ran"
    plain.mkdir()
    (hostile / ".git").mkdir(parents=True)  # so that engines which look for a repository find one
    expected = subject_of(FILES, workspace=plain)
    seen = subject_of(FILES, workspace=hostile)
    for name, text in CONFIGURATIONS.items():
        target = hostile / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("{marker}", str(marker)))

    for kind in ALL:
        without = [(f.file_path, f.line_number, f.rule_id) for f in review_with(kind(), expected)]
        with_it = [(f.file_path, f.line_number, f.rule_id) for f in review_with(kind(), seen)]
        assert with_it == without, kind.name
        if getattr(kind, "needs_workspace", False):
            assert without, f"{kind.name} finds nothing here: the check would be empty"
    assert not marker.exists()
