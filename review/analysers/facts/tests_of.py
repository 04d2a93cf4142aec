"""How languages name the test of a source file, and which lines of code ask for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

TESTED_LANGUAGES = frozenset(
    {"python", "javascript", "typescript", "go", "rust", "java", "kotlin", "scala", "ruby", "php", "csharp",
     "swift", "dart", "elixir"}
)  # fmt: skip
"""Languages whose tests live in files that a name convention finds."""

FAMILY: Mapping[str, str] = {"typescript": "javascript", "vue": "javascript", "svelte": "javascript"}
"""Languages that are tested by files of another one."""

LOGIC = re.compile(
    r"^\s*(?:async\s+)?(?:def|func|fun|fn|function|sub|class)\b|\b(?:if|elif|for|while|switch|match|case|catch|except|rescue)\b"
    r"|=>|\bpublic\b.*\(|\?[^.:]*:"
)
"""A line that decides something or starts something callable."""

_STEM_NOISE = re.compile(r"^(?:test_|spec_)|(?:_tests?|_spec|[.-](?:test|spec|cy|e2e)|Tests?|Spec|IT)$")
_NAMELESS = frozenset({"__init__", "index", "mod", "main", "lib", "__main__"})


def stem(path: str) -> str:
    """Name of the unit a file is about: ``src/a/foo.py``, ``tests/test_foo.py`` and ``FooTest.java`` agree."""
    file = PurePosixPath(path)
    name = file.name.split(".", 1)[0] if not re.search(r"[.-](?:test|spec|cy|e2e)\.", file.name) else file.name
    name = re.sub(r"[.-](?:test|spec|cy|e2e)\..*$", "", name)
    name = _STEM_NOISE.sub("", name)
    if name in _NAMELESS and len(file.parts) > 1:
        name = file.parts[-2]
    return name.replace("-", "_").lstrip("_").lower()


class TestIndex:
    """Test files by the words of their names, so that a look-up does not read the whole tree."""

    __test__ = False

    def __init__(self, tests: Iterable[str]) -> None:
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for test in sorted(tests):
            unit = stem(test)
            for word in set(unit.split("_")):
                self._by_word.setdefault(word, []).append((unit, test))
            for folder in set(PurePosixPath(test).parts[:-1]):
                self._by_folder.setdefault(folder.replace("-", "_").lower(), []).append(test)

    def __bool__(self) -> bool:
        return bool(self._by_word)

    def first_match(self, source: str) -> str | None:
        """A test of this source file: of the same unit, of one that contains it as a word, or in its folder."""
        wanted = stem(source)
        if not wanted:
            return None
        exact = [test for unit, test in self._by_word.get(wanted.split("_")[0], ()) if unit == wanted]
        if exact:
            return exact[0]
        padded = f"_{wanted}_"
        for unit, test in self._by_word.get(wanted.split("_")[0], ()):
            if padded in f"_{unit}_":
                return test
        return next(iter(self._by_folder.get(wanted, ())), None)
