"""Builds the api-key-sniffer server: which tools it lists and how it judges."""

from __future__ import annotations

import threading

from servers.api_key_sniffer.allowlist import Allowlist
from servers.api_key_sniffer.detector import Detector
from servers.api_key_sniffer.engine import Engine
from servers.api_key_sniffer.masking import Fingerprinter
from servers.api_key_sniffer.rules import RuleTools
from servers.api_key_sniffer.tools import MAX_FILE_BYTES, ScanTools
from servers.guard.environ import Environ
from servers.guard.fault import Fault
from servers.guard.paths import Roots
from servers.guard.server import GuardedServer
from servers.guard.workspace import Workspace

VERSION = "1.0.0"
_INSTRUCTIONS = (
    "Finds credentials in text, differences and files. Answers hold masks and keyed fingerprints, never a secret. "
    "Nothing is sent anywhere and no found key is tried."
)
_ENTROPY_MIN = 2.5


def build(environ: Environ) -> GuardedServer:
    """The server, ready to run; its engine loads in the background.

    Raises:
        ValueError: a setting is malformed or a file it names cannot be read.
    """
    server = GuardedServer("api-key-sniffer", instructions=_INSTRUCTIONS, version=VERSION, environ=environ)
    rules_file = environ.text("SECRET_RULES_FILE")
    engine = Engine(rules_file)
    threading.Thread(target=_warm, args=(engine,), name="warm-engine", daemon=True).start()
    detector = Detector(
        engine,
        Fingerprinter(environ.text("SNIFFER_HMAC_KEY")),
        Allowlist.read(environ.text("SECRET_ALLOWLIST_FILE")),
        entropy_min=environ.number("SECRET_ENTROPY_MIN", _ENTROPY_MIN, maximum=8),
    )
    scan = ScanTools(detector, Workspace(Roots(environ.roots()), (), MAX_FILE_BYTES))
    server.offer(scan.analyze_text)
    server.offer(scan.scan_diff, timeout_s=60)
    server.offer(scan.scan_directory, timeout_s=120)
    server.offer(scan.list_keys)
    server.offer(RuleTools(rules_file).list_rules)
    return server


def _warm(engine: Engine) -> None:
    try:
        engine.warm()
    except Fault:
        return  # the first call says so, with the mend
