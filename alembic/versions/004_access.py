"""Logins of BI tools, each for its restaurants, and who changed what."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "004_access"
down_revision = "003_comprehensive_schema"
branch_labels = None
depends_on = None

# By session_user, which no SET changes, and not by the setting that flux_app goes by. The sub-SELECT is evaluated once;
# = ANY of an array can use an index, IN (SELECT ...) of a policy can't.
ADMIT_READERS = """
CREATE FUNCTION flux_admit_readers(target regclass, key_column name DEFAULT 'restaurant_id')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE POLICY own_login ON %s FOR SELECT TO flux_reader USING (%I = ANY (ARRAY('
                   'SELECT r.restaurant_id FROM public.reader_logins r WHERE r.login = session_user)))',
                   target, key_column);
    EXECUTE format('GRANT SELECT ON %s TO flux_reader', target);
END $$
"""
# Anybody who may connect can take an advisory lock, so a BI tool's login could keep months from being made. It can't
# lock a table that it may not even read; this mode is in nobody's way but its own.
FUNCTIONS = Path(__file__).with_name("001_functions.sql")
ENSURE_MONTHS = re.compile(r"^CREATE (FUNCTION flux_ensure_months.*?^END \$\$;)$", re.DOTALL | re.MULTILINE)
ADVISORY_LOCK = "PERFORM pg_advisory_xact_lock(hashtext('flux months'));"
TABLE_LOCK = "LOCK TABLE public.alembic_version IN SHARE UPDATE EXCLUSIVE MODE;"

# What a BI tool has no business in is not here: restaurant_members (who logs in to Flux), rejected_rows (raw rows of
# files) and audit_logs (who changed what).
READ_BY_READERS = (
    "algorithm_runs",
    "closures",
    "daily_item_sales",
    "data_uploads",
    "demand_forecasts",
    "demand_posteriors",
    "employee_availability",
    "employee_roles",
    "employee_skills",
    "employees",
    "forecast_accuracy",
    "ingredient_categories",
    "ingredient_cost_history",
    "ingredients",
    "inventory",
    "inventory_movements",
    "menu_categories",
    "menu_item_aliases",
    "menu_items",
    "operating_hours",
    "price_elasticity",
    "promotions",
    "recipes",
    "restaurant_events",
    "restaurant_settings",
    "scheduled_shifts",
    "shift_templates",
    "skills",
    "staffing_forecasts",
    "transaction_items",
    "transactions",
)


def upgrade() -> None:
    """Apply."""
    _ensure_months_with(TABLE_LOCK)
    op.create_table(
        "reader_logins",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_reader_logins_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_reader_logins"),
        sa.UniqueConstraint("restaurant_id", "login", name="uq_reader_logins_restaurant_id_login"),
    )
    op.create_index("ix_reader_logins_login", "reader_logins", ["login"])
    op.execute("SELECT flux_protect_tenant_table('reader_logins')")
    op.execute("GRANT SELECT ON reader_logins TO flux_reader")
    op.execute("CREATE POLICY own_login ON reader_logins FOR SELECT TO flux_reader USING (login = session_user)")

    op.create_table(
        "audit_logs",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *_what_is_noted(),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_audit_logs_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_audit_logs"),
    )
    op.create_index("ix_audit_logs_occurred_at", "audit_logs", ["restaurant_id", "occurred_at"])
    op.execute("SELECT flux_protect_tenant_table('audit_logs')")
    op.execute("REVOKE UPDATE, DELETE ON audit_logs FROM flux_app")
    op.create_table(
        "operator_logs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *_what_is_noted(),
        sa.PrimaryKeyConstraint("id", name="pk_operator_logs"),
    )
    for table in ("audit_logs", "operator_logs"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION flux_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION flux_refuse_change()"
        )

    op.execute(ADMIT_READERS)
    op.execute("REVOKE EXECUTE ON FUNCTION flux_admit_readers(regclass, name) FROM PUBLIC")
    op.execute("SELECT flux_admit_readers('restaurants', 'id')")
    for table in READ_BY_READERS:
        op.execute(f"SELECT flux_admit_readers('{table}')")


def _ensure_months_with(lock: str) -> None:
    found = ENSURE_MONTHS.search(FUNCTIONS.read_text())
    assert found is not None and ADVISORY_LOCK in found[1]
    statement = f"CREATE OR REPLACE {found[1].replace(ADVISORY_LOCK, lock)}"
    # Past SQLAlchemy, which would take the colons of its casts for parameters.
    op.get_bind().connection.driver_connection.execute(statement)


def _what_is_noted() -> list[sa.Column]:
    return [
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def downgrade() -> None:
    """Take back."""
    for table in ("restaurants", *READ_BY_READERS):
        op.execute(f"DROP POLICY own_login ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM flux_reader")
    op.drop_table("operator_logs")
    op.drop_table("audit_logs")
    op.drop_table("reader_logins")
    op.execute("DROP FUNCTION flux_admit_readers(regclass, name)")
    _ensure_months_with(ADVISORY_LOCK)
