"""Routes of the App itself: who it is, its installations and tokens, its webhook deliveries."""

from __future__ import annotations

from typing import Any

from support.github import bodies
from support.github.api.route import Answer, Call, Routes, listed
from support.github.auth import LEVELS, new_installation_token
from support.github.errors import ApiError, not_found
from support.github.model import Installation, RepositoryState, stamp

ROUTES = Routes()


@ROUTES.add("apps/get-authenticated", "app")
def get_app(call: Call) -> Answer:
    """``GET /app``."""
    count = sum(i.app is call.app for i in call.world.installations.values())
    return Answer(bodies.app(call.at, call.app) | {"installations_count": count})


@ROUTES.add("apps/get-by-slug", "any")
def get_by_slug(call: Call) -> Answer:
    """``GET /apps/{app_slug}``."""
    found = next((a for a in call.world.apps.values() if a.slug == call.path["app_slug"]), None)
    if found is None:
        raise not_found()
    return Answer(bodies.app(call.at, found))


@ROUTES.add("apps/list-installations", "app")
def list_installations(call: Call) -> Answer:
    """``GET /app/installations``."""
    mine = [i for i in call.world.installations.values() if i.app is call.app]
    return listed(call, mine, lambda i: bodies.installation(call.at, i))


@ROUTES.add("apps/get-installation", "app")
def get_installation(call: Call) -> Answer:
    """``GET /app/installations/{installation_id}``."""
    return Answer(bodies.installation(call.at, _installation(call)))


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation_id"))
    if found is None or found.app is not call.app:
        raise not_found()
    return found


@ROUTES.add("apps/get-repo-installation", "app")
def get_repo_installation(call: Call) -> Answer:
    """``GET /repos/{owner}/{repo}/installation``."""
    found = call.world.installation_for(call.repository, call.app)
    if found is None:
        raise not_found()
    return Answer(bodies.installation(call.at, found))


@ROUTES.add("apps/get-org-installation", "app")
@ROUTES.add("apps/get-user-installation", "app")
def get_account_installation(call: Call) -> Answer:
    """``GET /orgs/{org}/installation`` and ``GET /users/{username}/installation``."""
    login = call.path.get("org") or call.path["username"]
    for found in call.world.installations.values():
        if found.app is call.app and found.account.login == login:
            return Answer(bodies.installation(call.at, found))
    raise not_found()


@ROUTES.add("apps/create-installation-access-token", "app")
def create_token(call: Call) -> Answer:
    """``POST /app/installations/{installation_id}/access_tokens``: at most what the installation was granted."""
    it = _installation(call)
    if it.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended")
    wanted = call.body.get("permissions")
    permissions = dict(it.permissions) if wanted is None else dict(wanted)
    for name, level in permissions.items():
        if LEVELS[level] > LEVELS.get(it.permissions.get(name, ""), 0):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
    chosen = _chosen(call, it)
    ids = {r.id for r in chosen} if chosen is not None else None
    value, token = new_installation_token(call.world, it, permissions, ids)
    answer: dict[str, Any] = {
        "token": value,
        "expires_at": stamp(token.expires_at),
        "permissions": permissions,
        "repository_selection": "all" if it.repository_ids is None and ids is None else "selected",
    }
    if chosen is not None:
        answer["repositories"] = [bodies.repository(call.at, r) for r in chosen]
    return Answer(answer, 201)


def _chosen(call: Call, it: Installation) -> list[RepositoryState] | None:
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if names is None and ids is None:
        return None
    covered = call.world.covered(it)
    chosen = [r for r in covered if r.name in (names or ()) or r.id in (ids or ())]
    if len(chosen) != len({*(names or ()), *(ids or ())}):
        raise ApiError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return chosen


@ROUTES.add("apps/revoke-installation-access-token", "any")
def revoke_token(call: Call) -> Answer:
    """``DELETE /installation/token``."""
    for value, token in list(call.world.tokens.items()):
        if token is call.caller.token:
            del call.world.tokens[value]
            return Answer(status=204)
    raise ApiError(401, "Requires authentication")


