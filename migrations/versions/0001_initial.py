"""Every table of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.types import Guid, Instant, Json, gen_uuid

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "inbox",
    "work",
    "effect",
    "reviews",
    "installations",
    "repositories",
    "worker_beats",
    "users",
    "mcp_servers",
    "workflows",
    "workflow_executions",
    "health_checks",
    "usage_events",
)


def upgrade() -> None:
    _create_durable()
    _create_remembered()
    _create_seed()
    if op.get_bind().dialect.name == "postgresql":
        # Payloads are read once or never: keep them out of line and spare the compression.
        op.execute("ALTER TABLE inbox ALTER COLUMN payload SET STORAGE EXTERNAL")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_durable() -> None:
    op.create_table(
        "inbox",
        sa.Column("delivery_id", Guid(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=True),
        sa.Column("installation_id", sa.BigInteger(), nullable=True),
        sa.Column("repository_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state BETWEEN 0 AND 3", name=op.f("ck_inbox_state")),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_inbox"),
    )
    op.create_index(
        "ix_inbox_new", "inbox", ["due_at"], postgresql_where=sa.text("state = 0"), sqlite_where=sa.text("state = 0")
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])

    op.create_table(
        "work",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("message", Json, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("want_seq", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("want_sha", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("wanted_at", Instant(), nullable=False),
        sa.Column("run_seq", sa.BigInteger(), nullable=True),
        sa.Column("run_sha", sa.String(length=64), nullable=True),
        sa.Column("done_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_sha", sa.String(length=64), nullable=True),
        sa.Column("done_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_run_at", Instant(), nullable=False),
        sa.Column("dead_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_work"),
    )
    op.create_index(
        "ix_work_open",
        "work",
        ["next_run_at"],
        postgresql_where=sa.text("want_seq > done_seq AND dead_at IS NULL"),
        sqlite_where=sa.text("want_seq > done_seq AND dead_at IS NULL"),
    )
    op.create_index("ix_work_updated_at", "work", ["updated_at"])

    op.create_table(
        "effect",
        sa.Column("effect_key", sa.String(length=400), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("remote_id", sa.BigInteger(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("state BETWEEN 0 AND 1", name=op.f("ck_effect_state")),
        sa.PrimaryKeyConstraint("effect_key", name="pk_effect"),
    )
    op.create_index("ix_effect_updated_at", "effect", ["updated_at"])


def _create_remembered() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", Guid(), nullable=False),
        sa.Column("effect_key", sa.String(length=400), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("repository", sa.String(length=300), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head_sha", sa.String(length=64), nullable=False),
        sa.Column("base_sha", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("additions", sa.BigInteger(), nullable=False),
        sa.Column("deletions", sa.BigInteger(), nullable=False),
        sa.Column("skipped", Json, nullable=False),
        sa.Column("security_score", sa.Float(), nullable=False),
        sa.Column("quality_score", sa.Float(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("effect_key", name="uq_reviews_effect_key"),
    )
    op.create_index("ix_reviews_finished_at", "reviews", ["finished_at"])
    op.create_index(
        "ix_reviews_repository_id_number_finished_at", "reviews", ["repository_id", "number", "finished_at"]
    )

    op.create_table(
        "installations",
        sa.Column("installation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("account_type", sa.String(length=32), server_default=sa.text("''"), nullable=False),
        sa.Column("suspended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name="pk_installations"),
    )

    op.create_table(
        "repositories",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.String(length=300), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.installation_id"],
            name="fk_repositories_installation_id_installations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", name="pk_repositories"),
    )
    op.create_index("ix_repositories_installation_id", "repositories", ["installation_id"])

    op.create_table(
        "worker_beats",
        sa.Column("worker_id", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("last_seen", Instant(), nullable=False),
        sa.Column("running", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name="pk_worker_beats"),
    )


def _create_seed() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("created_at", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.Column("last_login", Instant(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )

    op.create_table(
        "mcp_servers",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("config", Json, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_mcp_servers_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_mcp_servers"),
    )
    op.create_index("ix_mcp_servers_user_id", "mcp_servers", ["user_id"])

    op.create_table(
        "workflows",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("definition", Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_workflows_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_workflows"),
    )
    op.create_index("ix_workflows_user_id", "workflows", ["user_id"])

    op.create_table(
        "workflow_executions",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("inputs", Json, nullable=True),
        sa.Column("outputs", Json, nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("started_at", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name="fk_workflow_executions_workflow_id_workflows"),
        sa.PrimaryKeyConstraint("id", name="pk_workflow_executions"),
    )
    op.create_index("ix_workflow_executions_workflow_id", "workflow_executions", ["workflow_id"])

    op.create_table(
        "health_checks",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("server_name", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("response_time_ms", sa.Float(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("checked_at", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_health_checks"),
    )
    op.create_index("ix_health_checks_checked_at", "health_checks", ["checked_at"])
    op.create_index("ix_health_checks_server_name_checked_at", "health_checks", ["server_name", "checked_at"])

    op.create_table(
        "usage_events",
        sa.Column("id", sa.Uuid(), server_default=gen_uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("event_data", Json, nullable=True),
        sa.Column("timestamp", Instant(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_usage_events_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_usage_events"),
    )
    op.create_index("ix_usage_events_event_type_timestamp", "usage_events", ["event_type", "timestamp"])
    op.create_index("ix_usage_events_user_id", "usage_events", ["user_id"])
