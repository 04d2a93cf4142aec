from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support_tests.client import Client, app_jwt

from support.github import GitHub, PullRequest, Repository

REPO = "/repos/octo-org/shop"


async def test_a_signed_jwt_becomes_a_long_installation_token_for_one_hour(
    github: GitHub, shop: Repository, nobody: Client
) -> None:
    app = nobody.acting_as(app_jwt(github))
    status, told, _ = await app.call("GET", "/app")
    assert (status, told["slug"]) == (200, "patchwarden")
    status, installation, _ = await app.call("GET", f"{REPO}/installation")
    assert status == 200
    status, made, _ = await app.call("POST", f"/app/installations/{installation['id']}/access_tokens")
    assert status == 201
    assert made["token"].startswith(f"ghs_{github.app.id}_")
    assert 500 <= len(made["token"]) <= 560
    bot = nobody.acting_as(made["token"])
    assert (await bot.call("GET", "/installation/repositories"))[1]["total_count"] == 1


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"ahead_s": 660}, "too far in the future"),
        ({"ahead_s": -1}, "future time at which"),
        ({"back_s": -30}, "'iat'"),
        ({"exp": "soon"}, "'exp'"),
        ({"iss": ""}, "'iss'"),
    ],
)
async def test_a_jwt_with_a_wrong_time_or_issuer_is_refused(
    github: GitHub, nobody: Client, claims: dict[str, object], message: str
) -> None:
    status, told, _ = await nobody.acting_as(app_jwt(github, **claims)).call("GET", "/app")  # type: ignore[arg-type]
    assert status == 401
    assert message in told["message"]


async def test_a_jwt_of_another_key_another_app_or_another_algorithm_is_refused(github: GitHub, nobody: Client) -> None:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    forged = app_jwt(github, key=other.decode())
    assert (await nobody.acting_as(forged).call("GET", "/app"))[:2][0] == 401
    assert (await nobody.acting_as(app_jwt(github, iss=7)).call("GET", "/app"))[0] == 404
    secret = "s" * 40
    symmetric = jwt.encode({"iss": str(github.app.id), "iat": 0, "exp": 9_999_999_999}, secret, algorithm="HS256")
    assert (await nobody.acting_as(symmetric).call("GET", "/app"))[0] == 401


async def test_an_installation_token_does_not_open_the_apps_own_routes_nor_a_jwt_the_repositories(
    github: GitHub, bot: Client
) -> None:
    assert (await bot.call("GET", "/app"))[0] == 401
    status, told, _ = await bot.acting_as(app_jwt(github)).call("GET", f"{REPO}/pulls")
    assert (status, told["message"]) == (401, "Bad credentials")


async def test_a_write_the_token_was_not_granted_is_403(github: GitHub, pull: PullRequest, nobody: Client) -> None:
    reader = nobody.acting_as(github.installation_token("octo-org", permissions={"issues": "read", "checks": "read"}))
    for path, body in (
        (f"{REPO}/issues/1/comments", {"body": "hello"}),
        (f"{REPO}/check-runs", {"name": "x", "head_sha": pull.head_sha}),
    ):
        status, told, _ = await reader.call("POST", path, body)
        assert (status, told["message"]) == (403, "Resource not accessible by integration")
    assert github.comments(pull) == []
    assert github.violations == []


async def test_a_token_can_be_narrowed_but_not_widened(github: GitHub, pull: PullRequest, nobody: Client) -> None:
    app = nobody.acting_as(app_jwt(github))
    path = f"/app/installations/{github.install('octo-org').id}/access_tokens"
    status, told, _ = await app.call("POST", path, {"permissions": {"contents": "write"}})
    assert status == 422
    assert "not granted" in told["message"]
    status, _, _ = await app.call("POST", path, {"repositories": ["nowhere"]})
    assert status == 422
    status, made, _ = await app.call("POST", path, {"repositories": ["shop"], "permissions": {"issues": "read"}})
    assert status == 201
    narrow = nobody.acting_as(made["token"])
    assert (await narrow.call("GET", f"{REPO}/issues/1/comments"))[0] == 200
    assert (await narrow.call("POST", f"{REPO}/issues/1/comments", {"body": "x"}))[0] == 403


async def test_expired_revoked_and_made_up_tokens_are_bad_credentials(github: GitHub, bot: Client) -> None:
    for token in (github.installation_token("octo-org", expired=True), "ghs_1_made.up.token", "ghp_nothing"):
        status, told, _ = await bot.acting_as(token).call("GET", REPO)
        assert (status, told["message"]) == (401, "Bad credentials")
    assert (await bot.call("DELETE", "/installation/token"))[0] == 204
    assert (await bot.call("GET", REPO))[0] == 401


async def test_what_a_token_may_not_see_does_not_exist(github: GitHub, bot: Client, nobody: Client) -> None:
    github.repository("acme", "vault", private=True)
    secret = "/repos/acme/vault"
    assert (await bot.call("GET", secret))[0] == 404
    assert (await nobody.call("GET", secret))[0] == 404
    owner = nobody.acting_as(github.installation_token("acme"))
    assert (await owner.call("GET", secret))[0] == 200
    assert (await nobody.call("GET", REPO))[0] == 200


async def test_nobody_writes_without_a_token(pull: PullRequest, nobody: Client) -> None:
    status, told, _ = await nobody.call("POST", f"{REPO}/issues/1/comments", {"body": "x"})
    assert (status, told["message"]) == (401, "Requires authentication")


async def test_what_the_app_writes_carries_its_bot_and_its_name(pull: PullRequest, bot: Client) -> None:
    status, told, headers = await bot.call("POST", f"{REPO}/issues/1/comments", {"body": "Reviewed."})
    assert status == 201
    assert (told["user"]["login"], told["user"]["type"]) == ("patchwarden[bot]", "Bot")
    assert told["performed_via_github_app"]["slug"] == "patchwarden"
    assert headers["Location"] == told["url"]
