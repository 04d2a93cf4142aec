"""The socket below gidgethub: one limit of time for every request, and lost connections as plain OSErrors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp
from gidgethub.aiohttp import GitHubAPI

REQUEST_TIMEOUT_S = 30.0
"""GitHub itself ends requests after 10 s. Source: GitHub REST API, "Troubleshooting", timeouts."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024


class AnswerTooLargeError(OSError):
    """More came than any answer we ask for can be."""


class Transport(GitHubAPI):
    """gidgethub over aiohttp."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        requester: str,
        *,
        base_url: str,
        observe: Callable[[str, int], None] | None = None,
    ) -> None:
        """Wrap a session.

        Args:
            session: the process's HTTP session.
            requester: User-Agent; GitHub refuses requests without one.
            base_url: REST address, such as ``https://api.github.com``.
            observe: told of every answer: method and status (0 when the connection was lost).
        """
        super().__init__(session, requester, base_url=base_url)
        self._observe = observe or _nobody

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
        try:
            async with self._session.request(method, url, headers=headers, data=body, timeout=timeout) as response:
                content = await _body(response)
        except (aiohttp.ClientError, OSError) as error:
            self._observe(method, 0)
            if isinstance(error, OSError):
                raise
            raise ConnectionError(type(error).__name__) from error
        self._observe(method, response.status)
        return response.status, response.headers, content


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer, never more than the limit."""
    parts: list[bytes] = []
    have = 0
    while chunk := await response.content.readany():
        have += len(chunk)
        if have > MAX_ANSWER_BYTES:
            raise AnswerTooLargeError(f"an answer of GitHub has more than {MAX_ANSWER_BYTES} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _nobody(_method: str, _status: int) -> None:
    return None