@ROUTES.add("apps/list-repos-accessible-to-installation", "any")
def list_repositories(call: Call) -> Answer:
    """``GET /installation/repositories``."""
    token = call.caller.token
    if token is None or token.installation is None:
        raise ApiError(403, "You must authenticate with an installation access token in order to list repositories")
    seen = [
        r
        for r in call.world.covered(token.installation)
        if token.repository_ids is None or r.id in token.repository_ids
    ]
    return listed(call, seen, lambda r: bodies.repository(call.at, r), "repositories")


@ROUTES.add("apps/get-webhook-config-for-app", "app")
def get_hook_config(call: Call) -> Answer:
    """``GET /app/hook/config``."""
    return Answer(
        {
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
            "url": call.app.webhook_url or "",
        }
    )


@ROUTES.add("apps/update-webhook-config-for-app", "app", "write")
def update_hook_config(call: Call) -> Answer:
    """``PATCH /app/hook/config``."""
    call.app.webhook_url = call.body.get("url", call.app.webhook_url)
    call.app.webhook_secret = call.body.get("secret", call.app.webhook_secret)
    return get_hook_config(call)


@ROUTES.add("apps/list-webhook-deliveries", "app")
def list_deliveries(call: Call) -> Answer:
    """``GET /app/hook/deliveries``: newest first, by cursor, without the payloads."""
    attempts = [a for a in reversed(call.events.sent) if a.app is call.app]
    wanted = call.query.get("status")
    if wanted:
        attempts = [a for a in attempts if a.ok == (wanted == "success")]
    cursor = call.query.get("cursor", "")
    if cursor:
        attempts = [a for a in attempts if a.id <= int(cursor.removeprefix("v1_") or 0)]
    size = min(int(call.query.get("per_page", "30")), 100)
    part, rest = attempts[:size], attempts[size:]
    headers = {}
    if rest:
        headers["Link"] = f'<{call.url}?per_page={size}&cursor=v1_{rest[0].id}>; rel="next"'
    return Answer([a.item() for a in part], headers=headers)


@ROUTES.add("apps/get-webhook-delivery", "app")
def get_delivery(call: Call) -> Answer:
    """``GET /app/hook/deliveries/{delivery_id}``."""
    for attempt in call.events.sent:
        if attempt.id == call.number("delivery_id") and attempt.app is call.app:
            return Answer(attempt.full())
    raise not_found()


@ROUTES.add("apps/redeliver-webhook-delivery", "app", "write")
def redeliver(call: Call) -> Answer:
    """``POST /app/hook/deliveries/{delivery_id}/attempts``: sent again under the same GUID."""
    for attempt in call.events.sent:
        if attempt.id == call.number("delivery_id") and attempt.app is call.app:
            call.events.redeliver(attempt)
            return Answer({}, 202)
    raise not_found()


@ROUTES.add("rate-limit/get", "any")
def rate_limit(_: Call) -> Answer:
    """``GET /rate_limit``; the figures are the server's, which fills them in."""
    return Answer()


@ROUTES.add("meta/root", "any")
def root(call: Call) -> Answer:
    """``GET /``: only a few addresses are worth telling."""
    return Answer({"repository_url": f"{call.at.api}/repos/{{owner}}/{{repo}}"})


@ROUTES.add("users/get-by-username", "any")
def get_user(call: Call) -> Answer:
    """``GET /users/{username}``."""
    found = call.world.accounts.get(call.path["username"])
    if found is None:
        raise not_found()
    return Answer(_public_user(call, found))


@ROUTES.add("users/get-authenticated", "any")
def get_authenticated(call: Call) -> Answer:
    """``GET /user``: for people only; an App's token is refused."""
    if call.caller.token is not None and call.caller.token.kind != "user":
        raise ApiError(403, "Resource not accessible by integration")
    return Answer(_public_user(call, call.caller.actor))


def _public_user(call: Call, who: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    blanks = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    when = "2020-01-01T00:00:00Z"
    return bodies.account(call.at, who) | counts | blanks | {"created_at": when, "updated_at": when}
