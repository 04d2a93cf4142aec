"""Settings: every value is checked at start, and a refusal names the setting and the mend in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError

SECRET = "s" * 20


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = Settings.from_env({})

    assert settings.service.port == 8080
    assert settings.service.host == "127.0.0.1"
    assert settings.github.api_url == "https://api.github.com"
    assert settings.database_url.startswith("sqlite+aiosqlite:////")


@pytest.mark.parametrize(
    ("environ", "name", "hint"),
    [
        ({"PATCHWARDEN_PRT": "1"}, "PATCHWARDEN_PRT", "did you mean PATCHWARDEN_PORT?"),
        ({"PATCHWARDEN_WEBHOOK_SECRET": SECRET}, "PATCHWARDEN_WEBHOOK_SECRET", "PATCHWARDEN_GITHUB_WEBHOOK_SECRET"),
        ({"PATCHWARDEN_PORT": "many"}, "PATCHWARDEN_PORT", "integer"),
        ({"PATCHWARDEN_PORT": "70000"}, "PATCHWARDEN_PORT", "65535"),
        ({"PATCHWARDEN_GITHUB_WEBHOOK_SECRET": "short"}, "PATCHWARDEN_GITHUB_WEBHOOK_SECRET", "16 characters"),
        ({"PATCHWARDEN_DATABASE_URL": "mysql://x"}, "PATCHWARDEN_DATABASE_URL", "postgresql://"),
        ({"PATCHWARDEN_REDIS_URL": "http://x"}, "PATCHWARDEN_REDIS_URL", "redis://"),
        ({"PATCHWARDEN_LOG_LEVEL": "loud"}, "PATCHWARDEN_LOG_LEVEL", "debug"),
        ({"PATCHWARDEN_GITHUB_API_URL": "ftp://x"}, "PATCHWARDEN_GITHUB_API_URL", "https://"),
        ({"PATCHWARDEN_GITHUB_APP_ID": "7"}, "PATCHWARDEN_GITHUB_PRIVATE_KEY", "missing"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(environ: dict[str, str], name: str, hint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)

    text = str(refused.value)
    assert name in text
    assert hint in text
    assert "\n" not in text


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN KEY-----\nabc\n-----END KEY-----\n")

    settings = Settings.from_env({"PATCHWARDEN_GITHUB_APP_ID": "7", "PATCHWARDEN_GITHUB_PRIVATE_KEY_FILE": str(key)})

    assert settings.github.private_key is not None
    assert settings.github.private_key.get_secret_value().startswith("-----BEGIN KEY-----")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PATCHWARDEN_SECRET_KEY_FILE: cannot read"):
        Settings.from_env({"PATCHWARDEN_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_a_value_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(SECRET)

    with pytest.raises(SettingsError, match="is set too"):
        Settings.from_env({"PATCHWARDEN_SECRET_KEY": SECRET, "PATCHWARDEN_SECRET_KEY_FILE": str(tmp_path / "f")})


def test_the_servers_file_is_a_path_of_its_own_and_not_a_file_variant(tmp_path: Path) -> None:
    settings = Settings.from_env({"PATCHWARDEN_SERVERS_FILE": str(tmp_path / "servers.toml")})

    assert settings.service.servers_file == tmp_path / "servers.toml"


def test_several_webhook_secrets_are_taken_while_rotating() -> None:
    settings = Settings.from_env({"PATCHWARDEN_GITHUB_WEBHOOK_SECRET": f"{SECRET}, {SECRET}2"})

    assert [s.get_secret_value() for s in settings.github.webhook_secret] == [SECRET, SECRET + "2"]


def test_secrets_do_not_show_in_a_representation() -> None:
    settings = Settings.from_env({"PATCHWARDEN_GITHUB_WEBHOOK_SECRET": SECRET, "GROQ_API_KEY": SECRET})

    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ],
)
def test_usual_database_addresses_are_understood(given: str, used: str) -> None:
    assert Settings.from_env({"PATCHWARDEN_DATABASE_URL": given}).database_url == used


@pytest.mark.parametrize(
    ("api", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql"),
    ],
)
def test_the_graphql_address_follows_from_the_api_address(api: str, graphql: str) -> None:
    assert Settings.from_env({"PATCHWARDEN_GITHUB_API_URL": api}).github.effective_graphql_url == graphql
