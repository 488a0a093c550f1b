"""Inventory and purchasing: counts, waste, the ledger by lot, demand of ingredients, depletion, orders, vendors' days.

The former tables of stock are dropped: nothing was ever booked into them.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "018_inventory"
down_revision = "017_costs"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CURRENT, IS_CURRENT = sa.text("superseded_at IS NULL"), sa.text("is_current")
DELIVERED, RECIPE_QUANTITY, UNIT_COST = sa.Numeric(16, 6), sa.Numeric(14, 6), sa.Numeric(14, 6)
SUM, MONEY_SUM, FORMER = sa.Numeric(20, 3), sa.Numeric(20, 2), sa.Numeric(12, 3)
KNOWN = {"known_for_a_while": "superseded_at > known_at"}
ONE_SUBJECT = {"one_subject": "num_nonnulls(ingredient_id, menu_item_id) = 1"}
SUBJECT = {"ingredient_id": "ingredients", "menu_item_id": "menu_items", "data_upload_id": "data_uploads"}
PUBLISHED = {"ingredient_id": "ingredients", "algorithm_run_id": "algorithm_runs"}
FACT_KINDS = "('receipt', 'transfer', 'usage', 'waste', 'count')"
WASTE_REASONS = (
    "('expired', 'spoiled', 'overproduced', 'prepared', 'dropped', 'returned', 'damaged', 'staff_meal', 'stolen',"
    " 'other')"
)
LEDGER = "inventory_movements"
NEW_TABLES = (
    "inventory_counts",
    "waste_records",
    "inventory_facts",
    LEDGER,
    "inventory",
    "inventory_shortfalls",
    "ingredient_demand_forecasts",
    "stock_depletion_forecasts",
    "purchase_recommendations",
)
# What a restaurant that counts products and not recipes sees of its ingredients.
PRODUCTS = """
CREATE VIEW products WITH (security_invoker = true) AS
SELECT
    ingredients.restaurant_id,
    ingredients.id,
    ingredients.name,
    ingredients.sku,
    ingredients.barcode,
    ingredients.unit,
    ingredients.unit_cost,
    ingredients.par_level,
    ingredients.reorder_threshold,
    coalesce(stock.quantity, 0) AS quantity_on_hand,
    coalesce(inventory_shortfalls.quantity, 0) AS quantity_short,
    coalesce(coalesce(stock.quantity, 0) <= ingredients.reorder_threshold, false) AS is_below_threshold,
    ingredients.is_active
FROM ingredients
LEFT JOIN (
    SELECT restaurant_id, ingredient_id, sum(quantity_on_hand) AS quantity
    FROM inventory GROUP BY restaurant_id, ingredient_id
) AS stock ON stock.restaurant_id = ingredients.restaurant_id AND stock.ingredient_id = ingredients.id
LEFT JOIN inventory_shortfalls
    ON inventory_shortfalls.restaurant_id = ingredients.restaurant_id
    AND inventory_shortfalls.ingredient_id = ingredients.id
