"""Feeds: services that are asked for weather and events, their answers, public holidays, restaurants' own events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "015_feeds"
down_revision = "014_dismissed_uploads"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CURRENT = sa.text("superseded_at IS NULL")
STORED = sa.text("status = 'stored'")


def upgrade() -> None:
    """Apply."""
    _create_feeds()
    _create_calls()
    op.create_table(
        "public_holidays",
        *_shared_columns(
            sa.Column("country_code", sa.Text(), nullable=False),
            sa.Column("date", sa.Date(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_public_holidays"),
        sa.UniqueConstraint("country_code", "date", name="uq_public_holidays_country_code_date"),
    )
    op.execute("SELECT flux_share_table('public_holidays')")
    for table in ("feeds", "feed_calls"):
        # A feed's address may be a secret, and both tables are the operator's: no restaurant and no BI tool reads them.
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO flux_feeds")
        op.execute(
            f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION flux_set_updated_at()"
        )
    op.create_index("ix_weather_data_place_kind_valid_at", "weather_data", ["place", "kind", "valid_at"])
    _keep_versions_of_events()


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        *_shared_columns(
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("url", sa.Text(), nullable=True),
            sa.Column("options", JSONB(), server_default=sa.text("'{}'"), nullable=False),
            sa.Column("owner_id", sa.Uuid(), nullable=True),
        ),
        sa.CheckConstraint(
            "kind IN ('open-meteo', 'calendar', 'csv', 'ticketmaster', 'predicthq')",
            name=op.f("ck_feeds_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["restaurants.id"], name="fk_feeds_owner_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("name", name="uq_feeds_name"),
    )


def _create_calls() -> None:
    op.create_table(
        "feed_calls",
        *_shared_columns(
            sa.Column("feed", sa.Text(), nullable=False),
            sa.Column("product", sa.Text(), nullable=False),
            sa.Column("about", sa.Text(), nullable=False),
            sa.Column("vintage", AT, nullable=False),
            sa.Column("answered_at", AT, nullable=False),
            sa.Column("status", sa.Text(), nullable=False),
            sa.Column("sentence", sa.Text(), nullable=True),
            sa.Column("row_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column("written_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column("set_aside_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column("set_aside", JSONB(), server_default=sa.text("'[]'"), nullable=False),
            sa.Column("is_full", sa.Boolean(), server_default=sa.text("true"), nullable=False),
            sa.Column("missing", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        ),
        sa.CheckConstraint("status IN ('stored', 'failed')", name=op.f("ck_feed_calls_status_is_known")),
        sa.PrimaryKeyConstraint("id", name="pk_feed_calls"),
    )
    op.create_index(
        "uq_feed_calls_stored",
        "feed_calls",
        ["feed", "product", "about", "vintage"],
        unique=True,
        postgresql_where=STORED,
    )
    op.create_index("ix_feed_calls_feed_answered_at", "feed_calls", ["feed", "answered_at"])


def _keep_versions_of_events() -> None:
    """Let a restaurant's own events have versions, as local events do."""
    op.add_column("restaurant_events", sa.Column("external_id", sa.Text(), nullable=True))
    op.add_column("restaurant_events", sa.Column("superseded_at", AT, nullable=True))
    # The owner sees no restaurant's row while the policies are forced on it.
    op.execute("ALTER TABLE restaurant_events NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE restaurant_events SET source = coalesce(source, 'upload'), external_id = md5(name || ' ' || starts_at)"
    )
    op.execute("ALTER TABLE restaurant_events FORCE ROW LEVEL SECURITY")
    op.alter_column("restaurant_events", "source", nullable=False)
    op.alter_column("restaurant_events", "external_id", nullable=False)
    op.drop_constraint("uq_restaurant_events_restaurant_id_name_starts_at", "restaurant_events", type_="unique")
    op.create_index(
        "uq_restaurant_events_current",
        "restaurant_events",
        ["restaurant_id", "source", "external_id"],
        unique=True,
        postgresql_where=CURRENT,
    )
    op.create_check_constraint(
        op.f("ck_restaurant_events_known_for_a_while"), "restaurant_events", "superseded_at > known_at"
    )


def _shared_columns(*columns: sa.Column) -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *columns,
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", AT, server_default=sa.text("now()"), nullable=False),
    ]


def downgrade() -> None:
    """Take back; what services answered stays in the tables of weather and events."""
    op.execute("ALTER TABLE restaurant_events NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM restaurant_events WHERE superseded_at IS NOT NULL")
    op.drop_constraint(op.f("ck_restaurant_events_known_for_a_while"), "restaurant_events", type_="check")
    op.drop_index("uq_restaurant_events_current", table_name="restaurant_events", postgresql_where=CURRENT)
    op.execute(
        "DELETE FROM restaurant_events kept USING restaurant_events other"
        " WHERE kept.restaurant_id = other.restaurant_id"
        " AND kept.name = other.name AND kept.starts_at = other.starts_at AND kept.id > other.id"
    )
    op.execute("ALTER TABLE restaurant_events FORCE ROW LEVEL SECURITY")
    op.create_unique_constraint(
        "uq_restaurant_events_restaurant_id_name_starts_at", "restaurant_events", ["restaurant_id", "name", "starts_at"]
    )
    op.alter_column("restaurant_events", "source", nullable=True)
    op.drop_column("restaurant_events", "superseded_at")
    op.drop_column("restaurant_events", "external_id")
    op.drop_index("ix_weather_data_place_kind_valid_at", table_name="weather_data")
    op.drop_table("public_holidays")
    op.drop_index("ix_feed_calls_feed_answered_at", table_name="feed_calls")
    op.drop_index("uq_feed_calls_stored", table_name="feed_calls", postgresql_where=STORED)
    op.drop_table("feed_calls")
    op.drop_table("feeds")
