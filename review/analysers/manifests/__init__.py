"""Dependencies in manifests, ecosystem by ecosystem. Line-based scanners: they also read a piece of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from review.analysers.facts.lines import NumberedLine
from review.analysers.manifests import containers, javascript, jvm, python, scripting, systems
from review.analysers.manifests.model import Dependency


@dataclass(frozen=True, slots=True)
class Manifest:
    """A kind of file that names dependencies, or locks them."""

    ecosystem: str
    name: re.Pattern[str]
    """Matched against the whole path."""
    scan: Callable[[Sequence[NumberedLine]], list[Dependency]]
    locks: tuple[str, ...] = ()
    """File names that hold the exact versions for this manifest."""


def _kind(
    ecosystem: str, name: str, scan: Callable[[Sequence[NumberedLine]], list[Dependency]], *locks: str
) -> Manifest:
    return Manifest(ecosystem, re.compile(rf"(?:.*/)?(?:{name})"), scan, locks)


MANIFESTS: tuple[Manifest, ...] = (
    _kind(
        "pypi",
        r"(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in)|requirements/[\w.-]+\.(?:txt|in)",
        python.requirements,
    ),
    _kind("pypi", r"pyproject\.toml", python.pyproject, "uv.lock", "poetry.lock", "pdm.lock"),
    _kind("pypi", r"Pipfile", python.pyproject, "Pipfile.lock"),
    _kind(
        "npm",
        r"package\.json",
        javascript.package_json,
        "package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "npm-shrinkwrap.json",
        "bun.lock",
    ),
    _kind("go", r"go\.mod", systems.go_mod, "go.sum"),
    _kind("cargo", r"Cargo\.toml", systems.cargo_toml, "Cargo.lock"),
    _kind("maven", r"pom\.xml", jvm.pom_xml),
    _kind("maven", r"[\w.-]*\.gradle(?:\.kts)?", jvm.gradle, "gradle.lockfile"),
    _kind("gem", r"Gemfile|[\w.-]+\.gemspec", scripting.gemfile, "Gemfile.lock"),
    _kind("composer", r"composer\.json", javascript.composer_json, "composer.lock"),
    _kind("docker", r"(?:[\w.-]+\.)?(?:Docker|Container)file(?:\.[\w.-]+)?", containers.dockerfile),
    _kind(
        "actions",
        r"\.github/workflows/[^/]+\.ya?ml|action\.ya?ml|\.github/actions/.*/action\.ya?ml",
        containers.workflow,
    ),
)
LOCK_NAMES = frozenset(lock for kind in MANIFESTS for lock in kind.locks)


def manifest_of(path: str) -> Manifest | None:
    """What kind of manifest a path is, if any."""
    return next((kind for kind in MANIFESTS if kind.name.fullmatch(path)), None)


def is_lock(path: str) -> bool:
    """Whether a tool writes the file to fix exact versions."""
    return path.rsplit("/", 1)[-1] in LOCK_NAMES
