"""Forecasts of a category and of the whole restaurant: quantiles of summed joint samples."""

import sqlalchemy as sa
from alembic import op

revision = "009_forecast_totals"
down_revision = "008_backtests"
branch_labels = None
depends_on = None

QUANTILES = (
    "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
    " AND p90_quantity <= p99_quantity"
)
# Each table, and what a row is of beside the day.
TABLES = {"demand_forecasts_by_category": ["category"], "demand_forecasts_by_restaurant": []}


def upgrade() -> None:
    """Apply."""
    for table, of_what in TABLES.items():
        op.create_table(
            table,
            sa.Column("restaurant_id", sa.Uuid(), nullable=False),
            sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
            *(sa.Column(name, sa.Text(), nullable=True) for name in of_what),
            *_what_is_said(),
            sa.CheckConstraint("item_count >= 0", name=op.f(f"ck_{table}_item_count_not_negative")),
            sa.CheckConstraint("predicted_quantity >= 0", name=op.f(f"ck_{table}_mean_not_negative")),
            sa.CheckConstraint(QUANTILES, name=op.f(f"ck_{table}_quantiles_are_monotone")),
            sa.CheckConstraint("forecast_date > as_of", name=op.f(f"ck_{table}_forecasts_look_ahead")),
            sa.ForeignKeyConstraint(
                ["restaurant_id"], ["restaurants.id"], name=f"fk_{table}_restaurant_id", ondelete="RESTRICT"
            ),
            sa.ForeignKeyConstraint(
                ["restaurant_id", "algorithm_run_id"],
                ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
                name=f"fk_{table}_algorithm_run_id",
                ondelete="RESTRICT",
            ),
            sa.PrimaryKeyConstraint("restaurant_id", "id", name=f"pk_{table}"),
            sa.UniqueConstraint(
                "restaurant_id",
                "algorithm_run_id",
                "forecast_date",
                *of_what,
                name=f"uq_{table}_run",
                postgresql_nulls_not_distinct=True,
            ),
        )
        op.create_index(
            f"uq_{table}_current",
            table,
            ["restaurant_id", "as_of", "forecast_date", *of_what],
            unique=True,
            postgresql_where=sa.text("is_current"),
            postgresql_nulls_not_distinct=True,
        )
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")


def _what_is_said() -> list[sa.Column]:
    return [
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("forecast_date", sa.Date(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("predicted_quantity", sa.Double(), nullable=False),
        *(sa.Column(f"p{p}_quantity", sa.Numeric(precision=12, scale=3), nullable=False) for p in (10, 50, 90, 99)),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_retrospective", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def downgrade() -> None:
    """Take back."""
    for table in TABLES:
        op.drop_table(table)