"""


def upgrade() -> None:
    """Apply."""
    op.drop_table("inventory_movements")
    op.drop_table("inventory")
    _extend_vendors()
    _set_recipe_sources("('upload', 'similar', 'copy', 'bought')")
    _create_statements()
    _create_ledger()
    _create_balances()
    _create_forecasts()
    _create_recommendations()
    for table in NEW_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")
    _let_rows_stay()
    op.execute(PRODUCTS)
    op.execute("GRANT SELECT ON products TO flux_app, flux_reader")


def _extend_vendors() -> None:
    for column in (
        _text("contact_name", nullable=True),
        _text("email", nullable=True),
        _text("phone", nullable=True),
        sa.Column("order_days", ARRAY(sa.Integer())),
        sa.Column("order_cut_off", sa.Time()),
        sa.Column("lead_time_days", sa.Integer()),
        sa.Column("closed_on", ARRAY(sa.Date()), server_default=sa.text("'{}'"), nullable=False),
    ):
        op.add_column("vendors", column)
    op.create_check_constraint(
        op.f("ck_vendors_order_days_from_monday"),
        "vendors",
        "order_days <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND cardinality(order_days) > 0",
    )
    op.create_check_constraint(op.f("ck_vendors_lead_time_in_bounds"), "vendors", "lead_time_days BETWEEN 0 AND 365")


def _set_recipe_sources(sources: str) -> None:
    op.drop_constraint(op.f("ck_recipe_versions_source_is_known"), "recipe_versions", type_="check")
    op.create_check_constraint(op.f("ck_recipe_versions_source_is_known"), "recipe_versions", f"source IN {sources}")


def _create_statements() -> None:
    _create(
        "inventory_counts",
        [
            _id("ingredient_id", nullable=True),
            _id("menu_item_id", nullable=True),
            _day("counted_on"),
            sa.Column("counted_at", AT),
            _text("location", nullable=True),
            _text("lot", nullable=True),
            _number("quantity", DELIVERED),
            _text("unit"),
            _day("expires_on", nullable=True),
            *_known(),
        ],
        refers=SUBJECT,
        checks={**ONE_SUBJECT, "quantity_not_negative": "quantity >= 0", **KNOWN},
    )
    _one_current("inventory_counts", "counted_on", "ingredient_id", "menu_item_id", "counted_at", "location", "lot")
    _create(
        "waste_records",
        [
            _id("ingredient_id", nullable=True),
            _id("menu_item_id", nullable=True),
            _day("wasted_on"),
            sa.Column("wasted_at", AT),
            _number("quantity", DELIVERED),
            _text("unit"),
            _text("reason"),
            _text("lot", nullable=True),
            _text("note", nullable=True),
            sa.Column("occurrence", sa.Integer(), server_default=sa.text("1"), nullable=False),
            *_known(),
        ],
        refers=SUBJECT,
        checks={
            **ONE_SUBJECT,
            "quantity_positive": "quantity > 0",
            "occurrence_positive": "occurrence > 0",
            "reason_is_known": f"reason IN {WASTE_REASONS}",
            **KNOWN,
        },
    )
    key = ("ingredient_id", "menu_item_id", "wasted_at", "quantity", "unit", "reason", "lot", "occurrence")
    _one_current("waste_records", "wasted_on", *key)


def _create_ledger() -> None:
    _create(
        "inventory_facts",
        [
            _id("ingredient_id"),
            _text("kind"),
            _text("source"),
            _day("business_date"),
            sa.Column("occurred_at", AT, nullable=False),
            _number("quantity", SUM),
            sa.Column("lot", sa.Text(), server_default=sa.text("''"), nullable=False),
            _day("expires_on", nullable=True),
            sa.Column("document", sa.Text(), server_default=sa.text("''"), nullable=False),
        ],
        refers={"ingredient_id": "ingredients"},
        checks={"kind_is_known": f"kind IN {FACT_KINDS}"},
        unique={"uq_inventory_facts_source": ["ingredient_id", "kind", "source"]},
    )
    day = ["restaurant_id", "ingredient_id", "business_date"]
    op.create_index("ix_inventory_facts_business_date", "inventory_facts", day)
    _create(
        LEDGER,
        [
            sa.Column("entry_number", sa.BigInteger(), nullable=False),
            _id("ingredient_id"),
            _text("kind"),
            _text("source_kind"),
            _text("source"),
            _day("business_date"),
            sa.Column("occurred_at", AT, server_default=sa.text("now()"), nullable=False),
            sa.Column("lot", sa.Text(), server_default=sa.text("''"), nullable=False),
            _day("expires_on", nullable=True),
            _day("arrived_on", nullable=True),
            *(_number(name, SUM) for name in ("quantity", "previous_quantity", "new_quantity")),
            sa.Column("takes_back", sa.Boolean(), server_default=sa.text("false"), nullable=False),
            sa.Column("unit_cost", UNIT_COST),
            _text("reason", nullable=True),
            _id("user_id", nullable=True),
        ],
        refers={"ingredient_id": "ingredients"},
        checks={
            "kind_is_known": "kind IN ('purchase', 'transfer', 'usage', 'waste', 'adjustment', 'shortfall')",
            "source_kind_is_known": f"source_kind IN {FACT_KINDS}",
            "quantities_add_up": "new_quantity = previous_quantity + quantity",
            "quantities_not_negative": "least(previous_quantity, new_quantity) >= 0",
            "unit_cost_not_negative": "unit_cost >= 0",
            "only_shortfalls_have_no_lot": "arrived_on IS NOT NULL OR kind = 'shortfall'",
        },
        unique={"uq_inventory_movements_restaurant_id_entry_number": ["entry_number"]},
    )
    op.create_foreign_key("fk_inventory_movements_user_id", LEDGER, "users", ["user_id"], ["id"], ondelete="RESTRICT")
    op.create_index("ix_inventory_movements_ingredient", LEDGER, day)


def _create_balances() -> None:
    _create(
        "inventory",
        [
            _id("ingredient_id"),
            sa.Column("lot", sa.Text(), server_default=sa.text("''"), nullable=False),
            _day("expires_on", nullable=True),
            _day("arrived_on"),
            _number("quantity_on_hand", SUM),
        ],
        refers={"ingredient_id": "ingredients"},
        checks={"quantity_not_negative": "quantity_on_hand >= 0"},
    )
    op.create_unique_constraint(
        "uq_inventory_lot",
        "inventory",
        ["restaurant_id", "ingredient_id", "lot", "expires_on", "arrived_on"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_inventory_expires_on", "inventory", ["restaurant_id", "expires_on"])
    _create(
        "inventory_shortfalls",
        [_id("ingredient_id"), _number("quantity", SUM), _day("short_since")],
        refers={"ingredient_id": "ingredients"},
        checks={"quantity_positive": "quantity > 0"},
        unique={"uq_inventory_shortfalls_restaurant_id_ingredient_id": ["ingredient_id"]},
    )


def _create_forecasts() -> None:
    quantiles = [f"{name}_quantity" for name in ("p10", "p50", "p90", "p99")]
    cumulated = [f"cumulated_{name}" for name in ("p10", "p50", "p90", "p99")]
    _create(
        "ingredient_demand_forecasts",
        [
            _id("ingredient_id"),
            *_published(),
            _day("forecast_date"),
            _number("predicted_quantity", sa.Float()),
            *(_number(name, SUM) for name in (*quantiles, *cumulated)),
        ],
        refers=PUBLISHED,
        checks={
            "quantiles_are_monotone": "p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity",
            "forecasts_look_ahead": "forecast_date > as_of",
        },
    )
    _one_published("ingredient_demand_forecasts", "as_of", "forecast_date", "ingredient_id")
    days = [f"{prefix}depleted_on_{name}" for prefix in ("", "with_orders_") for name in ("p10", "p50", "p90")]
    _create(
        "stock_depletion_forecasts",
        [
            _id("ingredient_id"),
            *_published(),
            *(_number(name, SUM) for name in ("on_hand", "short", "on_order")),
            *(_number(name, sa.Float()) for name in ("daily_consumption", "depletion_probability", "confidence")),
            *(_day(name, nullable=True) for name in days),
            sa.Column("expiring", JSONB(), nullable=False),
        ],
        refers=PUBLISHED,
        checks={"confidence_is_a_share": "confidence BETWEEN 0 AND 1"},
    )
    _one_published("stock_depletion_forecasts", "as_of", "ingredient_id")


def _create_recommendations() -> None:
    _create(
        "purchase_recommendations",
        [
            *(_id(name) for name in ("ingredient_id", "vendor_id", "algorithm_run_id")),
            _text("order_code", nullable=True),
            *(_day(name) for name in ("as_of", "order_day", "delivery_day", "next_delivery_day")),
            sa.Column("order_by", AT),
            sa.Column("status", sa.Text(), server_default=sa.text("'recommended'"), nullable=False),
            sa.Column("packs", sa.Integer(), nullable=False),
            *(_number(name, RECIPE_QUANTITY) for name in ("pack_quantity", "quantity")),
            _number("unit_price", UNIT_COST),
            _number("amount", MONEY_SUM),
            *(_number(name, SUM) for name in ("on_hand", "on_order")),
            *(
                _number(name, sa.Float())
                for name in ("expected_demand", "needed_quantity", "covered_share", "unavoidable_shortage")
            ),
            sa.Column("outcomes", JSONB(), nullable=False),
            *(_text(name) for name in ("decided_by_rule", "reason")),
            sa.Column("received_quantity", SUM, server_default=sa.text("0"), nullable=False),
            _day("received_on", nullable=True),
            *(_text(name, nullable=True) for name in ("decided_by", "cancelled_because")),
            *(sa.Column(name, AT) for name in ("decided_at", "ordered_at")),
        ],
        refers={**PUBLISHED, "vendor_id": "vendors"},
        checks={
            "status_is_known": "status IN ('recommended', 'approved', 'ordered', 'received', 'cancelled')",
            "packs_positive": "packs > 0",
            "pack_positive": "pack_quantity > 0",
            "whole_packs": "quantity = packs * pack_quantity",
            "received_not_negative": "received_quantity >= 0",
            "cancelled_for_a_reason": "(status = 'cancelled') = (cancelled_because IS NOT NULL)",
        },
    )
    op.create_index(
        "uq_purchase_recommendations_open",
        "purchase_recommendations",
        ["restaurant_id", "ingredient_id", "vendor_id", "order_day"],
        unique=True,
        postgresql_where=sa.text("status = 'recommended'"),
    )
    op.create_index("ix_purchase_recommendations_order_day", "purchase_recommendations", ["restaurant_id", "order_day"])


def _let_rows_stay() -> None:
    op.execute(f"REVOKE UPDATE, DELETE ON {LEDGER} FROM flux_app")
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {LEDGER}"
        " FOR EACH ROW EXECUTE FUNCTION flux_refuse_change()"
    )


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _number(name: str, of: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, of, nullable=False)


def _known() -> list[sa.Column]:
    return [
        _id("data_upload_id", nullable=True),
        sa.Column("known_at", AT, nullable=False),
        sa.Column("superseded_at", AT),
    ]


def _published() -> list[sa.Column]:
    return [
        _day("as_of"),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _id("algorithm_run_id"),
    ]


def _create(
    table: str,
    columns: Sequence[sa.Column],
    *,
    refers: Mapping[str, str] | None = None,
    checks: Mapping[str, str] | None = None,
    unique: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Create a tenant's table: every key begins with the restaurant."""
    op.create_table(
        table,
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *columns,
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name=f"fk_{table}_restaurant_id", ondelete="RESTRICT"
        ),
        *(
            sa.ForeignKeyConstraint(
                ["restaurant_id", column],
                [f"{other}.restaurant_id", f"{other}.id"],
                name=f"fk_{table}_restaurant_id_{column}",
                ondelete="RESTRICT",
            )
            for column, other in (refers or {}).items()
        ),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}")) for name, condition in (checks or {}).items()),
        *(
            sa.UniqueConstraint("restaurant_id", *names, name=constraint)
            for constraint, names in (unique or {}).items()
        ),
    )


