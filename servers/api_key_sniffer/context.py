"""Judges a candidate by what stands around it: where the file lies, what the value looks like."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

from servers.api_key_sniffer.engine import Candidate
from servers.guard.finding import Severity

_LEVEL_CONFIDENCE = {"high": 0.95, "medium": 0.75, "low": 0.55}
_TEST_FACTOR, _DOCS_FACTOR = 0.75, 0.8
_GENERIC_ASIDE_FACTOR = 0.5
"""A generic match in a test or a document is more often a sample than a leak."""

_CRITICAL = (
    "aws-",
    "azure-storage",
    "anthropic-",
    "github-",
    "gitlab-",
    "gcp-service",
    "npm-access",
    "openai-",
    "private-key",
    "pypi-",
    "slack-",
    "stripe-",
    "vault-",
    "age-secret",
)
"""Rules whose match by itself opens an account or a registry."""

_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__|testdata|test[_-]data|fixtures?|mocks?|__mocks__|cassettes|examples?"
    r"|samples?|demos?|e2e)/|(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*[._-](?:test|spec|mock)s?\.[A-Za-z]+)$",
    re.IGNORECASE,
)
_DOCS_PATH = re.compile(
    r"(?:^|/)docs?/|\.(?:md|mdx|rst|adoc|markdown|txt|ipynb)$|(?:^|/)(?:README|CHANGELOG|CHANGES|HISTORY)[^/]*$",
    re.IGNORECASE,
)
_LOCK_PATH = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|bun\.lock|poetry\.lock|uv\.lock"
    r"|Pipfile\.lock|pdm\.lock|Cargo\.lock|Gemfile\.lock|composer\.lock|go\.sum|deno\.lock|gradle\.lockfile"
    r"|requirements[^/]*\.txt)$|\.min\.(?:js|css)$|\.(?:map|svg)$"
)
_CODE_PATH = re.compile(
    r"\.(?:c|cc|cpp|cs|cxx|dart|ex|exs|go|groovy|h|hpp|java|jsx?|mjs|cjs|kts?|lua|m|php|pl|pyi?|r|rb|rs|scala|swift"
    r"|tsx?|vb|vue|svelte)$",
    re.IGNORECASE,
)
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.IGNORECASE)
_HASH_WORDS = re.compile(
    r"sha-?\d|md5|hash|digest|checksum|integrity|commit|revision|etag|fingerprint|thumbprint|\bref\b|\brev\b",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"example|placeholder|change.?me|replace.?(?:me|with)|insert.?(?:your|here)|your[-_. ]|x{4,}|\*{3,}|\.{3}|redacted"
    r"|<[^>]+>|\$\{|\{\{|%\(|\$\(|#\{|dummy|deadbeef|not.?a?.?real|fake",
    re.IGNORECASE,
)
_SEQUENCES = ("0123456789", "1234567890", "abcdefghij", "qwertyuiop", "zyxwvutsrq", "9876543210")
_COMMON_WORDS = frozenset({
    *("admin", "changeit", "changeme", "default", "demo", "foo", "foobar", "guest", "hello", "letmein", "none", "null"),
    *("pass", "passw0rd", "passwd", "password", "pwd", "root", "sample", "secret", "test", "testing", "testpass"),
    *("testpassword", "token", "undefined", "user", "username"),
})  # fmt: skip
_NOT_LITERAL = re.compile(
    r"^[\[{(<]|^\$[{(]|=>|^(?:str|string|bytes?|object|bool(?:ean)?|text|any)\b|passw(?:or)?d[A-Za-z_]*$|^[A-Z]+(?:_[A-Z]+)+$",
    re.IGNORECASE,
)
"""Types, templates, names of settings: what stands beside ``password`` in code and is no password."""
_PUBLIC_KEY = re.compile(r"M(?:FkwEwYHKoZIzj0|IIBIjANBgkqhkiG9w0|HYwEAYHKoZIzj0|CowBQYDK2Vw)")
"""First bytes of a public key in DER, base64. Source: RFC 5280, SubjectPublicKeyInfo."""
_PHRASE = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)+")
_NAME = re.compile(r"[A-Za-z]+(?:[-_. :/][A-Za-z]+)*")
_EXPRESSION = re.compile(r"[.(\[]|^[A-Za-z_$][\w$]*$")
_MIN_DISTINCT = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to make of a candidate."""

    severity: Severity
    confidence: float
    reason: str = ""
    """Why it was set aside; empty when it counts."""


