"""``python -m support.github``: a stand-in GitHub to play with, one repository and one open pull request in it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from support.github import GitHub


async def run(options: argparse.Namespace) -> None:
    """Start, say where, wait for Ctrl-C."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    async with GitHub(port=options.port, layout=options.layout) as github:
        if options.key_file:
            options.key_file.touch(mode=0o600)
            options.key_file.write_text(github.private_key, encoding="utf-8")
        if options.webhook_url:
            secret = options.webhook_secret_file.read_text(encoding="utf-8").strip()
            github.webhook(options.webhook_url, secret)
        if options.source:
            repository = github.repository("octo-org", options.source.name, source=options.source)
        else:
            repository = github.repository("octo-org", "shop", files={"app.py": "print('hello')\n"})
        pull = repository.open_pull_request(files={"app.py": "import os\nprint('hello')\n"}, title="Say hello")
        sys.stdout.write(f"API {github.api_url}\nGraphQL {github.graphql_url}\nApp id {github.app.id}\n")
        sys.stdout.write(f"clone {repository.clone_url}\npull request {pull.url}\n")
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m support.github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; a free one by default")
    parser.add_argument("--layout", choices=("cloud", "enterprise"), default="cloud", help="where the API answers")
    parser.add_argument("--key-file", type=Path, help="where to write the App's private key")
    parser.add_argument("--webhook-url", help="where webhooks go")
    parser.add_argument("--webhook-secret-file", type=Path, help="file with the webhook secret")
    parser.add_argument("--source", type=Path, help="a local git repository to serve with its history")
    options = parser.parse_args()
    if bool(options.webhook_url) != bool(options.webhook_secret_file):
        parser.error("--webhook-url and --webhook-secret-file go together")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options))


if __name__ == "__main__":
    main()
