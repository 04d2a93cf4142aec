"""The command line as people and scripts use it: real processes, exit statuses, what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.planted import FILES, SECRET

from support.git_repo import GitRepo

PATCHWARDEN = str(Path(sys.executable).with_name("patchwarden"))


def run(*args: str, cwd: Path, stdin: str | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    base = {k: v for k, v in os.environ.items() if not k.startswith("PATCHWARDEN_") and k != "CI"}  # noqa: TID251 - the child's
    return subprocess.run(
        [PATCHWARDEN, *args], cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=100,
        env={**base, **environ},
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    repo = GitRepo.create(tmp_path_factory.mktemp("planted") / "shop")
    repo.commit({"README.md": "# Shop\n"}, "base")
    repo.branch("feature")
    repo.commit(FILES, "planted")
    return repo


def test_findings_exit_1_and_results_alone_go_to_standard_output(planted: GitRepo) -> None:
    done = run("review", "--format", "json", cwd=planted.root)

    result = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert result["head_sha"] == planted.head
    assert {c["file_path"] for c in result["coverage"]} == set(FILES)
    assert result["skipped_analysers"] == []
    assert list(result["detailed_findings"][0])[:6] == [
        "file_path", "line_number", "end_line_number", "severity", "category", "message",
    ]  # fmt: skip
    assert SECRET not in done.stdout + done.stderr
    assert "reading the change" in done.stderr


def test_fail_on_never_exits_0_and_quiet_says_nothing(planted: GitRepo) -> None:
    done = run("review", "--fail-on", "never", "--quiet", cwd=planted.root)

    assert (done.returncode, done.stderr) == (0, "")
    assert "conflict-markers" in done.stdout


@pytest.mark.parametrize("name", ["text", "jsonl", "markdown", "sarif", "github", "html"])
def test_every_format_is_written_to_a_file(planted: GitRepo, tmp_path: Path, name: str) -> None:
    output = tmp_path / "report"

    done = run(
        "review", "--format", name, "--output", str(output), "--only", "conflict-markers", "-q", cwd=planted.root
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "shop/total.py" in output.read_text()


def test_only_named_analysers_run(planted: GitRepo) -> None:
    done = run("review", "--only", "conflict-markers", "--format", "jsonl", "-q", cwd=planted.root)

    assert {json.loads(line)["analyser"] for line in done.stdout.splitlines()} == {"conflict-markers"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--only", "conflict-marker"], "did you mean conflict-markers?"),
        (["--staged", "--base", "main"], "exclude each other"),
        (["--base", "no-such-branch"], "no-such-branch"),
        (["--llm", "nobody"], "no such model server"),
        (["--format", "xml"], "xml"),
        (["--diff", "/no/such/file"], "/no/such/file"),
    ],
)
def test_usage_errors_exit_2_with_a_clear_sentence(planted: GitRepo, args: list[str], said: str) -> None:
    done = run("review", *args, cwd=planted.root)

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    done = run("review", cwd=tmp_path)

    assert done.returncode == 2
    assert "git repository" in done.stderr


def test_without_changes_it_says_so_and_offers_recent_commits(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.txt": "a\n"}, "The first one")

    done = run("review", cwd=repo.root)

    assert done.returncode == 0
    assert "nothing to review" in done.stderr
    assert "The first one" in done.stderr


def test_staged_changes_are_reviewed_before_the_commit(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.py": "x = 1\n"}, "base")
    repo.write({"a.py": "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"})
    repo.git("add", "--all")

    done = run("review", "--staged", "--only", "conflict-markers", "--format", "jsonl", "-q", cwd=repo.root)

    assert [json.loads(line)["line_number"] for line in done.stdout.splitlines()] == [1], done.stderr


def test_a_diff_from_standard_input_needs_no_repository(tmp_path: Path, planted: GitRepo) -> None:
    diff = planted.git("diff", "main..feature") + "\n"

    done = run("review", "--diff", "-", "--format", "json", "-q", cwd=tmp_path, stdin=diff)

    result = json.loads(done.stdout)
    rules = {f["rule_id"] for f in result["detailed_findings"]}
    assert any(rule.startswith("conflict-markers/") for rule in rules), done.stderr
    assert any(rule.startswith("secrets/") for rule in rules)


def test_a_folder_below_the_top_limits_the_review(planted: GitRepo) -> None:
    done = run("review", "shop", "--format", "json", "-q", cwd=planted.root)

    assert {c["file_path"] for c in json.loads(done.stdout)["coverage"]} == {f for f in FILES if f.startswith("shop/")}


def test_configuration_of_the_head_is_not_obeyed(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.py": "x = 1\n"}, "base")
    repo.branch("change")
    repo.commit({
        ".github/patchwarden.yml": "skip: [conflict-markers]\nfail_on: never\n",
        "a.py": "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
    }, "loosen the rules")  # fmt: skip

    done = run("review", "--only", "conflict-markers", "-q", cwd=repo.root)

    assert done.returncode == 1, done.stdout


def test_a_bad_configuration_of_the_base_exits_2_with_its_line(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({".github/patchwarden.yml": "fail_on: high\nskpi: [ruff]\n", "a.py": "x = 1\n"}, "base")
    repo.branch("change")
    repo.commit({"a.py": "x = 2\n"}, "change")

    done = run("review", "-q", cwd=repo.root)

    assert done.returncode == 2
    assert "skpi" in done.stderr
    assert "skip" in done.stderr


def test_a_hostile_folder_of_our_package_names_is_not_imported(tmp_path: Path) -> None:
    repo = GitRepo.create(tmp_path / "repo")
    repo.commit({"a.py": "x = 1\n"}, "base")
    repo.branch("change")
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\nraise SystemExit(9)\n"
    names = ("servers", "bot", "review", "workflows", "templates", "mcp", "ruff")
    repo.commit({f"{name}/__init__.py": trap for name in names} | {f"{name}/__main__.py": trap for name in names})

    done = run("review", "--fail-on", "never", "-q", cwd=repo.root)

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_servers_are_listed_checked_and_called(planted: GitRepo) -> None:
    listed = run("servers", "list", cwd=planted.root)
    checked = run("servers", "check", "enhanced-git", "simple-warp", cwd=planted.root)
    called = run("servers", "call", "enhanced-git", "git_log", '{"max_count": 1}', cwd=planted.root)
    unknown = run("servers", "call", "enhanced-gti", "git_log", cwd=planted.root)

    assert {line.split()[0] for line in listed.stdout.splitlines()} >= {
        "enhanced-git", "enhanced-filesystem", "api-key-sniffer", "simple-warp",
    }  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("healthy") == 2
    assert json.loads(called.stdout)["commits"][0]["subject"] == "planted"
    assert (unknown.returncode, "enhanced-git" in unknown.stderr) == (2, True)


def test_a_service_without_its_settings_names_what_is_missing(tmp_path: Path) -> None:
    for command in ("serve", "web", "worker"):
        done = run(command, cwd=tmp_path)
        assert done.returncode == 2
        assert "PATCHWARDEN_GITHUB_WEBHOOK_SECRET" in done.stderr


def test_migrate_brings_a_fresh_database_up_and_says_so(tmp_path: Path) -> None:
    before = run("migrate", "--check", cwd=tmp_path, PATCHWARDEN_DATA_DIR=str(tmp_path / "data"))
    done = run("migrate", cwd=tmp_path, PATCHWARDEN_DATA_DIR=str(tmp_path / "data"))
    again = run("migrate", cwd=tmp_path, PATCHWARDEN_DATA_DIR=str(tmp_path / "data"))

    assert before.returncode == 3
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    assert "up to date" in again.stdout


def test_doctor_says_what_is_there_and_what_to_do(tmp_path: Path) -> None:
    done = run("doctor", "--json", cwd=tmp_path, PATCHWARDEN_DATA_DIR=str(tmp_path / "data"))

    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert checks["git"]["state"] == "ok"
    assert checks["ruff"]["state"] == "ok"
    assert checks["enhanced-git"]["state"] == "ok"
    assert checks["github app"]["state"] == "warning"
