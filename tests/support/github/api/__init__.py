"""Routes of the stand-in's REST API, by operation id."""

from __future__ import annotations

from support.github.api import apps, checks, comments, pulls, repositories, reviews
from support.github.api.route import Route

ALL: dict[str, Route] = {
    **apps.ROUTES,
    **repositories.ROUTES,
    **pulls.ROUTES,
    **comments.ROUTES,
    **reviews.ROUTES,
    **checks.ROUTES,
}