def _one_current(table: str, *key: str) -> None:
    """Let only one version of a fact be current; two empty values of its key are equal."""
    op.create_index(
        f"uq_{table}_current",
        table,
        ["restaurant_id", *key],
        unique=True,
        postgresql_where=CURRENT,
        postgresql_nulls_not_distinct=True,
    )


def _one_published(table: str, *key: str) -> None:
    op.create_index(f"uq_{table}_current", table, ["restaurant_id", *key], unique=True, postgresql_where=IS_CURRENT)


def downgrade() -> None:
    """Take back; counts, waste, movements and orders are lost, because the former tables have no place for them."""
    op.execute("DROP VIEW products")
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    # Those of all restaurants, which row-level security would hide from the owner.
    op.execute("ALTER TABLE recipe_versions NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE recipe_versions SET source = 'upload' WHERE source = 'bought'")
    op.execute("ALTER TABLE recipe_versions FORCE ROW LEVEL SECURITY")
    _set_recipe_sources("('upload', 'similar', 'copy')")
    for name in ("lead_time_in_bounds", "order_days_from_monday"):
        op.drop_constraint(op.f(f"ck_vendors_{name}"), "vendors", type_="check")
    for name in ("closed_on", "lead_time_days", "order_cut_off", "order_days", "phone", "email", "contact_name"):
        op.drop_column("vendors", name)
    _create_former_stock()
    for table in ("inventory", LEDGER):
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")
    _let_rows_stay()


