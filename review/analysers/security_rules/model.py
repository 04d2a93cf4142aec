"""One security rule as a value, and the weaknesses that several languages share."""

from __future__ import annotations

from dataclasses import dataclass

from review.models import Category, Confidence, Rule, Severity


@dataclass(frozen=True, slots=True)
class Weakness:
    """What is wrong, whatever the language."""

    summary: str
    """One line, sentence case, no full stop."""
    why: str
    """One sentence: what can happen."""
    mend: str
    """One sentence or two: what to do."""
    cwe: int
    severity: Severity
    confidence: Confidence = Confidence.MEDIUM


@dataclass(frozen=True, slots=True)
class SecurityRule:
    """A rule with its samples."""

    name: str
    """As in the pattern file: ``python-sql-string``."""
    weakness: Weakness
    path: str
    """Name of the sample file, which decides its language."""
    bad: str
    """Raises the rule once."""
    good: str
    """Looks alike and raises nothing."""
    mend: str = ""
    """What to do in this language; the weakness's own advice when empty."""

    @property
    def rule(self) -> Rule:
        """The rule as documented and reported."""
        weakness = self.weakness
        return Rule(
            id=f"security/{self.name}",
            summary=weakness.summary,
            severity=weakness.severity,
            category=Category.SECURITY,
            confidence=weakness.confidence,
            help=f"{weakness.why} {self.advice}",
            cwe=weakness.cwe,
            url=f"https://cwe.mitre.org/data/definitions/{weakness.cwe}.html",
        )

    @property
    def advice(self) -> str:
        """What to do about it."""
        return self.mend or self.weakness.mend


_LOW, _MEDIUM, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
_SURE, _UNSURE = Confidence.HIGH, Confidence.LOW

SQL = Weakness(
    "SQL statement built from text",
    "A value pasted into a statement can change what the statement does.",
    "Pass values as parameters; pick names of columns and tables from a fixed list.",
    89,
    _HIGH,
)
SHELL = Weakness(
    "Shell command built from text",
    "A value pasted into a shell command can start other commands.",
    "Start the program with a list of arguments and without a shell.",
    78,
    _HIGH,
)
CODE = Weakness(
    "Text is run as code",
    "Whoever controls the text controls the program.",
    "Parse the data, or look the action up in a table of what is allowed.",
    95,
    _HIGH,
)
HTML = Weakness(
    "HTML made from a value without escaping",
    "A value with markup in it runs scripts in the reader's browser.",
    "Set text instead of HTML, or clean the value first.",
    79,
    _MEDIUM,
)
HTML_REQUEST = Weakness(
    "Request data sent back as HTML",
    "A link with markup in it runs scripts in the browser of whoever follows it.",
    "Escape the value, or use a template that does.",
    79,
    _HIGH,
)
DESERIALIZE = Weakness(
    "Data is loaded in a format that can run code",
    "Loading a prepared file or message runs whatever its author wants.",
    "Use a format of plain data, such as JSON.",
    502,
    _MEDIUM,
)
PATH = Weakness(
    "File path taken from the request",
    "A path with `..` in it reaches files outside the folder.",
    "Resolve the path and check that it lies in the folder, or keep only its last part.",
    22,
    _HIGH,
)
ADDRESS = Weakness(
    "Server fetches an address from the request",
    "A caller can reach machines that only this server sees.",
    "Look the address up in a list of allowed hosts.",
    918,
    _HIGH,
)
REDIRECT = Weakness(
    "Redirect to an address from the request",
    "A link to this site can lead on to a look-alike of it.",
    "Redirect to known paths only.",
    601,
    _MEDIUM,
)
TLS = Weakness(
    "Certificate check is switched off",
    "Anybody on the way can read and change the traffic.",
    "Leave the check on, and trust a private authority by its certificate.",
    295,
    _HIGH,
    _SURE,
)
WEAK_HASH = Weakness(
    "Hash function that no longer resists attacks",
    "Two texts with the same MD5 or SHA-1 can be made at will.",
    "Use SHA-256 or better; for passwords a slow hash such as Argon2 or bcrypt.",
    327,
    _LOW,
)
WEAK_CIPHER = Weakness(
    "Cipher or mode that no longer protects",
    "The text can be recovered, or parts of it recognised.",
    "Use AES-GCM or ChaCha20-Poly1305 with a fresh nonce.",
    327,
    _MEDIUM,
    _SURE,
)
RANDOM = Weakness(
    "Secret made with a predictable random generator",
    "Values of this generator can be computed from earlier ones.",
    "Use the system's secure generator.",
    338,
    _HIGH,
)
CORS = Weakness(
    "Any site may call with the user's cookies",
    "Every web page a signed-in user opens can act and read in their name.",
    "Name the origins that may send credentials.",
    942,
    _HIGH,
    _SURE,
)
JWT = Weakness(
    "Token accepted without checking its signature",
    "Anybody can write a token with any name and any right in it.",
    "Check signature, algorithm and expiry.",
    347,
    _HIGH,
    _SURE,
)
XML = Weakness(
    "XML parser follows external entities",
    "A document can read files of this machine and call addresses from it.",
    "Switch document types and external entities off.",
    611,
    _MEDIUM,
)
MEMORY = Weakness(
    "Write without a limit into a buffer",
    "A longer text than expected overwrites what lies behind the buffer.",
    "Use a function that takes the size of the buffer.",
    120,
    _MEDIUM,
)
MASS = Weakness(
    "Every field of the request is accepted",
    "A caller can set fields that were never meant for them, such as a role.",
    "Name the fields that may be set.",
    915,
    _MEDIUM,
)
