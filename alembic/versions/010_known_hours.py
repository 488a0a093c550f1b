"""Opening hours as they were known at each moment: corrected ones stay on record for looking back."""

import sqlalchemy as sa
from alembic import op

revision = "010_known_hours"
down_revision = "009_forecast_totals"
branch_labels = None
depends_on = None

TABLE = "operating_hours"
INTERVAL = ["restaurant_id", "day_of_week", "open_time"]
UNIQUE = "uq_operating_hours_restaurant_id_day_of_week_open_time"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        TABLE, sa.Column("known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column(TABLE, sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    _of_all_restaurants("UPDATE operating_hours SET known_at = created_at")
    op.create_check_constraint(op.f("ck_operating_hours_known_for_a_while"), TABLE, "superseded_at > known_at")
    op.drop_constraint(UNIQUE, TABLE, type_="unique")
    op.create_index(
        "uq_operating_hours_standing", TABLE, INTERVAL, unique=True, postgresql_where=sa.text("superseded_at IS NULL")
    )


def _of_all_restaurants(statement: str) -> None:
    """Change rows of every restaurant: the owner is held to the policies too, so they are off for a moment."""
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take back."""
    op.drop_index("uq_operating_hours_standing", table_name=TABLE)
    op.drop_constraint(op.f("ck_operating_hours_known_for_a_while"), TABLE, type_="check")
    _of_all_restaurants("DELETE FROM operating_hours WHERE superseded_at IS NOT NULL")
    op.drop_column(TABLE, "superseded_at")
    op.drop_column(TABLE, "known_at")
    op.create_unique_constraint(UNIQUE, TABLE, INTERVAL)
