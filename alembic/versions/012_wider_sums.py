"""Sums and forecasts have wider columns, so that what a file may bring at most can always be added up and forecast.

A wider numeric rewrites no table. While this runs, and until every process is restarted, the previous version of the
code still works on these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "012_wider_sums"
down_revision = "011_reader_limits"
branch_labels = None
depends_on = None

QUANTILES = ("p10_quantity", "p50_quantity", "p90_quantity", "p99_quantity")
QUANTITIES = {
    "daily_item_sales": {"quantity": 12},
    "upload_days": {"quantity": 14},
    "demand_forecasts": dict.fromkeys((*QUANTILES, "actual_quantity"), 12),
    "demand_forecasts_by_category": dict.fromkeys(QUANTILES, 12),
    "demand_forecasts_by_restaurant": dict.fromkeys(QUANTILES, 12),
    "forecast_accuracy": dict.fromkeys((*QUANTILES, "actual_quantity"), 12),
    "staffing_forecasts": dict.fromkeys(("expected_items", "expected_covers", "labor_minutes"), 12),
}
MONEY = {
    "transactions": {"total_amount": 12, "discount_amount": 12},
    "daily_item_sales": {"line_amount": 12},
    "upload_days": {"line_amount": 14},
    "staffing_forecasts": {"labor_cost": 12},
}
HEADS = ("required_p50", "required_p90", "recommended_heads")


def upgrade() -> None:
    """Apply."""
    for columns, scale in ((QUANTITIES, 3), (MONEY, 2)):
        for table, names in columns.items():
            for name in names:
                op.alter_column(table, name, type_=sa.Numeric(20, scale))
    for name in HEADS:
        op.alter_column("staffing_forecasts", name, type_=sa.BigInteger())


def downgrade() -> None:
    """Take back; a value that is too large for the narrow column stops it."""
    for name in HEADS:
        op.alter_column("staffing_forecasts", name, type_=sa.Integer())
    for columns, scale in ((MONEY, 2), (QUANTITIES, 3)):
        for table, names in columns.items():
            for name, precision in names.items():
                op.alter_column(table, name, type_=sa.Numeric(precision, scale))
