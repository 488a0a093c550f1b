"""Rosters: heads by periods, what is known of roles and people, exceptions of availability, planned weeks, breaks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint

revision = "016_rosters"
down_revision = "015_feeds"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CURRENT = sa.text("is_current")
# The unique keys of staffing forecasts, whose last columns but one change from the hour to the start of a period.
RUN_KEY = ["restaurant_id", "as_of", "employee_role_id", "forecast_date", "{}", "algorithm_run_id"]
CURRENT_KEY = ["restaurant_id", "as_of", "forecast_date", "{}", "employee_role_id"]


def upgrade() -> None:
    """Apply."""
    _count_heads_by_period()
    _describe_roles_and_people()
    _create_exceptions()
    _describe_shifts()
    _create_weekly_rosters()


def _count_heads_by_period() -> None:
    table = "staffing_forecasts"
    op.add_column(table, sa.Column("period_start", sa.Time()))
    op.add_column(table, sa.Column("period_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False))
    op.add_column(table, sa.Column("expected_sales", sa.Numeric(20, 2)))
    op.add_column(table, sa.Column("labor_share", sa.Float()))
    op.add_column(table, sa.Column("decided_by", sa.Text(), server_default=sa.text("'utilization'"), nullable=False))
    _change_rows(table, "UPDATE staffing_forecasts SET period_start = make_time(hour, 0, 0)")
    op.alter_column(table, "period_start", nullable=False)
    op.alter_column(table, "period_minutes", server_default=None)
    op.alter_column(table, "decided_by", server_default=None)
    _set_keys_of_heads("period_start")
    op.drop_constraint(op.f("ck_staffing_forecasts_hour_of_the_clock"), table, type_="check")
    op.drop_column(table, "hour")
    op.create_check_constraint(op.f("ck_staffing_forecasts_period_is_known"), table, "period_minutes IN (15, 60)")


def _set_keys_of_heads(column: str) -> None:
    table = "staffing_forecasts"
    op.drop_constraint("uq_staffing_forecasts_run", table, type_="unique")
    op.drop_index("uq_staffing_forecasts_current", table_name=table, postgresql_where=CURRENT)
    op.create_unique_constraint("uq_staffing_forecasts_run", table, [name.format(column) for name in RUN_KEY])
    op.create_index(
        "uq_staffing_forecasts_current",
        table,
        [name.format(column) for name in CURRENT_KEY],
        unique=True,
        postgresql_where=CURRENT,
    )


def _describe_roles_and_people() -> None:
    roles = "employee_roles"
    op.add_column(roles, sa.Column("heads_by", sa.Text(), server_default=sa.text("'utilization'"), nullable=False))
    op.add_column(roles, sa.Column("maximum_heads", sa.Integer()))
    for name in ("opening_minutes", "closing_minutes"):
        op.add_column(roles, sa.Column(name, sa.Numeric(7, 2), server_default=sa.text("0"), nullable=False))
        op.create_check_constraint(op.f(f"ck_employee_roles_{name}_in_bounds"), roles, f"{name} BETWEEN 0 AND 2880")
    op.add_column(roles, sa.Column("prep_share", sa.Numeric(4, 3), server_default=sa.text("0"), nullable=False))
    op.add_column(roles, sa.Column("channels", ARRAY(sa.Text())))
    op.add_column(roles, sa.Column("required_skills", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    checks = {
        "heads_by_is_known": "heads_by IN ('utilization', 'queue')",
        "maximum_not_below_minimum": "maximum_heads >= greatest(minimum_heads, 1)",
        "prep_share_in_bounds": "prep_share BETWEEN 0 AND CASE WHEN heads_by = 'queue' THEN 0 ELSE 0.9 END",
        "channels_not_empty": "cardinality(channels) > 0",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_employee_roles_{name}"), roles, condition)
    op.add_column("employees", sa.Column("contract_weekly_hours", sa.Numeric(5, 2)))
    op.create_check_constraint(
        op.f("ck_employees_contract_weekly_hours_in_bounds"),
        "employees",
        "contract_weekly_hours BETWEEN 0 AND max_weekly_hours",
    )


def _create_exceptions() -> None:
    op.create_table(
        "availability_exceptions",
        *_own_columns(
            sa.Column("employee_id", sa.Uuid(), nullable=False),
            sa.Column("starts_at", AT, nullable=False),
            sa.Column("ends_at", AT, nullable=False),
            sa.Column("is_available", sa.Boolean(), server_default=sa.text("false"), nullable=False),
            sa.Column("reason", sa.Text(), server_default=sa.text("'other'"), nullable=False),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_availability_exceptions_ends_after_it_starts")),
        sa.CheckConstraint(
            "reason IN ('holiday', 'sick', 'other')", name=op.f("ck_availability_exceptions_reason_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_availability_exceptions_restaurant_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_id"],
            ["employees.restaurant_id", "employees.id"],
            name="fk_availability_exceptions_restaurant_id_employee_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_availability_exceptions"),
        ExcludeConstraint(
            (sa.column("restaurant_id"), "="),
            (sa.column("employee_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            name="ex_availability_exceptions_no_overlap",
        ),
    )
    # No BI tool reads who was ill.
    op.execute("SELECT flux_protect_tenant_table('availability_exceptions')")


def _describe_shifts() -> None:
    shifts = "scheduled_shifts"
    op.add_column(shifts, sa.Column("break_starts_at", AT))
    op.add_column(shifts, sa.Column("break_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(shifts, sa.Column("template_name", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(shifts, sa.Column("ended_because", sa.Text()))
    checks = {
        "break_has_a_start": "break_minutes >= 0 AND (break_minutes > 0) = (break_starts_at IS NOT NULL)",
        "end_is_known": "ended_because IN ('absent', 'replanned')",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_scheduled_shifts_{name}"), shifts, condition)


def _create_weekly_rosters() -> None:
    op.create_table(
        "weekly_rosters",
        *_own_columns(
            sa.Column("first_day", sa.Date(), nullable=False),
            sa.Column("day_count", sa.Integer(), nullable=False),
            sa.Column("as_of", sa.Date(), nullable=False),
            sa.Column("planned_at", AT, nullable=False),
            sa.Column("employee_count", sa.Integer(), nullable=False),
            sa.Column("shift_count", sa.Integer(), nullable=False),
            sa.Column("needed_minutes", sa.BigInteger(), nullable=False),
            sa.Column("uncovered_minutes", sa.BigInteger(), nullable=False),
            sa.Column("paid_minutes", sa.BigInteger(), nullable=False),
            sa.Column("labor_cost", sa.Numeric(20, 2), nullable=False),
            sa.Column("cost_parts", JSONB(), nullable=False),
            sa.Column("lower_bound", sa.Float()),
            sa.Column("ended_by", sa.Text(), nullable=False),
            sa.Column("iterations", sa.Integer(), nullable=False),
            sa.Column("gaps", JSONB(), server_default=sa.text("'[]'"), nullable=False),
            sa.Column("below_minimum", JSONB(), server_default=sa.text("'[]'"), nullable=False),
            sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        ),
        sa.CheckConstraint("day_count BETWEEN 1 AND 31", name=op.f("ck_weekly_rosters_days_in_bounds")),
        sa.CheckConstraint("ended_by IN ('proof', 'budget', 'clock')", name=op.f("ck_weekly_rosters_end_is_known")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_weekly_rosters_restaurant_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_weekly_rosters_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_weekly_rosters"),
        sa.UniqueConstraint("restaurant_id", "first_day", name="uq_weekly_rosters_restaurant_id_first_day"),
    )
    op.execute("SELECT flux_protect_tenant_table('weekly_rosters')")
    op.execute("SELECT flux_admit_readers('weekly_rosters')")


def _own_columns(*columns: sa.Column) -> list[sa.Column]:
    return [
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *columns,
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", AT, server_default=sa.text("now()"), nullable=False),
    ]


def _change_rows(table: str, statement: str) -> None:
    """Change all rows of a tenant table; the owner sees none while the policies are forced on it."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take back; heads of quarter hours are deleted, because the table had whole hours."""
    op.drop_table("weekly_rosters")
    for name in ("end_is_known", "break_has_a_start"):
        op.drop_constraint(op.f(f"ck_scheduled_shifts_{name}"), "scheduled_shifts", type_="check")
    for name in ("ended_because", "template_name", "break_minutes", "break_starts_at"):
        op.drop_column("scheduled_shifts", name)
    op.drop_table("availability_exceptions")
    op.drop_constraint(op.f("ck_employees_contract_weekly_hours_in_bounds"), "employees", type_="check")
    op.drop_column("employees", "contract_weekly_hours")
    roles = ("required_skills", "channels", "prep_share", "closing_minutes", "opening_minutes", "maximum_heads")
    for name in ("channels_not_empty", "prep_share_in_bounds", "maximum_not_below_minimum", "heads_by_is_known"):
        op.drop_constraint(op.f(f"ck_employee_roles_{name}"), "employee_roles", type_="check")
    for name in (*roles, "heads_by"):
        op.drop_column("employee_roles", name)
    _count_heads_by_hour()


def _count_heads_by_hour() -> None:
    table = "staffing_forecasts"
    op.add_column(table, sa.Column("hour", sa.Integer()))
    _change_rows(
        table,
        "DELETE FROM staffing_forecasts WHERE period_minutes <> 60;"
        "UPDATE staffing_forecasts SET hour = extract(HOUR FROM period_start)",
    )
    op.alter_column(table, "hour", nullable=False)
    op.create_check_constraint(op.f("ck_staffing_forecasts_hour_of_the_clock"), table, "hour BETWEEN 0 AND 23")
    _set_keys_of_heads("hour")
    op.drop_constraint(op.f("ck_staffing_forecasts_period_is_known"), table, type_="check")
    for name in ("decided_by", "labor_share", "expected_sales", "period_minutes", "period_start"):
        op.drop_column(table, name)
