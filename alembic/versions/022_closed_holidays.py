"""The effects of the days beside a holiday on which a restaurant is closed, among the parameters that may be shared."""

import sqlalchemy as sa
from alembic import op

revision = "022_closed_holidays"
down_revision = "021_demand_priors"
branch_labels = None
depends_on = None

TABLES = ("demand_parameters", "demand_priors")
ADDED = ("is_closed_holiday_tomorrow", "is_closed_holiday_yesterday")
HOLIDAYS = ("is_holiday", "is_holiday:weekend", "is_holiday_tomorrow", "is_holiday_yesterday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EASTER = ("easter-3", "easter-2", "easter-1", "easter+0", "easter+1", "easter+2")
SPREAD = ("log_dispersion", "day_variation")


def upgrade() -> None:
    """Apply."""
    _allow((*WEEKDAYS, *HOLIDAYS, *ADDED, *EASTER, *SPREAD))


def downgrade() -> None:
    """Take back; the removed parameters are found again by the next night's runs, and averaged by the next week's."""
    # The owner is held to the policies too, so rows are deleted with them off for a moment.
    op.execute("ALTER TABLE demand_parameters NO FORCE ROW LEVEL SECURITY")
    for table in TABLES:
        rows = sa.table(table, sa.column("parameter"))
        op.execute(rows.delete().where(rows.c.parameter.in_(ADDED)))
    op.execute("ALTER TABLE demand_parameters FORCE ROW LEVEL SECURITY")
    _allow((*WEEKDAYS, *HOLIDAYS, *EASTER, *SPREAD))


def _allow(parameters: tuple[str, ...]) -> None:
    names = ", ".join(f"'{name}'" for name in parameters)
    for table in TABLES:
        name = op.f(f"ck_{table}_parameter_is_known")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"parameter IN ({names})")
