"""GitHub's refusals and failures in the service's own words: what may be tried again, and what to mend."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import gidgethub

from bot.errors import PermanentError, ServiceError, TransientError

UNSPECIFIED_WAIT_S = 60.0
"""Source: GitHub REST API, "Rate limits": without a hint wait at least a minute."""
_LIMIT_WORDS = ("rate limit", "abuse detection")
_TOO_MANY = 429
_SERVER_ERROR = 500
_REFUSALS = frozenset({403, _TOO_MANY})


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, for messages: no values, no secrets."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class GitHubRefusedError(PermanentError):
    """GitHub understood and said no.

    Attributes:
        status: HTTP status.
        reason: GitHub's own words.
        needs: the permission GitHub says the call needs, such as ``checks=write``; empty when it did not say.
    """

    def __init__(self, call: Call, status: int, reason: str, *, needs: str = "") -> None:
        mend = f"; the App needs the permission {needs}" if needs else ""
        super().__init__(f"GitHub answered {status} to {call}: {reason}{mend}")
        self.status = status
        self.reason = reason
        self.needs = needs


class UnauthorizedError(GitHubRefusedError):
    """The App's key or token is not accepted: check PATCHWARDEN_GITHUB_APP_ID and its private key."""


class ForbiddenError(GitHubRefusedError):
    """The App lacks a permission, or the installation is suspended."""


class NotFoundError(GitHubRefusedError):
    """It is not there, or the App may not see it."""


class InvalidRequestError(GitHubRefusedError):
    """GitHub will not take these values (422)."""


_BY_STATUS: Mapping[int, type[GitHubRefusedError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    410: NotFoundError,
    422: InvalidRequestError,
}


def translated(error: Exception, call: Call) -> ServiceError:
    """Say what a failed call means for the work.

    Args:
        error: what gidgethub or the connection raised.
        call: what was asked.

    Returns:
        A TransientError with GitHub's own hint where it gave one, or a GitHubRefusedError.
    """
    if isinstance(error, gidgethub.HTTPException):
        return _from_answer(error, call)
    if isinstance(error, gidgethub.GraphQLException):
        return _from_graphql(error, call)
    kind = "did not answer in time" if isinstance(error, TimeoutError) else "could not be reached or understood"
    return TransientError(f"GitHub {kind} ({call}): {type(error).__name__}")


def _from_answer(error: gidgethub.HTTPException, call: Call) -> ServiceError:
    status = int(error.status_code)
    reason = " ".join(str(error).split())[:300]
    if status >= _SERVER_ERROR or status == 408:  # noqa: PLR2004 - request timeout
        return TransientError(f"GitHub answered {status} to {call}", retry_after_s=_retry_after(error.headers))
    if status in _REFUSALS and (wait := _limit_wait(status, error)) is not None:
        return TransientError(f"GitHub's rate limit is reached ({call}): {reason}", retry_after_s=wait)
    kind = _BY_STATUS.get(status, GitHubRefusedError)
    needs = error.headers.get("x-accepted-github-permissions", "") if kind is ForbiddenError else ""
    return kind(call, status, reason, needs=needs)


def _limit_wait(status: int, error: gidgethub.HTTPException) -> float | None:
    """Seconds to wait for a refusal that is a rate limit; None for any other refusal."""
    hint = _retry_after(error.headers)
    if hint is not None:
        return hint
    if error.headers.get("x-ratelimit-remaining") == "0":
        reset = _number(error.headers.get("x-ratelimit-reset"))
        return max(1.0, reset - time.time()) if reset is not None else UNSPECIFIED_WAIT_S
    limited = status == _TOO_MANY or any(words in str(error).lower() for words in _LIMIT_WORDS)
    return UNSPECIFIED_WAIT_S if limited else None


def _from_graphql(error: gidgethub.GraphQLException, call: Call) -> ServiceError:
    if isinstance(error, gidgethub.BadGraphQLRequest):
        status = int(error.status_code)
        if status in _REFUSALS and any(words in str(error).lower() for words in _LIMIT_WORDS):
            return TransientError(f"GitHub's rate limit is reached ({call})", retry_after_s=UNSPECIFIED_WAIT_S)
        return _BY_STATUS.get(status, GitHubRefusedError)(call, status, str(error))
    if isinstance(error, gidgethub.QueryError):
        first = error.response["errors"][0]
        kind = first.get("type", "") if isinstance(first, dict) else ""
        if kind == "RATE_LIMITED":
            return TransientError(f"GitHub's rate limit is reached ({call})", retry_after_s=UNSPECIFIED_WAIT_S)
        status = {"NOT_FOUND": 404, "FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403}.get(kind, 422)
        return _BY_STATUS[status](call, status, str(error))
    return TransientError(f"GitHub's answer could not be understood ({call})")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return _number(headers.get("retry-after"))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
