"""Alerts: what somebody should know, for a restaurant and for what concerns no single one, and how it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "013_alerts"
down_revision = "012_wider_sums"
branch_labels = None
depends_on = None

NOT_CLOSED = sa.text("status <> 'closed'")
IS_OPEN = sa.text("status = 'open'")
CHECKS = {
    "severity_is_known": "severity IN ('info', 'warning', 'critical')",
    "status_is_known": "status IN ('open', 'acknowledged', 'closed')",
    "closed_at_a_time": "(status = 'closed') = (closed_at IS NOT NULL)",
    "acknowledged_by_somebody": "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerts",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        *_columns(),
        *_checks("alerts"),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_alerts_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_alerts"),
    )
    op.create_table(
        "operator_alerts",
        *_columns(),
        *_checks("operator_alerts"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_alerts"),
    )
    for table, key in (("alerts", ["restaurant_id"]), ("operator_alerts", [])):
        columns = [*key, "kind", "about"]
        op.create_index(f"uq_{table}_not_closed", table, columns, unique=True, postgresql_where=NOT_CLOSED)
        op.create_index(f"ix_{table}_due", table, ["next_attempt_at"], postgresql_where=IS_OPEN)
    op.execute("SELECT flux_protect_tenant_table('alerts')")
    # No BI tool reads either: they name people and the hosts that alerts are sent to. No restaurant's transaction reads
    # the operator's, so it is not shared with flux_share_table.
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON operator_alerts TO flux_feeds")
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON operator_alerts"
        " FOR EACH ROW EXECUTE FUNCTION flux_set_updated_at()"
    )


def _columns() -> list[sa.Column]:
    at = sa.DateTime(timezone=True)
    return [
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("opened_at", at, server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", at, nullable=True),
        sa.Column("acknowledged_at", at, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("webhook_sent_at", at, nullable=True),
        sa.Column("email_sent_at", at, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", at, server_default=sa.text("now()"), nullable=True),
        sa.Column("delivery_error", sa.Text(), nullable=True),
        sa.Column("created_at", at, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", at, server_default=sa.text("now()"), nullable=False),
    ]


def _checks(table: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in CHECKS.items()]


def downgrade() -> None:
    """Take back."""
    op.drop_table("operator_alerts")
    op.drop_table("alerts")
