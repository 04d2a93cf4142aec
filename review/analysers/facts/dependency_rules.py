"""Rules about dependencies: what each says and how bad it is."""

from __future__ import annotations

from review.models import Category, Confidence, Rule, Severity


def _rule(  # noqa: PLR0913 - a row of a table
    name: str,
    summary: str,
    severity: Severity,
    why: str,
    *,
    cwe: int | None = None,
    confidence: Confidence = Confidence.HIGH,
    category: Category = Category.DEPENDENCY,
) -> Rule:
    return Rule(
        id=f"dependency-changes/{name}",
        summary=summary,
        severity=severity,
        category=category,
        confidence=confidence,
        help=why,
        cwe=cwe,
    )


ADDED = _rule("added", "Dependency added", Severity.INFO, "Somebody else's code becomes part of this program.")
REMOVED = _rule("removed", "Dependency removed", Severity.INFO, "Make sure that nothing needs it any more.")
MAJOR = _rule(
    "major-bump", "Dependency raised to a new major version", Severity.INFO,
    "A new major version may take away or change what this program uses. Read its change log.",
)  # fmt: skip
DOWNGRADE = _rule(
    "downgrade", "Dependency lowered to an older version", Severity.LOW,
    "An older version lacks later fixes, security ones too. Say in the pull request why it is needed.", cwe=1395,
    confidence=Confidence.MEDIUM,
)  # fmt: skip
UNPINNED = _rule(
    "unpinned", "Dependency without a version", Severity.LOW,
    "Whatever is newest on the day is installed: builds differ, and a hijacked release arrives at once. "
    "Name a version or a range.", cwe=1357,
)  # fmt: skip
DIRECT = _rule(
    "direct-source", "Dependency from a repository or an address", Severity.MEDIUM,
    "What lies there can change at any time, and no registry checks it. Use a release, or name the full commit.",
    cwe=829,
)  # fmt: skip
INSECURE = _rule(
    "insecure-source", "Packages fetched without encryption", Severity.HIGH,
    "Anybody on the way can put other code in place. Use `https://`.", cwe=494, category=Category.SECURITY,
)  # fmt: skip
EXTRA_INDEX = _rule(
    "extra-index", "Second package index", Severity.MEDIUM,
    "Of two indexes pip takes the higher version: a stranger can publish a private package's name on the public one. "
    "Use a single index that serves both.", cwe=427, category=Category.SECURITY,
)  # fmt: skip
TRUSTED_HOST = _rule(
    "trusted-host", "Certificate of a package index is not checked", Severity.HIGH,
    "With `--trusted-host` anybody on the way can put other code in place. Give pip the authority's certificate.",
    cwe=295, category=Category.SECURITY,
)  # fmt: skip
INSTALL_SCRIPT = _rule(
    "install-script", "Script that runs on install", Severity.MEDIUM,
    "It runs on the machine of everybody who installs the package, developers and CI included.", cwe=506,
    confidence=Confidence.MEDIUM, category=Category.SECURITY,
)  # fmt: skip
LOOK_ALIKE = _rule(
    "look-alike", "Package name that looks like a well-known one", Severity.MEDIUM,
    "Harmful packages are published under names one slip away from popular ones. Check that this is the one meant.",
    cwe=1357, confidence=Confidence.MEDIUM, category=Category.SECURITY,
)  # fmt: skip
LOCK_MISSING = _rule(
    "lock-not-changed", "Dependencies changed, the lock file did not", Severity.LOW,
    "Installs from the lock file do not get what the manifest asks for, or fail. Update the lock file.",
    confidence=Confidence.MEDIUM,
)  # fmt: skip
LOCK_ALONE = _rule(
    "lock-alone", "Lock file changed without its manifest", Severity.INFO,
    "Exact versions changed though nothing asked for it. Fine for an update; otherwise look at what moved.",
)  # fmt: skip
LOCK_SOURCE = _rule(
    "lock-source", "Lock file fetches without encryption", Severity.HIGH,
    "Anybody on the way can put other code in place. Resolve the package from its registry again.", cwe=494,
    category=Category.SECURITY,
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    ADDED, REMOVED, MAJOR, DOWNGRADE, UNPINNED, DIRECT, INSECURE, EXTRA_INDEX, TRUSTED_HOST, INSTALL_SCRIPT,
    LOOK_ALIKE, LOCK_MISSING, LOCK_ALONE, LOCK_SOURCE,
)  # fmt: skip
