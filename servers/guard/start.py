"""Starts one bundled server: imports it with the collector asleep, then speaks stdio or HTTP."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from servers.guard.server import GuardedServer


def serve(package: str, *, host: str = "", port: int = 0) -> None:
    """Run a server until its client goes away.

    Args:
        package: name of the server's package under ``servers``.
        host: address to listen on with streamable HTTP; stdio when empty.
        port: port for HTTP.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("servers.audit").setLevel(logging.INFO)
    # Imports make few cycles and many objects: collecting meanwhile costs a quarter of the start.
    gc.disable()
    server = _built(package)
    gc.freeze()
    gc.enable()
    if host:
        server.run("streamable-http", host=host, port=port, json_response=True, stateless_http=True)
    else:
        server.run("stdio")


def _built(package: str) -> GuardedServer:
    module = importlib.import_module(f"servers.{package}.server")
    from servers.guard.environ import Environ

    try:
        return cast("GuardedServer", module.build(Environ.current()))
    except ValueError as error:
        sys.exit(f"{package}: {error}")
