"""Settings: every knob of the service, read once from the environment, checked at start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "PATCHWARDEN_"
OWN_NAMES = (
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
    "GROQ_BASE_URL",
    "OPENROUTER_BASE_URL",
    "BRAVE_SEARCH_API_KEY",
)
"""Names without our prefix that bundled servers read; passed on only to the server whose manifest names them."""


class SettingsError(Exception):
    """A setting is unknown or does not parse. One line: the name and the mend."""


class Group(BaseModel):
    """Settings that belong together; each part of the service gets only its group."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GitHubSettings(Group):
    """How GitHub is reached."""

    app_id: int | None = Field(default=None, description="Id of the GitHub App.")
    private_key: SecretStr | None = Field(default=None, description="The App's private key, PEM text.")
    webhook_secret: tuple[SecretStr, ...] = Field(
        default=(), description="Webhook secret; several separated by commas while rotating."
    )
    api_url: str = Field(default="https://api.github.com", description="REST API address.")
    graphql_url: str | None = Field(
        default=None, description="GraphQL address; derived from the API address when empty."
    )
    client_id: str | None = Field(default=None, description="Client id for sign-in.")
    client_secret: SecretStr | None = Field(default=None, description="Client secret for sign-in.")

    @field_validator("webhook_secret", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(s.get_secret_value()) < 16 for s in value):  # noqa: PLR2004 - the one place that says it
            raise ValueError("a webhook secret needs at least 16 characters; make one with: openssl rand -hex 32")
        return value

    @field_validator("private_key", mode="before")
    @classmethod
    def _pem_lines(cls, value: object) -> object:
        # Many secret stores keep a PEM on one line.
        return value.replace("\\n", "\n") if isinstance(value, str) else value

    @field_validator("api_url", "graphql_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return _http_address(value)

    @property
    def effective_graphql_url(self) -> str:
        """The GraphQL address: the set one, or derived as GitHub and GitHub Enterprise Server lay it out."""
        if self.graphql_url:
            return self.graphql_url
        base = self.api_url.rstrip("/")
        return base.removesuffix("/v3") + "/graphql"


class ServiceSettings(Group):
    """Where the service listens and keeps its data."""

    data_dir: Path = Field(
        default=Path("data"), description="Folder for SQLite, embedded Valkey, git mirrors and work copies."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(default=None, description="Address people and GitHub reach the service at.")
    secret_key: tuple[SecretStr, ...] = Field(
        default=(),
        description="Signs sessions and derives encryption keys; several separated by commas while rotating.",
    )
    servers_file: Path | None = Field(default=None, description="TOML or JSON file with further MCP servers.")
    log_format: Literal["console", "json"] = Field(default="console", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line."
    )

    @field_validator("secret_key", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return _http_address(value)


class DatabaseSettings(Group):
    """Which database holds the inbox and all that must not be lost."""

    url: str | None = Field(default=None, description="SQLAlchemy address; SQLite in the data folder when empty.")

    @field_validator("url")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme = value.partition("://")[0]
        if scheme in {"postgres", "postgresql", "postgresql+asyncpg"}:
            return "postgresql+asyncpg://" + value.partition("://")[2]
        if scheme in {"sqlite", "sqlite+aiosqlite"}:
            return "sqlite+aiosqlite://" + value.partition("://")[2]
        raise ValueError("use postgresql://user:password@host/name or sqlite:///path")


class RedisSettings(Group):
    """Which Redis or Valkey carries the doorbell; nothing that must happen lives there."""

    url: SecretStr | None = Field(
        default=None, description="redis://, rediss:// or unix:// address; embedded Valkey when empty."
    )

    @field_validator("url")
    @classmethod
    def _known(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("use redis://host:port/0, rediss://... or unix:///path/to/socket")
        return value


class Settings(Group):
    """All settings."""

    github: GitHubSettings = Field(default_factory=GitHubSettings)
    service: ServiceSettings = Field(default_factory=ServiceSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    server_environment: dict[str, SecretStr] = Field(
        default_factory=dict, description="Values for bundled servers, by name."
    )

    @property
    def database_url(self) -> str:
        """The database address in use."""
        path = (self.service.data_dir / "patchwarden.sqlite3").absolute()
        return self.database.url or f"sqlite+aiosqlite:///{path}"

    @classmethod
    def names(cls) -> dict[str, tuple[str, str]]:
        """Environment names without ``_FILE`` variants, each with its group and field."""
        table: dict[str, tuple[str, str]] = {}
        for group, prefix in (
            ("github", "GITHUB_"),
            ("service", ""),
            ("database", "DATABASE_"),
            ("redis", "REDIS_"),
        ):
            kind = cls.model_fields[group].annotation
            if not (isinstance(kind, type) and issubclass(kind, Group)):
                raise TypeError(group)
            for field in kind.model_fields:
                table[f"{PREFIX}{prefix}{field.upper()}"] = (group, field)
        return table

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read and check settings.

        Args:
            environ: names to values; ``X_FILE`` gives the file that holds the value of ``X``. Empty means unset.

        Raises:
            SettingsError: unknown ``PATCHWARDEN_*`` name, unreadable file, or a value that does not parse.
        """
        names = cls.names()
        values: dict[str, dict[str, str]] = {}
        servers: dict[str, SecretStr] = {}
        for key in sorted(environ):
            if not environ[key] or not (key.startswith(PREFIX) or key.removesuffix("_FILE") in OWN_NAMES):
                continue
            name = key.removesuffix("_FILE") if key not in names else key
            if name not in names and name not in OWN_NAMES:
                raise SettingsError(
                    f"{key}: no such setting{_nearest(key, names)}; `patchwarden config show` lists all"
                )
            if name != key and environ.get(name):
                raise SettingsError(f"{key}: {name} is set too; unset one of them")
            text = _file_text(key, environ[key]) if name != key else environ[key]
            if name in OWN_NAMES:
                servers[name] = SecretStr(text)
            else:
                group, field = names[name]
                values.setdefault(group, {})[field] = text
        try:
            return cls.model_validate({**values, "server_environment": servers})
        except ValidationError as error:
            raise SettingsError(_first_problem(error, names)) from None

    @model_validator(mode="after")
    def _app_is_whole(self) -> Self:
        github = self.github
        given = [github.app_id is not None, github.private_key is not None]
        if any(given) and not all(given):
            missing = "PATCHWARDEN_GITHUB_PRIVATE_KEY" if github.private_key is None else "PATCHWARDEN_GITHUB_APP_ID"
            raise ValueError(f"{missing} is missing: the App needs both its id and its private key")
        return self


def _http_address(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("use an address such as https://api.github.com")
    if parts.username or parts.password:
        raise ValueError("no user name or password in an address")
    return value.rstrip("/")


def _file_text(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key}: cannot read {path!r}: {error}; point it at a readable text file") from None


def _nearest(key: str, names: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    match = get_close_matches(key, names, n=1, cutoff=0.7)
    return f", did you mean {match[0]}?" if match else ""


def _first_problem(error: ValidationError, names: Mapping[str, tuple[str, str]]) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    by_place = {place: name for name, place in names.items()}
    location = first["loc"]
    where = by_place.get((str(location[0]), str(location[1])), "") if len(location) > 1 else ""
    text = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {text}" if where else text
