"""Which rules of different engines say the same thing of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate

from review.models import Finding

RULES: Mapping[str, tuple[str, ...]] = {
    "secret in the text": (
        "secrets/*",
        "sensitive-files/private-key",
        "sensitive-files/credentials",
        "security/*-fixed-key",
        "ruff/S105",
        "ruff/S106",
        "ruff/S107",
    ),
    "SQL as text": ("security/*-sql-string", "ruff/S608"),
    "command for a shell": (
        "security/*-shell-string",
        "security/js-spawn-shell",
        "ruff/S60[24567]",
        "oxlint/*detect-child-process*",
    ),
    "code out of text": (
        "security/*-eval",
        "security/python-code-from-request",
        "ruff/S102",
        "ruff/S307",
        "oxlint/*no-eval*",
        "oxlint/*no-implied-eval*",
    ),
    "unsafe loading": ("security/*-unsafe-load", "ruff/S30[12]", "ruff/S506"),
    "certificate not checked": ("security/*-tls-off", "security/*-tls-unchecked", "ruff/S501", "ruff/S323"),
    "weak hash": ("security/*-weak-hash", "ruff/S303", "ruff/S324"),
    "random that can be guessed": ("security/*-random-secret", "ruff/S311"),
    "XML entities": ("security/*-xml-entities", "ruff/S31[3-9]", "ruff/S320"),
    "debugger left": ("debug-leftovers/breakpoint", "ruff/T100", "oxlint/*no-debugger*"),
    "output left": ("debug-leftovers/output", "ruff/T20*", "oxlint/*no-console*"),
    "test that runs alone": ("debug-leftovers/focused-test", "oxlint/*no-focused-tests*"),
    "not the language": (
        "conflict-markers/left-over",
        "ruff/invalid-syntax",
        "ruff/E999",
        "oxlint/*syntax*",
        "yamllint/syntax",
        "actionlint/syntax-check",
        "shellcheck/SC10*",
        "hadolint/DL1000",
    ),
    "order of text turned": ("hidden-unicode/bidi-control", "ruff/PLE2502"),
    "character that is not seen": (
        "hidden-unicode/zero-width",
        "hidden-unicode/control-character",
        "hidden-unicode/odd-space",
        "ruff/PLE251*",
        "oxlint/*no-irregular-whitespace*",
        "shellcheck/SC1018",
    ),
    "character that looks like another": ("hidden-unicode/homoglyph", "ruff/RUF00[123]"),
    "script injection in a workflow": ("zizmor/template-injection", "actionlint/expression"),
    "permissions of a workflow": (
        "workflow-permissions/write-all",
        "workflow-permissions/widened",
        "zizmor/excessive-permissions",
    ),
    "trigger that trusts strangers": ("workflow-permissions/untrusted-checkout", "zizmor/dangerous-triggers"),
    "dependency not pinned": (
        "dependency-changes/unpinned",
        "zizmor/unpinned-uses",
        "zizmor/unpinned-images",
        "hadolint/DL300[678]",
        "hadolint/DL301[36]",
    ),
    "downloaded script run": ("workflow-permissions/remote-script", "hadolint/DL4001"),
}
"""Patterns of rule ids by what they say, as in a shell (``*``, ``[...]``)."""
_MEANINGS = {meaning: re.compile("|".join(map(translate, patterns))) for meaning, patterns in RULES.items()}


def meanings(finding: Finding) -> Iterator[str]:
    """Names of what a finding says; two findings of one line that share a name say the same."""
    if finding.cwe is not None:
        yield f"cwe-{finding.cwe}"
    for meaning, pattern in _MEANINGS.items():
        if pattern.match(finding.rule_id):
            yield meaning
