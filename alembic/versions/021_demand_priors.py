"""Priors from other restaurants: the parameters that each shares, and their averages over at least twenty."""

import sqlalchemy as sa
from alembic import op

revision = "021_demand_priors"
down_revision = "020_coverage"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
PARAMETERS = (
    "('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday', 'is_holiday', 'is_holiday:weekend',"
    " 'is_holiday_tomorrow', 'is_holiday_yesterday', 'easter-3', 'easter-2', 'easter-1', 'easter+0', 'easter+1',"
    " 'easter+2', 'log_dispersion', 'day_variation')"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "demand_parameters",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"parameter IN {PARAMETERS}", name=op.f("ck_demand_parameters_parameter_is_known")),
        sa.CheckConstraint("value BETWEEN -1.5 AND 1.5", name=op.f("ck_demand_parameters_value_in_bounds")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_demand_parameters_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_demand_parameters"),
        sa.UniqueConstraint(
            "restaurant_id", "category", "parameter", name="uq_demand_parameters_restaurant_id_category_parameter"
        ),
    )
    op.execute("SELECT flux_protect_tenant_table('demand_parameters')")
    op.execute("SELECT flux_admit_readers('demand_parameters')")
    op.create_table(
        "demand_priors",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("sd", sa.Float(), nullable=False),
        sa.Column("restaurant_count", sa.Integer(), nullable=False),
        sa.Column("averaged_at", AT, nullable=False),
        sa.Column("superseded_at", AT, nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"parameter IN {PARAMETERS}", name=op.f("ck_demand_priors_parameter_is_known")),
        sa.CheckConstraint("restaurant_count >= 20", name=op.f("ck_demand_priors_of_at_least_twenty")),
        sa.CheckConstraint("sd > 0", name=op.f("ck_demand_priors_sd_positive")),
        sa.CheckConstraint("superseded_at > averaged_at", name=op.f("ck_demand_priors_known_for_a_while")),
        sa.PrimaryKeyConstraint("id", name="pk_demand_priors"),
    )
    op.create_index(
        "uq_demand_priors_current",
        "demand_priors",
        ["country_code", "category", "parameter"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    # The fleet alone sees all restaurants' parameters, so it averages them; a BI tool needs no averages.
    op.execute("GRANT SELECT ON demand_priors TO flux_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON demand_priors TO flux_fleet")
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON demand_priors FOR EACH ROW"
        " EXECUTE FUNCTION flux_set_updated_at()"
    )


def downgrade() -> None:
    """Take back; the parameters are found again by the next night's runs."""
    op.drop_index(
        "uq_demand_priors_current", table_name="demand_priors", postgresql_where=sa.text("superseded_at IS NULL")
    )
    op.drop_table("demand_priors")
    op.drop_table("demand_parameters")
