"""Turns a secret into what may be shown: a mask and a keyed fingerprint."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_FINGERPRINT_HEX = 32
_TAIL_CHARS = 2
_MIN_CHARS_FOR_TAIL = 12
_FIXED_PREFIX = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:gh[opsur]|npm|hf|dop_v1|doo_v1|shp(?:at|ca|pa|ss)|sq0(?:atp|csp)|lin_api|glsa|gsk|dckr_pat|ntn|github_pat)_"
    r"|[rsp]k_(?:live|test|prod)_|xox[abeoprs]-|xapp-|sk-(?:proj|ant-api\d\d|or-v1)-|sk-|glpat-|pypi-|AKIA|ASIA|ABIA|ACCA"
    r"|AIza|SG\.|hvs\.|GOCSPX-|NRAK-|key-|dapi|ATATT3|pplx-|xai-|eyJ|AGE-SECRET-KEY-1|dp\.pt\."
)
"""Parts of a format that say nothing of the value."""


def mask(secret: str) -> str:
    """Fixed prefix of the format, stars, and the last two characters of a long value."""
    prefix = _FIXED_PREFIX.match(secret)
    head = prefix.group() if prefix else ""
    if head.startswith("-----"):
        return f"{head}****"
    rest = secret[len(head) :]
    tail = rest[-_TAIL_CHARS:] if len(rest) >= _MIN_CHARS_FOR_TAIL else ""
    return f"{head}****{tail}"


class Fingerprinter:
    """Keyed hashes: without the key nobody can try guesses against them."""

    def __init__(self, key: str) -> None:
        self._key = key.encode() if key else secrets.token_bytes(32)

    def of(self, secret: str) -> str:
        """32 hexadecimal digits, equal for equal secrets under the same key."""
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:_FINGERPRINT_HEX]
