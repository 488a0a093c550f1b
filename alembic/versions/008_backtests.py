"""How right forecasts were beside the four-week rule: as published, and in backtests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "008_backtests"
down_revision = "007_drivers"
branch_labels = None
depends_on = None

QUANTILES = ("p10_quantity", "p50_quantity", "p90_quantity", "p99_quantity")
MEASURES = ("wape", "bias", "wql", "coverage_p10_p90", "coverage_p99")
ADDED = (
    *QUANTILES,
    "is_within_p99",
    "four_week_quantity",
    "four_week_pinball_loss",
    "model_name",
    "is_retrospective",
    "algorithm_run_id",
)


def upgrade() -> None:
    """Apply."""
    # Its rows are made of forecasts and sales, and the next run makes them again; nothing has made any before.
    op.execute("TRUNCATE forecast_accuracy")
    for name in QUANTILES:
        op.add_column("forecast_accuracy", sa.Column(name, sa.Numeric(precision=12, scale=3), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("is_within_p99", sa.Boolean(), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("four_week_quantity", sa.Double(), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("four_week_pinball_loss", sa.Double(), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("model_name", sa.Text(), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("is_retrospective", sa.Boolean(), nullable=False))
    op.add_column("forecast_accuracy", sa.Column("algorithm_run_id", sa.Uuid(), nullable=False))
    op.alter_column("forecast_accuracy", "four_week_absolute_error", nullable=False)
    op.create_foreign_key(
        "fk_forecast_accuracy_restaurant_id_algorithm_run_id",
        "forecast_accuracy",
        "algorithm_runs",
        ["restaurant_id", "algorithm_run_id"],
        ["restaurant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_check_constraint(
        op.f("ck_forecast_accuracy_four_week_losses_not_negative"),
        "forecast_accuracy",
        "least(four_week_absolute_error, four_week_pinball_loss) >= 0",
    )
    op.create_check_constraint(
        op.f("ck_forecast_accuracy_quantiles_are_monotone"),
        "forecast_accuracy",
        "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
        " AND p90_quantity <= p99_quantity",
    )
    op.create_index(
        "ix_demand_forecasts_unjudged",
        "demand_forecasts",
        ["restaurant_id", "forecast_date"],
        unique=False,
        postgresql_where=sa.text("actual_quantity IS NULL"),
    )
    op.create_table(
        "backtests",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=True),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("day_count", sa.Integer(), nullable=False),
        sa.Column("origins", ARRAY(sa.Date()), nullable=False),
        sa.Column("sales_known", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("actual_quantity", sa.Double(), nullable=False),
        *[sa.Column(whose + name, sa.Double(), nullable=True) for whose in ("", "four_week_") for name in MEASURES],
        sa.Column("skill", sa.Double(), nullable=True),
        sa.Column("reliability", JSONB(), nullable=True),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("scope IN ('item', 'items', 'total')", name=op.f("ck_backtests_scope_is_known")),
        sa.CheckConstraint(
            "(scope = 'item') = (menu_item_id IS NOT NULL)", name=op.f("ck_backtests_an_item_has_its_scope")
        ),
        sa.CheckConstraint(
            "sales_known IN ('as known then', 'as corrected since')", name=op.f("ck_backtests_sales_known_is_known")
        ),
        sa.CheckConstraint("row_count >= 0 AND actual_quantity >= 0", name=op.f("ck_backtests_counts_not_negative")),
        sa.CheckConstraint("last_date >= first_date", name=op.f("ck_backtests_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_backtests_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_backtests_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_backtests_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_backtests"),
        sa.UniqueConstraint(
            "restaurant_id",
            "algorithm_run_id",
            "scope",
            "menu_item_id",
            name="uq_backtests_run",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_backtests_newest",
        "backtests",
        ["restaurant_id", "last_date"],
        unique=False,
        postgresql_where=sa.text("scope = 'items'"),
    )
    op.execute("SELECT flux_protect_tenant_table('backtests')")
    op.execute("SELECT flux_admit_readers('backtests')")


def downgrade() -> None:
    """Take back."""
    op.drop_table("backtests")
    op.drop_index(
        "ix_demand_forecasts_unjudged",
        table_name="demand_forecasts",
        postgresql_where=sa.text("actual_quantity IS NULL"),
    )
    op.drop_constraint(op.f("ck_forecast_accuracy_quantiles_are_monotone"), "forecast_accuracy", type_="check")
    op.drop_constraint(op.f("ck_forecast_accuracy_four_week_losses_not_negative"), "forecast_accuracy", type_="check")
    op.drop_constraint("fk_forecast_accuracy_restaurant_id_algorithm_run_id", "forecast_accuracy", type_="foreignkey")
    op.alter_column("forecast_accuracy", "four_week_absolute_error", nullable=True)
    for name in reversed(ADDED):
        op.drop_column("forecast_accuracy", name)
