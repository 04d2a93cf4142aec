"""Every table of the service on one page."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from bot.storage.types import Guid, Instant, Json, gen_uuid

NOW = text("CURRENT_TIMESTAMP")

metadata = MetaData(
    # SQLite can only change constraints that have a name.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- what must not be lost ------------------------------------------------------------------------------------

INBOX_NEW, INBOX_ROUTED, INBOX_IGNORED, INBOX_FAILED = range(4)

inbox = Table(
    "inbox",
    metadata,
    Column("delivery_id", Guid, primary_key=True),
    Column("event", String(64), nullable=False),
    Column("action", String(64)),
    Column("installation_id", BigInteger),
    Column("repository_id", BigInteger),
    Column("received_at", Instant, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant, nullable=False),  # when the sweeper looks at a new row
    Column("note", Text),  # what was decided, or why it failed
    Column("payload", LargeBinary),  # as received; emptied by retention
    CheckConstraint("state BETWEEN 0 AND 3", name="state"),
)
_IS_NEW = text("state = 0")
Index("ix_inbox_new", inbox.c.due_at, postgresql_where=_IS_NEW, sqlite_where=_IS_NEW)
Index("ix_inbox_received_at", inbox.c.received_at)

work = Table(
    "work",
    metadata,
    Column("subject", String(200), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("installation_id", BigInteger, nullable=False),
    Column("message", Json, nullable=False),
    Column("ordinal", BigInteger, nullable=False),  # only a larger one replaces the wish
    Column("want_seq", BigInteger, nullable=False, server_default=text("1")),
    Column("want_sha", String(64), nullable=False, server_default=text("''")),
    Column("wanted_at", Instant, nullable=False),  # since when something is waiting
    Column("run_seq", BigInteger),
    Column("run_sha", String(64)),
    Column("done_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("done_sha", String(64)),
    Column("done_count", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_owner", String(200)),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_run_at", Instant, nullable=False),  # not before
    Column("dead_at", Instant),
    Column("last_error", Text),
    Column("updated_at", Instant, nullable=False),
)
_IS_OPEN = text("want_seq > done_seq AND dead_at IS NULL")
Index("ix_work_open", work.c.next_run_at, postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN)
Index("ix_work_updated_at", work.c.updated_at)

EFFECT_INTENDED, EFFECT_DONE = range(2)

effect = Table(
    "effect",
    metadata,
    Column("effect_key", String(400), primary_key=True),
    Column("state", SmallInteger, nullable=False, server_default=text("0")),
    Column("remote_id", BigInteger),
    Column("body_hash", LargeBinary),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state BETWEEN 0 AND 1", name="state"),
    Index(None, "updated_at"),
)

# --- what is remembered ---------------------------------------------------------------------------------------

reviews = Table(
    "reviews",
    metadata,
    Column("id", Guid, primary_key=True),
    Column("effect_key", String(400), nullable=False, unique=True),
    Column("installation_id", BigInteger, nullable=False),
    Column("repository_id", BigInteger, nullable=False),
    Column("repository", String(300), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("base_sha", String(64), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("counts", Json, nullable=False),
    Column("findings", Json, nullable=False),
    Column("files", Integer, nullable=False),
    Column("additions", BigInteger, nullable=False),
    Column("deletions", BigInteger, nullable=False),
    Column("skipped", Json, nullable=False),
    Column("security_score", Float, nullable=False),
    Column("quality_score", Float, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Index(None, "repository_id", "number", "finished_at"),
    Index(None, "finished_at"),
)

installations = Table(
    "installations",
    metadata,
    Column("installation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(255), nullable=False),
    Column("account_type", String(32), nullable=False, server_default=text("''")),
    Column("suspended", Boolean, nullable=False, server_default=text("false")),
    Column("updated_at", Instant, nullable=False),
)

repositories = Table(
    "repositories",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "installation_id",
        BigInteger,
        ForeignKey("installations.installation_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("full_name", String(300), nullable=False),
    Column("private", Boolean, nullable=False),
)

worker_beats = Table(
    "worker_beats",
    metadata,
    Column("worker_id", String(200), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("running", Integer, nullable=False, server_default=text("0")),
)

# --- the seed's tables, with its names and columns ------------------------------------------------------------

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("email", String(255), unique=True, nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    Column("last_login", Instant),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
)

mcp_servers = Table(
    "mcp_servers",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("user_id", Uuid, ForeignKey("users.id"), index=True),
    Column("name", String(100), nullable=False),
    Column("config", Json, nullable=False),
    Column("is_enabled", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Instant, nullable=False, server_default=NOW),
)

workflows = Table(
    "workflows",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("user_id", Uuid, ForeignKey("users.id"), index=True),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column("definition", Json, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Instant, nullable=False, server_default=NOW),
)

workflow_executions = Table(
    "workflow_executions",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("workflow_id", Uuid, ForeignKey("workflows.id"), index=True),
    Column("status", String(50), nullable=False),
    Column("inputs", Json),
    Column("outputs", Json),
    Column("error_message", Text),
    Column("started_at", Instant, nullable=False, server_default=NOW),
    Column("completed_at", Instant),
)

health_checks = Table(
    "health_checks",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("server_name", String(100), nullable=False),
    Column("status", String(50), nullable=False),
    Column("response_time_ms", Float),
    Column("error_message", Text),
    Column("checked_at", Instant, nullable=False, server_default=NOW),
    Index(None, "server_name", "checked_at"),
    Index(None, "checked_at"),
)

usage_events = Table(
    "usage_events",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=gen_uuid()),
    Column("user_id", Uuid, ForeignKey("users.id"), index=True),
    Column("event_type", String(100), nullable=False),
    Column("event_data", Json),
    Column("timestamp", Instant, nullable=False, server_default=NOW),
    Index(None, "event_type", "timestamp"),
)
