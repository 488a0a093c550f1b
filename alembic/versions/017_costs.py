"""Costs: versions of recipes, conversions, vendors, prices, deliveries, costs of ingredients and items, profitability.

The former tables of recipes and of costs of ingredients are dropped: no file was ever loaded into them.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "017_costs"
down_revision = "016_rosters"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CURRENT = sa.text("superseded_at IS NULL")
UNIT_COST, RECIPE_QUANTITY, STOCK_QUANTITY = sa.Numeric(14, 6), sa.Numeric(14, 6), sa.Numeric(12, 3)
DELIVERED_QUANTITY = sa.Numeric(16, 6)
EXACT_COST, DISH_COST, MONEY_SUM, QUANTITY_SUM = (
    sa.Numeric(30, 15),
    sa.Numeric(20, 6),
    sa.Numeric(20, 2),
    sa.Numeric(20, 3),
)
KNOWN = {"known_for_a_while": "superseded_at > known_at"}
ONE_COMPONENT = {
    "one_component": "num_nonnulls(ingredient_id, component_menu_item_id) = 1",
    "quantity_positive": "quantity > 0",
}
NEW_TABLES = (
    "vendors",
    "vendor_prices",
    "deliveries",
    "delivery_lines",
    "ingredient_cost_history",
    "unit_conversions",
    "recipe_versions",
    "recipe_lines",
    "costing_rules",
    "menu_item_costs",
    "menu_profitability",
)


def upgrade() -> None:
    """Apply."""
    op.drop_table("recipes")
    op.drop_table("ingredient_cost_history")
    op.add_column(
        "ingredients", sa.Column("auto_created", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for code in ("sku", "barcode"):
        op.create_index(
            f"uq_ingredients_{code}",
            "ingredients",
            ["restaurant_id", code],
            unique=True,
            postgresql_where=sa.text(f"{code} IS NOT NULL"),
        )
    _create_purchases()
    _create_cost_history()
    _create_kitchen()
    _create_results()
    for table in NEW_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")


def _create_purchases() -> None:
    _create("vendors", [_text("name")], unique={"uq_vendors_restaurant_id_name": ["name"]})
    _create(
        "vendor_prices",
        [
            _id("vendor_id"),
            _id("ingredient_id"),
            _text("order_code", nullable=True),
            sa.Column("valid_from", sa.Date()),
            sa.Column("unit_price", UNIT_COST),
            _text("unit"),
            sa.Column("case_price", UNIT_COST),
            sa.Column("case_quantity", RECIPE_QUANTITY),
            sa.Column("pack_quantity", RECIPE_QUANTITY),
            sa.Column("yield_factor", RECIPE_QUANTITY, server_default=sa.text("1"), nullable=False),
            sa.Column("lead_time_days", sa.Integer()),
            sa.Column("minimum_order_quantity", STOCK_QUANTITY),
            sa.Column("pack_size", STOCK_QUANTITY),
            *_known(),
        ],
        refers={"vendor_id": "vendors", "ingredient_id": "ingredients"},
        checks={
            "has_a_price": "num_nonnulls(unit_price, case_price) >= 1",
            "price_not_negative": "least(unit_price, case_price) >= 0",
            "yield_in_bounds": "yield_factor > 0 AND yield_factor <= 5",
            "lead_time_not_negative": "lead_time_days >= 0",
            **KNOWN,
        },
    )
    _one_current("vendor_prices", "vendor_id", "ingredient_id", "order_code", "valid_from")
    _create(
        "deliveries",
        [
            _id("vendor_id", nullable=True),
            _text("document", nullable=True),
            sa.Column("delivered_on", sa.Date(), nullable=False),
            _id("data_upload_id"),
            *_known(),
        ],
        refers={"vendor_id": "vendors", "data_upload_id": "data_uploads"},
        checks=KNOWN,
    )
    op.create_index("ix_deliveries_delivered_on", "deliveries", ["restaurant_id", "delivered_on"])
    _create(
        "delivery_lines",
        [
            _id("delivery_id"),
            sa.Column("line_number", sa.Integer(), nullable=False),
            _id("ingredient_id"),
            sa.Column("quantity", DELIVERED_QUANTITY, nullable=False),
            _text("unit"),
            sa.Column("unit_cost", UNIT_COST),
            _text("lot", nullable=True),
            sa.Column("expires_on", sa.Date()),
        ],
        refers={"delivery_id": "deliveries", "ingredient_id": "ingredients"},
        checks={"quantity_positive": "quantity > 0", "unit_cost_not_negative": "unit_cost >= 0"},
        unique={"uq_delivery_lines_restaurant_id_delivery_id_line_number": ["delivery_id", "line_number"]},
    )
    op.create_index("ix_delivery_lines_ingredient", "delivery_lines", ["restaurant_id", "ingredient_id"])


def _create_cost_history() -> None:
    _create(
        "ingredient_cost_history",
        [
            _id("ingredient_id"),
            _text("source"),
            _id("vendor_id", nullable=True),
            _text("order_code", nullable=True),
            _id("delivery_line_id", nullable=True),
            sa.Column("valid_from", sa.Date()),
            sa.Column("unit_cost", EXACT_COST),
            _text("unit"),
            sa.Column("waste_factor", sa.Numeric(4, 3)),
            sa.Column("quantity", DELIVERED_QUANTITY),
            *_known(),
        ],
        refers={
            "ingredient_id": "ingredients",
            "vendor_id": "vendors",
            "delivery_line_id": "delivery_lines",
        },
        checks={
            "source_is_known": "source IN ('ingredients', 'delivery', 'vendor_price')",
            "unit_cost_not_negative": "unit_cost >= 0",
            "waste_factor_in_bounds": "waste_factor BETWEEN 0 AND 0.60",
            "quantity_positive": "quantity > 0",
            **KNOWN,
        },
    )
    key = ("ingredient_id", "source", "vendor_id", "order_code", "delivery_line_id", "valid_from")
    _one_current("ingredient_cost_history", *key)


def _create_kitchen() -> None:
    _create(
        "unit_conversions",
        [
            _id("ingredient_id", nullable=True),
            _id("menu_item_id", nullable=True),
            sa.Column("from_quantity", RECIPE_QUANTITY, nullable=False),
            _text("from_unit"),
            sa.Column("to_quantity", RECIPE_QUANTITY, nullable=False),
            _text("to_unit"),
            *_known(),
        ],
        refers={"ingredient_id": "ingredients", "menu_item_id": "menu_items"},
        checks={
            "one_subject": "num_nonnulls(ingredient_id, menu_item_id) <= 1",
            "quantities_positive": "least(from_quantity, to_quantity) > 0",
            **KNOWN,
        },
    )
    _one_current("unit_conversions", "ingredient_id", "menu_item_id", "from_unit", "to_unit")
    _create(
        "recipe_versions",
        [
            _id("menu_item_id"),
            sa.Column("valid_from", sa.Date()),
            sa.Column("known_at", AT, nullable=False),
            sa.Column("yield_quantity", RECIPE_QUANTITY),
            _text("yield_unit", nullable=True),
            _text("status"),
            _text("source"),
            _id("data_upload_id", nullable=True),
            sa.Column("confirmed_at", AT),
            _text("confirmed_by", nullable=True),
            sa.Column("rejected_at", AT),
            _text("rejected_by", nullable=True),
        ],
        refers={"menu_item_id": "menu_items", "data_upload_id": "data_uploads"},
        checks={
            "yield_positive": "yield_quantity > 0",
            "yield_has_a_unit": "num_nonnulls(yield_quantity, yield_unit) <> 1",
            "status_is_known": "status IN ('suggested', 'confirmed', 'rejected')",
            "source_is_known": "source IN ('upload', 'similar', 'copy')",
            "confirmed_has_a_time": "(status = 'confirmed') <= (confirmed_at IS NOT NULL)",
            "rejected_has_a_time": "(status = 'rejected') = (rejected_at IS NOT NULL)",
        },
    )
    op.create_index("ix_recipe_versions_item", "recipe_versions", ["restaurant_id", "menu_item_id"])
    _create(
        "recipe_lines",
        [
            _id("recipe_version_id"),
            sa.Column("line_number", sa.Integer(), nullable=False),
            _id("ingredient_id", nullable=True),
            _id("component_menu_item_id", nullable=True),
            sa.Column("quantity", RECIPE_QUANTITY, nullable=False),
            _text("unit"),
        ],
        refers={
            "recipe_version_id": "recipe_versions",
            "ingredient_id": "ingredients",
            "component_menu_item_id": "menu_items",
        },
        checks=ONE_COMPONENT,
        unique={"uq_recipe_lines_restaurant_id_recipe_version_id_line_number": ["recipe_version_id", "line_number"]},
    )
    op.create_index("ix_recipe_lines_ingredient", "recipe_lines", ["restaurant_id", "ingredient_id"])


def _create_results() -> None:
    _create("costing_rules", [sa.Column("valid_from", sa.Date()), _json("rules"), *_known()], checks=KNOWN)
    _one_current("costing_rules", "valid_from")
    _create(
        "menu_item_costs",
        [
            _id("menu_item_id"),
            sa.Column("valid_from", sa.Date(), nullable=False),
            sa.Column("cost_with_waste", DISH_COST),
            sa.Column("cost_without_waste", DISH_COST),
            sa.Column("net_price", DISH_COST),
            sa.Column("margin_amount", MONEY_SUM),
            sa.Column("margin_percent", sa.Numeric(20, 2)),
            _json("shares"),
            _json("missing"),
            *_known(),
            _id("algorithm_run_id"),
        ],
        refers={"menu_item_id": "menu_items", "algorithm_run_id": "algorithm_runs"},
        checks={"both_costs_or_none": "num_nonnulls(cost_with_waste, cost_without_waste) <> 1", **KNOWN},
    )
    _one_current("menu_item_costs", "menu_item_id", "valid_from", may_be_empty=False)
    _create(
        "menu_profitability",
        [
            _id("menu_item_id"),
            sa.Column("week_start", sa.Date(), nullable=False),
            _text("category", nullable=True),
            sa.Column("quantity", QUANTITY_SUM, nullable=False),
            sa.Column("revenue", MONEY_SUM, nullable=False),
            sa.Column("theoretical_cost", MONEY_SUM),
            sa.Column("contribution", MONEY_SUM),
            sa.Column("popularity", sa.Float()),
            _text("menu_class", nullable=True),
            sa.Column("sureness", sa.Float()),
            *_known(),
            _id("algorithm_run_id"),
        ],
        refers={"menu_item_id": "menu_items", "algorithm_run_id": "algorithm_runs"},
        checks={
            "class_is_known": "menu_class IN ('star', 'plowhorse', 'puzzle', 'dog')",
            "contribution_adds_up": "contribution = revenue - theoretical_cost",
            **KNOWN,
        },
    )
    _one_current("menu_profitability", "menu_item_id", "week_start", may_be_empty=False)
    op.create_index("ix_menu_profitability_week_start", "menu_profitability", ["restaurant_id", "week_start"])


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _json(name: str) -> sa.Column:
    return sa.Column(name, JSONB(), nullable=False)


def _known() -> list[sa.Column]:
    return [sa.Column("known_at", AT, nullable=False), sa.Column("superseded_at", AT)]


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


def _one_current(table: str, *key: str, may_be_empty: bool = True) -> None:
    """Let only one version of a fact be current; two empty values of a key that may have them are equal."""
    nulls = {"postgresql_nulls_not_distinct": True} if may_be_empty else {}
    op.create_index(
        f"uq_{table}_current", table, ["restaurant_id", *key], unique=True, postgresql_where=CURRENT, **nulls
    )


def downgrade() -> None:
    """Take back; recipes, prices and deliveries are lost, because the former tables have no place for them."""
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    for code in ("barcode", "sku"):
        op.drop_index(f"uq_ingredients_{code}", table_name="ingredients")
    op.drop_column("ingredients", "auto_created")
    _create(
        "ingredient_cost_history",
        [
            _id("ingredient_id"),
            sa.Column("unit_cost", UNIT_COST, nullable=False),
            sa.Column("valid_from", AT, nullable=False),
        ],
        refers={"ingredient_id": "ingredients"},
        checks={"unit_cost_not_negative": "unit_cost >= 0"},
        unique={"uq_ingredient_cost_history_valid_from": ["ingredient_id", "valid_from"]},
    )
    _create_former_recipes()
    for table in ("ingredient_cost_history", "recipes"):
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
        op.execute(f"SELECT flux_admit_readers('{table}')")


def _create_former_recipes() -> None:
    _create(
        "recipes",
        [
            _id("menu_item_id"),
            _id("ingredient_id", nullable=True),
            _id("component_menu_item_id", nullable=True),
            sa.Column("quantity", RECIPE_QUANTITY, nullable=False),
            _text("unit"),
            sa.Column("status", sa.Text(), server_default=sa.text("'suggested'"), nullable=False),
            sa.Column("confirmed_at", AT),
        ],
        refers={
            "menu_item_id": "menu_items",
            "ingredient_id": "ingredients",
            "component_menu_item_id": "menu_items",
        },
        checks={
            "status_is_known": "status IN ('suggested', 'confirmed')",
            "confirmed_has_a_time": "status <> 'confirmed' OR confirmed_at IS NOT NULL",
            "not_its_own_component": "component_menu_item_id <> menu_item_id",
            **ONE_COMPONENT,
        },
    )
    op.create_unique_constraint(
        "uq_recipes_component",
        "recipes",
        ["restaurant_id", "menu_item_id", "ingredient_id", "component_menu_item_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_recipes_ingredient", "recipes", ["restaurant_id", "ingredient_id"])
