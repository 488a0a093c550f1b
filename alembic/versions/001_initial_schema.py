"""Users, restaurants, uploads, settings, audit, and the functions that protect a tenant's table."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "001_initial_schema"
down_revision = None
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "algorithm_runs",
    "closures",
    "data_uploads",
    "operating_hours",
    "restaurant_members",
    "restaurant_settings",
    "rejected_rows",
)
FUNCTIONS = Path(__file__).with_name("001_functions.sql")


def upgrade() -> None:
    """Apply."""
    op.get_bind().connection.driver_connection.execute(FUNCTIONS.read_text())
    op.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION flux_ensure_months(regclass, date[]) TO flux_app")
    # Backups read every table, partitions made at run time included.
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO flux_fleet")
    op.execute("GRANT SELECT ON alembic_version TO flux_app, flux_fleet, flux_feeds")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("hashed_password", sa.Text(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default=sa.text("'staff'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'manager', 'staff')", name=op.f("ck_users_role_is_known")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_is_lower_case")),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "restaurants",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("business_day_cutoff", sa.Time(), server_default=sa.text("'04:00'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_restaurants_country_code_is_iso_3166")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_restaurants_currency_is_iso_4217")),
        sa.CheckConstraint(
            "slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$' AND slug <> 'shared'", name=op.f("ck_restaurants_slug_is_a_key")
        ),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_restaurants_latitude_in_degrees")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_restaurants_longitude_in_degrees")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_restaurants_owner_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_restaurants"),
        sa.UniqueConstraint("slug", name="uq_restaurants_slug"),
    )
    op.create_table(
        "algorithm_runs",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("input_params", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=True),
        sa.Column("output_summary", JSONB(), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dagster_run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('running', 'succeeded', 'failed', 'skipped')", name=op.f("ck_algorithm_runs_status_is_known")
        ),
        sa.CheckConstraint("row_count >= 0", name=op.f("ck_algorithm_runs_row_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_algorithm_runs_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_algorithm_runs"),
    )
    op.create_index(
        "ix_algorithm_runs_latest",
        "algorithm_runs",
        ["restaurant_id", "algorithm", "as_of", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_table(
        "closures",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_closures_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_closures"),
        sa.UniqueConstraint("restaurant_id", "date", name="uq_closures_restaurant_id_date"),
    )
    op.create_table(
        "data_uploads",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("storage_uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'received'"), nullable=False),
        sa.Column("contract_version", sa.Text(), nullable=True),
        sa.Column("column_overrides", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("detected_format", JSONB(), nullable=True),
        sa.Column("row_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("loaded_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("skipped_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejected_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reasons", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("first_business_date", sa.Date(), nullable=True),
        sa.Column("last_business_date", sa.Date(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('received', 'processing', 'completed', 'completed_with_errors', 'failed')",
            name=op.f("ck_data_uploads_status_is_known"),
        ),
        sa.CheckConstraint(
            "least(loaded_count, skipped_count, rejected_count) >= 0", name=op.f("ck_data_uploads_counts_not_negative")
        ),
        sa.CheckConstraint(
            "row_count = loaded_count + skipped_count + rejected_count",
            name=op.f("ck_data_uploads_rows_are_accounted_for"),
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_data_uploads_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_data_uploads"),
    )
    op.create_index(
        "ix_data_uploads_waiting",
        "data_uploads",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('received', 'processing')"),
    )
    op.create_index(
        "uq_data_uploads_content",
        "data_uploads",
        ["restaurant_id", "kind", "content_sha256"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed'"),
    )
    op.create_table(
        "operating_hours",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("day_of_week", sa.Integer(), nullable=False),
        sa.Column("open_time", sa.Time(), nullable=True),
        sa.Column("close_time", sa.Time(), nullable=True),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("day_of_week BETWEEN 0 AND 6", name=op.f("ck_operating_hours_day_of_week_from_monday")),
        sa.CheckConstraint(
            "is_closed OR (open_time IS NOT NULL AND close_time IS NOT NULL)",
            name=op.f("ck_operating_hours_open_days_have_times"),
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_operating_hours_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_operating_hours"),
        sa.UniqueConstraint(
            "restaurant_id", "day_of_week", "open_time", name="uq_operating_hours_restaurant_id_day_of_week_open_time"
        ),
    )
    op.create_table(
        "restaurant_members",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("'staff'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff')", name=op.f("ck_restaurant_members_role_is_known")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_restaurant_members_restaurant_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_restaurant_members_user_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_restaurant_members"),
        sa.UniqueConstraint("restaurant_id", "user_id", name="uq_restaurant_members_restaurant_id_user_id"),
    )
    op.create_table(
        "restaurant_settings",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("setting_key", sa.Text(), nullable=False),
        sa.Column("setting_value", JSONB(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_restaurant_settings_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_restaurant_settings"),
        sa.UniqueConstraint("restaurant_id", "setting_key", name="uq_restaurant_settings_restaurant_id_setting_key"),
    )
    op.create_table(
        "rejected_rows",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("data_upload_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "data_upload_id"],
            ["data_uploads.restaurant_id", "data_uploads.id"],
            name="fk_rejected_rows_restaurant_id_data_upload_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_rejected_rows_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_rejected_rows"),
        sa.UniqueConstraint(
            "restaurant_id",
            "data_upload_id",
            "line_number",
            name="uq_rejected_rows_restaurant_id_data_upload_id_line_number",
        ),
    )
    op.execute("SELECT flux_protect_tenant_table('restaurants', 'id')")
    for table in TENANT_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION flux_set_updated_at()"
    )


def downgrade() -> None:
    """Take back."""

    op.drop_table("rejected_rows")
    op.drop_table("restaurant_settings")
    op.drop_table("restaurant_members")
    op.drop_table("operating_hours")
    op.drop_index("uq_data_uploads_content", table_name="data_uploads", postgresql_where=sa.text("status <> 'failed'"))
    op.drop_index(
        "ix_data_uploads_waiting",
        table_name="data_uploads",
        postgresql_where=sa.text("status IN ('received', 'processing')"),
    )
    op.drop_table("data_uploads")
    op.drop_table("closures")
    op.drop_index("ix_algorithm_runs_latest", table_name="algorithm_runs")
    op.drop_table("algorithm_runs")
    op.drop_table("restaurants")
    op.drop_table("users")
    op.execute("REVOKE SELECT ON alembic_version FROM flux_app, flux_fleet, flux_feeds")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM flux_fleet")
    op.execute("DROP FUNCTION flux_ensure_months(regclass, date[])")
    op.execute("DROP FUNCTION flux_share_table(regclass)")
    op.execute("DROP FUNCTION flux_protect_tenant_table(regclass, name)")
    op.execute("DROP FUNCTION flux_set_updated_at()")
