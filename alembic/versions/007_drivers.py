"""What moves demand, as it was known at each moment: reservations, stock-outs, promotions, closures, menu changes."""

import sqlalchemy as sa
from alembic import op

revision = "007_drivers"
down_revision = "006_menu"
branch_labels = None
depends_on = None

IS_CURRENT = sa.text("superseded_at IS NULL")
KNOWN_FOR_A_WHILE = "superseded_at > known_at"
# The earlier schema holds what is current, as a share.
EARLIER_PROMOTIONS = """
DELETE FROM promotions WHERE superseded_at IS NOT NULL;
UPDATE promotions p SET discount = least(greatest(p.discount_amount / m.price, 0.001), 1), discount_amount = NULL
FROM menu_items m
WHERE m.restaurant_id = p.restaurant_id AND m.id = p.menu_item_id AND p.discount IS NULL AND m.price > 0;
DELETE FROM promotions WHERE discount IS NULL
"""


def upgrade() -> None:
    """Apply."""
    op.alter_column("promotions", "discount", nullable=True)
    op.add_column("promotions", sa.Column("discount_amount", sa.Numeric(precision=12, scale=2), nullable=True))
    op.add_column("promotions", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_promotions_discount_amount_positive"), "promotions", "discount_amount > 0")
    op.create_check_constraint(
        op.f("ck_promotions_one_discount"), "promotions", "num_nonnulls(discount, discount_amount) = 1"
    )
    op.create_check_constraint(op.f("ck_promotions_known_for_a_while"), "promotions", KNOWN_FOR_A_WHILE)
    op.drop_constraint("uq_promotions_restaurant_id_menu_item_id_starts_on", "promotions", type_="unique")
    op.create_index(
        "uq_promotions_standing",
        "promotions",
        ["restaurant_id", "menu_item_id", "starts_on"],
        unique=True,
        postgresql_where=IS_CURRENT,
    )
    _keep_what_was_known()
    op.create_table(
        "sold_out_days",
        *_keys(),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("sold_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        *_times(),
        sa.CheckConstraint(KNOWN_FOR_A_WHILE, name=op.f("ck_sold_out_days_known_for_a_while")),
        _key_to("sold_out_days", "menu_item_id", "menu_items"),
        *_constraints("sold_out_days"),
    )
    op.create_index(
        "uq_sold_out_days_standing",
        "sold_out_days",
        ["restaurant_id", "menu_item_id", "business_date"],
        unique=True,
        postgresql_where=IS_CURRENT,
    )
    op.create_index("ix_sold_out_days_business_date", "sold_out_days", ["restaurant_id", "business_date"])
    op.create_table(
        "reservations",
        *_keys(),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        *_times(),
        sa.CheckConstraint("party_size > 0", name=op.f("ck_reservations_party_size_positive")),
        sa.CheckConstraint(
            "status IN ('booked', 'seated', 'completed', 'cancelled', 'no_show')",
            name=op.f("ck_reservations_status_is_known"),
        ),
        sa.CheckConstraint(KNOWN_FOR_A_WHILE, name=op.f("ck_reservations_known_for_a_while")),
        *_constraints("reservations"),
    )
    op.create_index(
        "uq_reservations_standing",
        "reservations",
        ["restaurant_id", "external_id"],
        unique=True,
        postgresql_where=IS_CURRENT,
    )
    op.create_index("ix_reservations_business_date", "reservations", ["restaurant_id", "business_date"])
    op.create_table(
        "menu_item_changes",
        *_keys(),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("menu_category_id", sa.Uuid(), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("previous_menu_category_id", sa.Uuid(), nullable=True),
        sa.Column("previous_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("was_active", sa.Boolean(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        *_times(),
        _key_to("menu_item_changes", "menu_item_id", "menu_items"),
        _key_to("menu_item_changes", "menu_category_id", "menu_categories"),
        _key_to("menu_item_changes", "previous_menu_category_id", "menu_categories"),
        *_constraints("menu_item_changes"),
    )
    op.create_index("ix_menu_item_changes_known_at", "menu_item_changes", ["restaurant_id", "known_at"])
    for table in ("sold_out_days", "reservations", "menu_item_changes"):
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")


def _keep_what_was_known() -> None:
    """What is said otherwise later no longer replaces what was known."""
    for table in ("closures", "local_events"):
        op.add_column(table, sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_known_for_a_while"), table, KNOWN_FOR_A_WHILE)
    op.drop_constraint("uq_closures_restaurant_id_date", "closures", type_="unique")
    op.create_index(
        "uq_closures_standing", "closures", ["restaurant_id", "date"], unique=True, postgresql_where=IS_CURRENT
    )
    op.drop_constraint("uq_local_events_source_external_id", "local_events", type_="unique")
    op.create_index(
        "uq_local_events_standing",
        "local_events",
        ["source", "external_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=IS_CURRENT,
    )


def _keep_current_rows() -> None:
    op.drop_index("uq_local_events_standing", table_name="local_events")
    op.drop_index("uq_closures_standing", table_name="closures")
    op.execute("ALTER TABLE closures NO FORCE ROW LEVEL SECURITY")
    for table in ("closures", "local_events"):
        op.drop_constraint(op.f(f"ck_{table}_known_for_a_while"), table, type_="check")
        op.execute(f"DELETE FROM {table} WHERE superseded_at IS NOT NULL")  # noqa: S608
        op.drop_column(table, "superseded_at")
    op.execute("ALTER TABLE closures FORCE ROW LEVEL SECURITY")
    op.create_unique_constraint("uq_closures_restaurant_id_date", "closures", ["restaurant_id", "date"])
    op.create_unique_constraint(
        "uq_local_events_source_external_id",
        "local_events",
        ["source", "external_id"],
        postgresql_nulls_not_distinct=True,
    )


def _keys() -> list[sa.Column]:
    return [
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    ]


def _times() -> list[sa.Column]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _constraints(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name=f"fk_{table}_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name=f"pk_{table}"),
    ]


def _key_to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["restaurant_id", column],
        [f"{other}.restaurant_id", f"{other}.id"],
        name=f"fk_{table}_restaurant_id_{column}",
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Take back."""
    for table in ("menu_item_changes", "reservations", "sold_out_days"):
        op.drop_table(table)
    _keep_current_rows()
    op.drop_index("uq_promotions_standing", table_name="promotions")
    for name in ("one_discount", "known_for_a_while", "discount_amount_positive"):
        op.drop_constraint(op.f(f"ck_promotions_{name}"), "promotions", type_="check")
    # The owner is held to the policies too, so the current rows are carried over with them off for a moment.
    for table in ("promotions", "menu_items"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in EARLIER_PROMOTIONS.split(";"):
        op.execute(statement)
    for table in ("promotions", "menu_items"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.create_unique_constraint(
        "uq_promotions_restaurant_id_menu_item_id_starts_on",
        "promotions",
        ["restaurant_id", "menu_item_id", "starts_on"],
    )
    op.drop_column("promotions", "superseded_at")
    op.drop_column("promotions", "discount_amount")
    op.alter_column("promotions", "discount", nullable=False)
