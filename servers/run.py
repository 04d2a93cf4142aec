"""The console script ``patchwarden-mcp``: runs one bundled server for any MCP client."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from importlib.resources import files


def names() -> dict[str, str]:
    """Server names and their packages, from the manifests beside this file."""
    found: dict[str, str] = {}
    for folder in files("servers").iterdir():
        manifest = folder.joinpath("server.toml")
        if folder.is_dir() and manifest.is_file():
            found[str(tomllib.loads(manifest.read_text(encoding="utf-8"))["name"])] = folder.name
    return found


def address(value: str) -> tuple[str, int]:
    """``HOST:PORT`` as its two parts; an IPv6 host stands in brackets.

    Raises:
        argparse.ArgumentTypeError: it is something else.
    """
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536:  # noqa: PLR2004 - the port range
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, not {value!r}")
    return host.strip("[]"), int(port)


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the command line and serve."""
    known = names()
    parser = argparse.ArgumentParser(
        prog="patchwarden-mcp", description="Run a bundled MCP server, over standard input and output by default."
    )
    parser.add_argument("name", metavar="NAME", choices=sorted(known), help=", ".join(sorted(known)))
    parser.add_argument("--http", metavar="HOST:PORT", type=address, help="serve streamable HTTP at /mcp")
    options = parser.parse_args(argv)
    host, port = options.http or ("", 0)
    from servers.guard.start import serve

    serve(known[options.name], host=host, port=port)
