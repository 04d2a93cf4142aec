from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

from support.github import GitHub


@dataclass
class Client:
    """A well-behaved client of the API: as the App, as its installation, as a person, or as nobody."""

    github: GitHub
    session: aiohttp.ClientSession
    token: str | None = None

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        given = {"User-Agent": "tests", "Accept": "application/vnd.github+json"}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else f"{self.github.api_url}{path}"
        async with self.session.request(method, url, json=body, headers=given, allow_redirects=False) as answer:
            kind = answer.headers.get("Content-Type", "")
            data = await answer.json() if "application/json" in kind else await answer.text()
            return answer.status, data, answer.headers

    def acting_as(self, token: str | None) -> Client:
        return Client(self.github, self.session, token)


def app_jwt(github: GitHub, *, back_s: int = 60, ahead_s: int = 540, key: str | None = None, **claims: Any) -> str:
    now = int(time.time())
    content = {"iss": github.app.id, "iat": now - back_s, "exp": now + ahead_s, **claims}
    return jwt.encode(content | {"iss": str(content["iss"])}, key or github.private_key, algorithm="RS256")