def judge(candidate: Candidate, text: str, path: str, entropy_min: float) -> Verdict:
    """Weigh one candidate.

    Args:
        candidate: from the engine.
        text: the text it was found in.
        path: file name, which may be empty.
        entropy_min: generic values of less entropy (bits per character) are set aside.
    """
    secret = candidate.secret(text)
    generic = is_generic(candidate)
    confidence = _LEVEL_CONFIDENCE[candidate.level]
    trial = "_test_" in secret[:12]  # a payment provider's key for its sandbox
    severity: Severity = "medium" if trial else rule_severity(candidate.rule_id, candidate.level)
    reason = _sample(candidate, secret)
    if not reason and generic:
        reason = _harmless(candidate, text, secret, path, entropy_min)
    if reason:
        return Verdict(severity, round(confidence * 0.2, 2), reason)
    return _placed(candidate, path, Verdict(severity, confidence), generic=generic)


def is_generic(candidate: Candidate) -> bool:
    """Whether the rule goes by a telling name beside the value, not by the value's format."""
    return candidate.rule_id.startswith("generic-") or candidate.level == "low"


def rule_severity(rule_id: str, level: str) -> Severity:
    """Severity of a rule's findings before a look at the value and its place."""
    if rule_id.startswith("generic-") or level == "low" or rule_id == "jwt":
        return "medium"
    return "critical" if rule_id.startswith(_CRITICAL) and level == "high" else "high"


def _sample(candidate: Candidate, secret: str) -> str:
    """Why the value cannot be real, whatever its format."""
    if candidate.rule_id == "private-key":
        body = secret.partition("KEY-----")[2].partition("-----END")[0]
        return "" if len(set(body)) > _MIN_DISTINCT and not _PLACEHOLDER.search(body) else "example value"
    lowered = secret.lower()
    if _PLACEHOLDER.search(secret) or any(sequence in lowered for sequence in _SEQUENCES):
        return "example value"
    if not is_generic(candidate) and len(set(secret)) <= _MIN_DISTINCT:
        return "example value"
    return ""


def _harmless(candidate: Candidate, text: str, secret: str, path: str, entropy_min: float) -> str:
    """Why a value found by its neighbour's name is no secret."""
    line_start = text.rfind("\n", 0, candidate.start) + 1
    before = text[line_start : candidate.start]
    if _LOCK_PATH.search(path):
        return "lock or generated file"
    hashed = _HASH.fullmatch(secret) and _HASH_WORDS.search(before)
    if hashed or _UUID.fullmatch(secret) or _PUBLIC_KEY.match(secret):
        return "hash, identifier or public key"
    if secret.lower() in _COMMON_WORDS or _NOT_LITERAL.search(secret) or _plain(candidate, secret):
        return "plain words"
    in_address = candidate.rule_id == "generic-credential-uri"
    if not in_address and _CODE_PATH.search(path) and before[-1:] not in set("\"'`") and _EXPRESSION.search(secret):
        return "expression, not a literal"
    if entropy(secret) < entropy_min:
        return "low entropy"
    return ""


def _plain(candidate: Candidate, secret: str) -> bool:
    """Words without a digit. A password may be one word; a key is never words."""
    words = _PHRASE if candidate.rule_id == "generic-password" else _NAME
    return words.fullmatch(secret) is not None


def _placed(candidate: Candidate, path: str, verdict: Verdict, *, generic: bool) -> Verdict:
    test, docs = bool(_TEST_PATH.search(path)), bool(_DOCS_PATH.search(path))
    if not (test or docs):
        return verdict
    if generic or candidate.rule_id in {"jwt", "private-key", "curl-auth-user", "curl-auth-header", "bearer-token"}:
        factor = _GENERIC_ASIDE_FACTOR if generic else _TEST_FACTOR
        severity: Severity = "low" if generic else "medium"
        confidence = round(verdict.confidence * factor, 2)
        reason = ("test file" if test else "documentation") if generic else ""
        return Verdict(severity, confidence, reason)
    return Verdict(verdict.severity, round(verdict.confidence * (_TEST_FACTOR if test else _DOCS_FACTOR), 2))


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(value)
    total = len(value) or 1
    return -sum(n / total * math.log2(n / total) for n in counts.values())
