"""Finds files that hold credentials or private data by what they are, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from review.analyser import Example, ReviewSubject
from review.analysers.bases.diff_only import DiffOnly
from review.analysers.facts.found import Place, found
from review.analysers.facts.kinds import exists, is_test
from review.analysers.facts.lines import new_lines
from review.diff import FileDiff, FileStatus
from review.models import Category, Confidence, Finding, Rule, Severity

_ROTATE = "Remove the file from the history, add its name to `.gitignore`, and replace what it gave away."
_DOCS = "https://docs.github.com/en/code-security/secret-scanning"

PRIVATE_KEY = Rule(
    id="sensitive-files/private-key",
    summary="Private key file",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    help=f"Whoever can read the repository can act as the owner of the key. {_ROTATE}",
    cwe=321,
    url=_DOCS,
)
CREDENTIALS = Rule(
    id="sensitive-files/credentials",
    summary="File that tools keep credentials in",
    severity=Severity.HIGH,
    category=Category.SECRET,
    help=f"Tools read passwords and tokens from files of this name. {_ROTATE}",
    cwe=538,
    url=_DOCS,
)
ENVIRONMENT = Rule(
    id="sensitive-files/environment",
    summary="Environment file with values",
    severity=Severity.HIGH,
    category=Category.SECRET,
    confidence=Confidence.MEDIUM,
    help=f"Environment files hold the secrets of one installation. Commit an `.env.example` instead. {_ROTATE}",
    cwe=538,
    url="https://12factor.net/config",
)
DATA = Rule(
    id="sensitive-files/data-dump",
    summary="Data dump or captured traffic",
    severity=Severity.MEDIUM,
    category=Category.SECURITY,
    confidence=Confidence.MEDIUM,
    help="Dumps hold real people's data and often passwords. Remove it from the history unless it is made up.",
    cwe=530,
)
STATE = Rule(
    id="sensitive-files/infrastructure-state",
    summary="Infrastructure state or variables",
    severity=Severity.HIGH,
    category=Category.SECRET,
    confidence=Confidence.MEDIUM,
    help=f"Terraform writes passwords in clear text into its state. Keep it in a remote backend. {_ROTATE}",
    cwe=538,
    url="https://developer.hashicorp.com/terraform/language/state/sensitive-data",
)


@dataclass(frozen=True, slots=True)
class _Kind:
    rule: Rule
    name: re.Pattern[str]
    """Matched against the whole path."""
    text: re.Pattern[str] | None = None
    """What a readable file must hold to be reported; None reports it for its name alone."""


def _kind(rule: Rule, name: str, text: str | None = None) -> _Kind:
    flags = re.IGNORECASE
    return _Kind(rule, re.compile(rf"(?:^|.*/)(?:{name})", flags), re.compile(text, re.MULTILINE) if text else None)


_VALUE = r"^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*['\"]?[^\s'\"#$<{][^\s'\"]{2,}"
_KINDS = (
    _kind(PRIVATE_KEY, r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?"),
    _kind(PRIVATE_KEY, r"[^/]+\.(?:pem|key|asc|gpg)", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    _kind(PRIVATE_KEY, r"[^/]+\.(?:ppk|p12|pfx|jks|keystore|bks)"),
    _kind(
        CREDENTIALS, r"\.?(?:npmrc|yarnrc(?:\.yml)?)", r"(?:_authToken|_password|_auth|npmAuthToken)\s*[=:]\s*[^\s$]"
    ),
    _kind(CREDENTIALS, r"\.(?:pypirc|gem/credentials)", r"(?:password|api_key)\s*[=:]\s*[^\s$<{%]"),
    _kind(CREDENTIALS, r"[._]netrc", r"\bpassword\s+\S"),
    _kind(CREDENTIALS, r"\.(?:pgpass|git-credentials|my\.cnf|s3cfg|boto|htpasswd|vault-token|kdb)|\.aws/credentials"),
    _kind(
        CREDENTIALS,
        r"(?:\.docker/|\.)?(?:config\.json|dockercfg|dockerconfigjson)",
        r'"auth"\s*:\s*"[A-Za-z0-9+/=]{8,}"',
    ),
    _kind(CREDENTIALS, r"[^/]+\.(?:kdbx?|agilekeychain|1pif|ovpn)"),
    _kind(
        CREDENTIALS,
        r"(?:\.kube/config|kubeconfig(?:\.ya?ml)?|[^/]*\.kubeconfig)",
        r"(?:token|client-key-data|password):\s*\S",
    ),
    _kind(
        CREDENTIALS,
        r"[^/]*(?:service[-_]?account|credentials?|client_secret)[^/]*\.json",
        r'"(?:private_key|client_secret|refresh_token)"\s*:\s*"[^"]{8,}',
    ),
    _kind(
        ENVIRONMENT,
        r"\.env(?:rc|\.(?!example|sample|template|dist|tpl|defaults?|schema|test|ci|vault)[^/.]+)?(?:\.local)?",
        _VALUE,
    ),
    _kind(STATE, r"[^/]*\.tfstate(?:\.backup)?"),
    _kind(STATE, r"[^/]*\.tfvars(?:\.json)?", r"(?i)(?:password|secret|token|_key)\w*\"?\s*[=:]\s*\"[^\"]{3,}\""),
    _kind(DATA, r"[^/]*\.(?:pcap|pcapng|hprof|dmp|mdmp|har)|core\.\d+"),
    _kind(
        DATA,
        r"[^/]*(?:dump|backup|prod)[^/]*\.sql(?:\.(?:gz|bz2|xz|zst|zip))?|[^/]+\.sql\.(?:gz|bz2|xz|zst)|[^/]+\.(?:bak|rdb)",
    ),
)
_ADDED = frozenset({FileStatus.ADDED, FileStatus.COPIED, FileStatus.RENAMED})


class SensitiveFiles(DiffOnly):
    """One finding a file, about new files only: what is already there is known."""

    name: ClassVar[str] = "sensitive-files"
    rules: ClassVar[tuple[Rule, ...]] = (PRIVATE_KEY, CREDENTIALS, ENVIRONMENT, DATA, STATE)
    rule_prefix: ClassVar[str] = "sensitive-files/"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("DB_PASSWORD=hunter2\n", (ENVIRONMENT.id,), ".env"),
        Example("API_URL=https://x.example\n", (ENVIRONMENT.id,), "app/.env.production"),
        Example("\0\1", (PRIVATE_KEY.id,), "deploy/id_ed25519"),
        Example("\0\1", (PRIVATE_KEY.id,), "certs/server.p12"),
        Example("host:5432:db:user:word\n", (CREDENTIALS.id,), ".pgpass"),
        Example("//registry.example/:_authToken=abcdef\n", (CREDENTIALS.id,), ".npmrc"),
        Example('{"version": 4}\n', (STATE.id,), "infra/terraform.tfstate"),
        Example("INSERT INTO users VALUES (1);\n", (DATA.id,), "db/dump.sql"),
        Example("DB_PASSWORD=\n", (), ".env.example"),
        Example("# only names\nDB_PASSWORD=\nTOKEN=${TOKEN}\n", (), ".env"),
        Example("registry=https://registry.example/\n", (), ".npmrc"),
        Example("//registry.example/:_authToken=${NPM_TOKEN}\n", (), ".npmrc"),
        Example("-----BEGIN CERTIFICATE-----\nMIIB\n", (), "certs/ca.pem"),
        Example("CREATE TABLE a (id int);\n", (), "migrations/0001_init.sql"),
        Example("ssh-ed25519 AAAA me\n", (), "id_ed25519.pub"),
    )

    def covers(self, file: FileDiff) -> bool:
        """Every file of a telling name that the change brings in."""
        return exists(file) and file.status in _ADDED and any(k.name.fullmatch(file.path) for k in _KINDS)

    def check(self, subject: ReviewSubject, file: FileDiff) -> Iterable[Finding]:
        """One finding at most."""
        for kind in _KINDS:
            if not kind.name.fullmatch(file.path):
                continue
            line = _line_of(kind, subject, file)
            if line is None:
                continue
            name = file.path.rsplit("/", 1)[-1]
            yield found(
                kind.rule,
                Place(file.path, line, whole_file=kind.text is None),
                f"`{name}`: {kind.rule.summary[0].lower()}{kind.rule.summary[1:]}. {kind.rule.help.split('. ')[0]}.",
                suggestion=_ROTATE,
                severity=Severity.LOW if is_test(file.path) else None,
            )
            return


def _line_of(kind: _Kind, subject: ReviewSubject, file: FileDiff) -> int | None:
    if kind.text is None:
        return 1
    return next((n for n, text in new_lines(subject, file) if kind.text.search(text)), None)