def _create_former_stock() -> None:
    _create(
        "inventory",
        [
            _id("ingredient_id"),
            _text("lot", nullable=True),
            _number("quantity_on_hand", FORMER),
            _day("expires_on", nullable=True),
        ],
        refers={"ingredient_id": "ingredients"},
        checks={"quantity_not_negative": "quantity_on_hand >= 0"},
    )
    op.create_unique_constraint(
        "uq_inventory_restaurant_id_ingredient_id_lot",
        "inventory",
        ["restaurant_id", "ingredient_id", "lot"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_inventory_expires_on", "inventory", ["restaurant_id", "expires_on"])
    _create(
        LEDGER,
        [
            _id("ingredient_id"),
            _id("inventory_id", nullable=True),
            _text("kind"),
            *(_number(name, FORMER) for name in ("quantity", "previous_quantity", "new_quantity")),
            sa.Column("unit_cost", UNIT_COST),
            _text("reason", nullable=True),
            sa.Column("occurred_at", AT, server_default=sa.text("now()"), nullable=False),
            _id("user_id", nullable=True),
        ],
        refers={"ingredient_id": "ingredients", "inventory_id": "inventory"},
        checks={
            "kind_is_known": "kind IN ('purchase', 'usage', 'waste', 'count', 'adjustment', 'transfer')",
            "quantities_add_up": "new_quantity = previous_quantity + quantity",
            "quantities_not_negative": "least(previous_quantity, new_quantity) >= 0",
            "unit_cost_not_negative": "unit_cost >= 0",
        },
    )
    op.create_foreign_key("fk_inventory_movements_user_id", LEDGER, "users", ["user_id"], ["id"], ondelete="RESTRICT")
    op.create_index("ix_inventory_movements_ingredient", LEDGER, ["restaurant_id", "ingredient_id", "occurred_at"])
