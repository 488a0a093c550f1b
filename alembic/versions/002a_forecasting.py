"""Forecasts of demand and staffing, the roles they are for, and the shared feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "002a_forecasting"
down_revision = "002_transactions"
branch_labels = None
depends_on = None

TENANT_TABLES = ("employee_roles", "demand_posteriors", "staffing_forecasts", "demand_forecasts")
SHARED_TABLES = ("feed_loads", "local_events", "weather_data")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "feed_loads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("storage_uri", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("loaded_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("rejected_count", sa.Integer(), nullable=False),
        sa.Column("reasons", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rejected", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "row_count = loaded_count + skipped_count + rejected_count",
            name=op.f("ck_feed_loads_rows_are_accounted_for"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feed_loads"),
    )
    op.create_index(
        "uq_feed_loads_content",
        "feed_loads",
        ["kind", "content_sha256"],
        unique=True,
        postgresql_where=sa.text("error IS NULL"),
    )
    op.create_table(
        "local_events",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("expected_attendance", sa.Integer(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_local_events_ends_after_it_starts")),
        sa.CheckConstraint("expected_attendance >= 0", name=op.f("ck_local_events_attendance_not_negative")),
        sa.PrimaryKeyConstraint("id", name="pk_local_events"),
        sa.UniqueConstraint(
            "source", "external_id", name="uq_local_events_source_external_id", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("ix_local_events_starts_at", "local_events", ["starts_at"], unique=False)
    op.create_table(
        "weather_data",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("valid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("precipitation_mm", sa.Double(), nullable=True),
        sa.Column("wind_mps", sa.Double(), nullable=True),
        sa.Column("cloud_pct", sa.Double(), nullable=True),
        sa.Column("weather_code", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('observed', 'forecast')", name=op.f("ck_weather_data_kind_is_known")),
        sa.CheckConstraint("cloud_pct BETWEEN 0 AND 100", name=op.f("ck_weather_data_cloud_is_a_percentage")),
        sa.CheckConstraint("precipitation_mm >= 0", name=op.f("ck_weather_data_precipitation_not_negative")),
        sa.PrimaryKeyConstraint("id", name="pk_weather_data"),
        sa.UniqueConstraint(
            "place",
            "valid_at",
            "issued_at",
            "kind",
            "source",
            name="uq_weather_data_place_valid_at_issued_at_kind_source",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "employee_roles",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hourly_cost", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("items_per_hour", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column(
            "minutes_per_open_hour", sa.Numeric(precision=7, scale=2), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("minimum_heads", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("hourly_cost >= 0", name=op.f("ck_employee_roles_hourly_cost_not_negative")),
        sa.CheckConstraint("items_per_hour > 0", name=op.f("ck_employee_roles_items_per_hour_positive")),
        sa.CheckConstraint("minimum_heads >= 0", name=op.f("ck_employee_roles_minimum_heads_not_negative")),
        sa.CheckConstraint(
            "minutes_per_open_hour BETWEEN 0 AND 600", name=op.f("ck_employee_roles_fixed_minutes_in_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_employee_roles_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_employee_roles"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_employee_roles_restaurant_id_name"),
    )
    op.create_table(
        "demand_posteriors",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("draws > 0", name=op.f("ck_demand_posteriors_draws_positive")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_demand_posteriors_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_demand_posteriors_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_demand_posteriors"),
        sa.UniqueConstraint(
            "restaurant_id", "algorithm_run_id", name="uq_demand_posteriors_restaurant_id_algorithm_run_id"
        ),
    )
    op.create_table(
        "staffing_forecasts",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_role_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("forecast_date", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("expected_items", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("expected_covers", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("required_p50", sa.Integer(), nullable=False),
        sa.Column("required_p90", sa.Integer(), nullable=False),
        sa.Column("recommended_heads", sa.Integer(), nullable=False),
        sa.Column("labor_minutes", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("labor_cost", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("driver", JSONB(), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "0 <= required_p50 AND required_p50 <= required_p90",
            name=op.f("ck_staffing_forecasts_quantiles_are_monotone"),
        ),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_staffing_forecasts_hour_of_the_clock")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_staffing_forecasts_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_role_id"],
            ["employee_roles.restaurant_id", "employee_roles.id"],
            name="fk_staffing_forecasts_restaurant_id_employee_role_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_staffing_forecasts_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_staffing_forecasts"),
        sa.UniqueConstraint(
            "restaurant_id",
            "as_of",
            "employee_role_id",
            "forecast_date",
            "hour",
            "algorithm_run_id",
            name="uq_staffing_forecasts_run",
        ),
    )
    op.create_index(
        "uq_staffing_forecasts_current",
        "staffing_forecasts",
        ["restaurant_id", "as_of", "forecast_date", "hour", "employee_role_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "demand_forecasts",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("menu_item_name", sa.Text(), nullable=False),
        sa.Column("forecast_date", sa.Date(), nullable=False),
        sa.Column("predicted_quantity", sa.Double(), nullable=False),
        sa.Column("p10_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("p50_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("p90_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("p99_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("confidence_score", sa.Double(), nullable=False),
        sa.Column("logic_trigger", sa.Text(), nullable=False),
        sa.Column("factors", JSONB(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_retrospective", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("actual_quantity", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'rejected')", name=op.f("ck_demand_forecasts_status_is_known")
        ),
        sa.CheckConstraint(
            "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
            " AND p90_quantity <= p99_quantity",
            name=op.f("ck_demand_forecasts_quantiles_are_monotone"),
        ),
        sa.CheckConstraint("confidence_score BETWEEN 0 AND 1", name=op.f("ck_demand_forecasts_confidence_is_a_share")),
        sa.CheckConstraint("forecast_date > as_of", name=op.f("ck_demand_forecasts_forecasts_look_ahead")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name="fk_demand_forecasts_decided_by", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_demand_forecasts_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_demand_forecasts_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_demand_forecasts_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "as_of", "id", name="pk_demand_forecasts"),
        sa.UniqueConstraint(
            "restaurant_id",
            "as_of",
            "menu_item_id",
            "forecast_date",
            "algorithm_run_id",
            name="uq_demand_forecasts_run",
        ),
        postgresql_partition_by="RANGE (as_of)",
    )
    op.create_index(
        "uq_demand_forecasts_current",
        "demand_forecasts",
        ["restaurant_id", "as_of", "forecast_date", "menu_item_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    for table in TENANT_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
    for table in SHARED_TABLES:
        op.execute(f"SELECT flux_share_table('{table}')")


def downgrade() -> None:
    """Take back."""

    op.drop_index("uq_demand_forecasts_current", table_name="demand_forecasts", postgresql_where=sa.text("is_current"))
    op.drop_table("demand_forecasts")
    op.drop_index(
        "uq_staffing_forecasts_current", table_name="staffing_forecasts", postgresql_where=sa.text("is_current")
    )
    op.drop_table("staffing_forecasts")
    op.drop_table("demand_posteriors")
    op.drop_table("employee_roles")
    op.drop_table("weather_data")
    op.drop_index("ix_local_events_starts_at", table_name="local_events")
    op.drop_table("local_events")
    op.drop_index("uq_feed_loads_content", table_name="feed_loads", postgresql_where=sa.text("error IS NULL"))
    op.drop_table("feed_loads")
