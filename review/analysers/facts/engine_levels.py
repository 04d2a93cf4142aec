"""Tables of what we think of the findings of engines that grade them on a scale of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from review.models import Category, Confidence, Severity


@dataclass(frozen=True, slots=True)
class Grade:
    """Our grade of one rule or level."""

    severity: Severity
    category: Category
    confidence: Confidence = Confidence.HIGH
    cwe: int | None = None


_INFO, _LOW, _MEDIUM, _HIGH = Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH
_BUG, _SECURITY = Category.BUG, Category.SECURITY
_CONFIGURATION, _UPKEEP = Category.CONFIGURATION, Category.MAINTAINABILITY
_LIKELY, _UNSURE = Confidence.MEDIUM, Confidence.LOW

SHELLCHECK_LEVELS: Mapping[str, Grade] = {
    "error": Grade(_MEDIUM, _BUG),
    "warning": Grade(_LOW, _BUG, _LIKELY),
    "info": Grade(_INFO, _UPKEEP, _LIKELY),
    "style": Grade(_INFO, Category.STYLE, _LIKELY),
}
SHELLCHECK_CODES: Mapping[int, Grade] = {
    1072: Grade(_HIGH, _BUG),
    1073: Grade(_HIGH, _BUG),
    2086: Grade(_LOW, _BUG, _LIKELY),
    2046: Grade(_LOW, _BUG, _LIKELY),
    2068: Grade(_MEDIUM, _BUG),
    2114: Grade(_HIGH, _BUG),
    2115: Grade(_HIGH, _BUG, _LIKELY),
    2156: Grade(_MEDIUM, _SECURITY, _LIKELY, 78),
    2164: Grade(_LOW, _BUG, _LIKELY),
    2064: Grade(_LOW, _BUG, _LIKELY),
    2024: Grade(_MEDIUM, _BUG),
    2129: Grade(_INFO, Category.STYLE),
}
"""1072 and 1073 are syntax errors: nothing after them was checked."""

HADOLINT_LEVELS: Mapping[str, Grade] = {
    "error": Grade(_MEDIUM, _CONFIGURATION),
    "warning": Grade(_LOW, _CONFIGURATION),
    "info": Grade(_INFO, _CONFIGURATION),
    "style": Grade(_INFO, Category.STYLE),
}
HADOLINT_CODES: Mapping[str, Grade] = {
    "DL1000": Grade(_HIGH, _BUG),
    "DL3000": Grade(_LOW, _CONFIGURATION),
    "DL3002": Grade(_MEDIUM, _SECURITY, Confidence.HIGH, 250),
    "DL3004": Grade(_MEDIUM, _SECURITY, Confidence.HIGH, 250),
    "DL3006": Grade(_MEDIUM, Category.DEPENDENCY, Confidence.HIGH, 1357),
    "DL3007": Grade(_MEDIUM, Category.DEPENDENCY, Confidence.HIGH, 1357),
    "DL3020": Grade(_LOW, _SECURITY),
    "DL3026": Grade(_MEDIUM, _SECURITY),
    "DL4000": Grade(_INFO, _CONFIGURATION),
    "DL4006": Grade(_LOW, _BUG),
}

ZIZMOR_SEVERITIES: Mapping[str, Severity] = {
    "High": _HIGH,
    "Medium": _MEDIUM,
    "Low": _LOW,
    "Informational": _INFO,
    "Unknown": _LOW,
}
ZIZMOR_CONFIDENCES: Mapping[str, Confidence] = {
    "High": Confidence.HIGH,
    "Medium": _LIKELY,
    "Low": _UNSURE,
    "Unknown": _UNSURE,
}
ZIZMOR_SEVERITY_OF: Mapping[str, Severity] = {
    "artipacked": _INFO,
    "excessive-permissions": _MEDIUM,
    "unpinned-uses": _MEDIUM,
    "unpinned-images": _LOW,
    "stale-action-refs": _LOW,
    "self-repository": _INFO,
    "dependabot-cooldown": _LOW,
}
"""Where we disagree: what is merely unhardened does not block a merge as an open door does."""
ZIZMOR_CWE: Mapping[str, int] = {
    "template-injection": 94,
    "dangerous-triggers": 829,
    "unpinned-uses": 1357,
    "artipacked": 522,
    "excessive-permissions": 272,
    "hardcoded-container-credentials": 798,
    "secrets-inherit": 200,
    "cache-poisoning": 349,
    "github-env": 94,
    "insecure-commands": 77,
    "bot-conditions": 290,
    "overprovisioned-secrets": 272,
    "unpinned-images": 1357,
    "unsound-contains": 697,
    "self-hosted-runner": 250,
}
ZIZMOR_ADVICE: Mapping[str, str] = {
    "template-injection": "Pass the value through `env:` and use it as a quoted shell variable.",
    "dangerous-triggers": "Use `pull_request`, or run code of the pull request in a workflow without secrets.",
    "unpinned-uses": "Pin the action to a full commit hash, with the tag as a comment.",
    "artipacked": "Set `persist-credentials: false` on the checkout step.",
    "excessive-permissions": "Add a `permissions:` block with what the job needs, such as `contents: read`.",
    "secrets-inherit": "Name the secrets that the called workflow needs.",
    "overprovisioned-secrets": "Name the one secret that is needed instead of passing all of them.",
    "cache-poisoning": "Do not restore caches in a job that releases.",
    "unpinned-images": "Pin the image to a digest.",
    "github-env": "Do not write untrusted text to `GITHUB_ENV` or `GITHUB_PATH`.",
    "bot-conditions": "Check `github.event.pull_request.user.login` instead of `github.actor`.",
}

ACTIONLINT_KINDS: Mapping[str, Grade] = {
    "syntax-check": Grade(_HIGH, _CONFIGURATION),
    "expression": Grade(_MEDIUM, _BUG, _LIKELY),
    "job-needs": Grade(_HIGH, _CONFIGURATION),
    "events": Grade(_MEDIUM, _CONFIGURATION),
    "matrix": Grade(_MEDIUM, _CONFIGURATION),
    "action": Grade(_MEDIUM, _CONFIGURATION, _LIKELY),
    "workflow-call": Grade(_MEDIUM, _CONFIGURATION, _LIKELY),
    "permissions": Grade(_MEDIUM, _CONFIGURATION),
    "credentials": Grade(_HIGH, Category.SECRET, Confidence.HIGH, 798),
    "deprecated-commands": Grade(_MEDIUM, _SECURITY, Confidence.HIGH, 77),
    "if-cond": Grade(_MEDIUM, _BUG),
    "id": Grade(_MEDIUM, _CONFIGURATION),
    "glob": Grade(_LOW, _CONFIGURATION),
    "env-var": Grade(_MEDIUM, _CONFIGURATION),
    "shell-name": Grade(_MEDIUM, _CONFIGURATION),
    "runner-label": Grade(_INFO, _CONFIGURATION, _UNSURE),
}

OXLINT_RULES: Mapping[str, Grade] = {
    "syntax": Grade(_HIGH, _BUG),
    "no-const-assign": Grade(_HIGH, _BUG),
    "no-unused-vars": Grade(_LOW, _UPKEEP),
    "no-unused-expressions": Grade(_LOW, _BUG, _LIKELY),
    "no-unused-private-class-members": Grade(_LOW, _UPKEEP),
    "no-unused-labels": Grade(_LOW, _UPKEEP),
    "no-useless-catch": Grade(_LOW, _UPKEEP),
    "no-extra-boolean-cast": Grade(_LOW, _UPKEEP),
    "no-proto": Grade(_LOW, _SECURITY, _LIKELY, 1321),
    "no-extend-native": Grade(_LOW, _SECURITY, _LIKELY, 1321),
    "no-script-url": Grade(_MEDIUM, _SECURITY, Confidence.HIGH, 79),
    "no-fallthrough": Grade(_LOW, _BUG, _LIKELY),
    "no-constant-condition": Grade(_LOW, _BUG, _LIKELY),
    "no-cond-assign": Grade(_MEDIUM, _BUG, _LIKELY),
    "array-callback-return": Grade(_LOW, _BUG, _LIKELY),
    "getter-return": Grade(_LOW, _BUG, _LIKELY),
    "no-template-curly-in-string": Grade(_LOW, _BUG, _LIKELY),
    "react/jsx-no-target-blank": Grade(_LOW, _SECURITY, Confidence.HIGH, 1022),
    "react/jsx-no-script-url": Grade(_MEDIUM, _SECURITY, Confidence.HIGH, 79),
    "react/no-danger-with-children": Grade(_MEDIUM, _BUG),
    "react/jsx-key": Grade(_LOW, _BUG),
    "react/rules-of-hooks": Grade(_MEDIUM, _BUG),
}
OXLINT_DEFAULT = Grade(_MEDIUM, _BUG)
