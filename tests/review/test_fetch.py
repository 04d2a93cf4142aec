"""Fetching over HTTP: where the token goes, and what each kind of refusal means."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Self

import pytest
from pydantic import SecretStr

from review.errors import CheckoutError
from review.git import CheckoutLimits, MirrorCache, RepositorySource


class Host:
    """A web server that notes each request's authorization and answers one way."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.seen: list[str | None] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        found = [line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("authorization:")]
        self.seen.append(found[0] if found else None)
        if self.answer is None:
            await reader.read()  # says nothing until the other side goes away
        else:
            writer.write(self.answer)
        writer.close()


def over_http(host: Host) -> RepositorySource:
    token = SecretStr("Basic " + "c2VjcmV0" * 2)
    return RepositorySource(f"{host.url}/a.git", "a" * 40, "b" * 40, authorization=token)


async def test_the_token_goes_to_the_host_and_does_not_follow_a_redirect(tmp_path: Path) -> None:
    async with Host(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as other:
        redirect = f"HTTP/1.1 301 Moved\r\nLocation: {other.url}/a.git/info/refs\r\nContent-Length: 0\r\n\r\n"
        async with Host(redirect.encode()) as host:
            with pytest.raises(CheckoutError):
                async with MirrorCache(tmp_path).checkout(over_http(host)):
                    pass
    assert host.seen
    assert set(host.seen) == {"Basic " + "c2VjcmV0" * 2}
    assert other.seen == []


@pytest.mark.parametrize(
    ("status", "transient"), [("401", False), ("403", False), ("404", False), ("429", True), ("502", True)]
)
async def test_a_refusal_is_told_from_a_passing_fault(tmp_path: Path, status: str, transient: bool) -> None:
    async with Host(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()) as host:
        with pytest.raises(CheckoutError) as caught:
            async with MirrorCache(tmp_path).checkout(over_http(host)):
                pass
    assert caught.value.transient is transient
    assert len(host.seen) <= 2


async def test_a_host_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    async with Host(None) as host:
        start = time.monotonic()
        with pytest.raises(CheckoutError, match="longer than") as caught:
            async with MirrorCache(tmp_path, CheckoutLimits(fetch_timeout_s=0.5)).checkout(over_http(host)):
                pass
        assert time.monotonic() - start < 10
    assert caught.value.transient
