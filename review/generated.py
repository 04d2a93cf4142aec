"""Which changed files a machine wrote: lock files, minified files, and what the base's attributes say.

Only names, the base's ``.gitattributes`` and the length of lines are believed. A "generated" mark inside a file is
not: the change under review could have put it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

ATTRIBUTES_FILE = ".gitattributes"
_ATTRIBUTE = "linguist-generated"
"""Source: GitHub, "Customizing how changed files appear on GitHub"."""
_LOCK_FILES = frozenset(
    {
        "bun.lock", "bun.lockb", "cargo.lock", "composer.lock", "conan.lock", "deno.lock", "flake.lock",
        "gemfile.lock", "go.sum", "go.work.sum", "gradle.lockfile", "mix.lock", "npm-shrinkwrap.json",
        "package-lock.json", "package.resolved", "packages.lock.json", "pdm.lock", "pipfile.lock", "pixi.lock",
        "pnpm-lock.yaml", "podfile.lock", "poetry.lock", "pubspec.lock", "uv.lock", "yarn.lock",
    }
)  # fmt: skip
_MINIFIED_NAME = re.compile(r"[.-]min\.(?:js|mjs|cjs|css)$|\.(?:js|css)\.map$", re.IGNORECASE)
_MINIFIED_SUFFIXES = (".js", ".mjs", ".cjs", ".css", ".html", ".svg", ".json")
_MINIFIED_MIN_CHARS = 5_000
_MINIFIED_LINE_CHARS = 500
_LINE = re.compile(r'^(?P<pattern>"(?:[^"\\]|\\.)*"|\S+)\s+(?P<attributes>.*)$')


def why_generated(path: str, text: str | None) -> str | None:
    """Why a file is not worth a reader's time, or None. The text, where at hand, tells minified files."""
    name = PurePosixPath(path).name.lower()
    if name in _LOCK_FILES:
        return "lock file"
    if _MINIFIED_NAME.search(name):
        return "minified"
    if text is not None and name.endswith(_MINIFIED_SUFFIXES) and len(text) >= _MINIFIED_MIN_CHARS:
        lines = text.count("\n") + 1
        if len(text) / lines > _MINIFIED_LINE_CHARS:
            return "minified"
    return None


def attribute_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Where a ``.gitattributes`` could speak of one of these paths, outermost first."""
    folders = {folder for path in paths for folder in PurePosixPath(path).parents}
    ordered = sorted(folders, key=lambda folder: (len(folder.parts), str(folder)))
    return tuple(str(folder / ATTRIBUTES_FILE) for folder in ordered)


def marked_generated(paths: Iterable[str], attributes: Mapping[str, str]) -> frozenset[str]:
    """Paths the attribute files call generated; the last line that speaks of a path counts.

    Args:
        paths: repository-relative.
        attributes: text of the base's attribute files, by path, outermost first.
    """
    rules = [rule for path, text in attributes.items() for rule in _rules(path, text)]
    return frozenset(path for path in paths if _last_word(path, rules)) if rules else frozenset()


_Rule = tuple[str, GitIgnoreSpec, bool]


def _rules(path: str, text: str) -> Iterator[_Rule]:
    folder = str(PurePosixPath(path).parent)
    prefix = "" if folder == "." else f"{folder}/"
    for line in text.splitlines()[:2_000]:
        match = _LINE.match(line.strip())
        if match is None or line.startswith("#"):
            continue
        value = _value(match["attributes"].split())
        if value is not None:
            pattern = match["pattern"].strip('"').removeprefix("!")
            with suppress(ValueError):  # a pattern git would not take either
                yield prefix, GitIgnoreSpec.from_lines([pattern]), value


def _value(attributes: Iterable[str]) -> bool | None:
    found: bool | None = None
    for attribute in attributes:
        if attribute in {_ATTRIBUTE, f"{_ATTRIBUTE}=true"}:
            found = True
        elif attribute in {f"-{_ATTRIBUTE}", f"!{_ATTRIBUTE}", f"{_ATTRIBUTE}=false"}:
            found = False
    return found


def _last_word(path: str, rules: Iterable[_Rule]) -> bool:
    marked = False
    for prefix, spec, value in rules:
        if path.startswith(prefix) and spec.match_file(path[len(prefix) :]):
            marked = value
    return marked
