"""Tables of the kitchen: ingredients, conversions of units, and recipes."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Quantity, TenantRow, one_of, tenant_key
from flux_pipeline.store.models.known import IS_CURRENT, KNOWN_FOR_A_WHILE

# A gram of flour costs fractions of a cent.
UnitCost = Numeric(14, 6)
# What follows from the price of a case is kept so exactly that only the cost of a dish is rounded.
ExactCost = Numeric(30, 15)
# A delivery brings a hundred tons at most, in grams.
DeliveredQuantity = Numeric(16, 6)
# A portion may need a pinch of saffron, a fraction of a gram.
RecipeQuantity = Numeric(14, 6)


class IngredientCategory(TenantRow, Base):
    """A row is a group of ingredients: dairy, dry goods."""

    __tablename__ = "ingredient_categories"
    __table_args__ = (UniqueConstraint("restaurant_id", "name"),)

    name: Mapped[str]
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class Ingredient(TenantRow, Base):
    """A row is an ingredient, counted in one unit; waste_factor is the share lost in preparation.

    It is `auto_created` if a recipe, a price or a delivery named it before any file of ingredients did.
    """

    __tablename__ = "ingredients"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        tenant_key("ingredient_category_id", "ingredient_categories"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint("waste_factor BETWEEN 0 AND 0.60", name="waste_factor_in_bounds"),
        CheckConstraint("shelf_life_days > 0", name="shelf_life_positive"),
        CheckConstraint("par_level >= 0", name="par_level_not_negative"),
        CheckConstraint("reorder_threshold >= 0", name="reorder_threshold_not_negative"),
        Index("uq_ingredients_sku", "restaurant_id", "sku", unique=True, postgresql_where=text("sku IS NOT NULL")),
        Index(
            "uq_ingredients_barcode",
            "restaurant_id",
            "barcode",
            unique=True,
            postgresql_where=text("barcode IS NOT NULL"),
        ),
    )

    ingredient_category_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    unit: Mapped[str]
    unit_cost: Mapped[Decimal | None] = mapped_column(UnitCost)
    waste_factor: Mapped[Decimal] = mapped_column(Numeric(4, 3), server_default=text("0"))
    shelf_life_days: Mapped[int | None]
    sku: Mapped[str | None]
    barcode: Mapped[str | None]
    par_level: Mapped[Decimal | None] = mapped_column(Quantity)
    reorder_threshold: Mapped[Decimal | None] = mapped_column(Quantity)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    auto_created: Mapped[bool] = mapped_column(server_default=text("false"))


class UnitConversion(TenantRow, Base):
    """A row is how many of one unit another is, for an ingredient, a preparation, or (both empty) for the house."""

    __tablename__ = "unit_conversions"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("menu_item_id", "menu_items"),
        CheckConstraint("num_nonnulls(ingredient_id, menu_item_id) <= 1", name="one_subject"),
        CheckConstraint("least(from_quantity, to_quantity) > 0", name="quantities_positive"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_unit_conversions_current",
            "restaurant_id",
            "ingredient_id",
            "menu_item_id",
            "from_unit",
            "to_unit",
            unique=True,
            postgresql_where=IS_CURRENT,
            postgresql_nulls_not_distinct=True,
        ),
    )

    ingredient_id: Mapped[uuid.UUID | None]
    menu_item_id: Mapped[uuid.UUID | None]
    from_quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    from_unit: Mapped[str]
    to_quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    to_unit: Mapped[str]
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


RECIPE_STATUSES = ("suggested", "confirmed", "rejected")
RECIPE_SOURCES = ("upload", "similar", "copy", "bought")


class RecipeVersion(TenantRow, Base):
    """A row is a version of an item's recipe, valid from a day on (empty: from the start); it counts once confirmed.

    A recipe with a yield makes a batch (7.5 l, 40 portions); one without makes one portion.
    """

    __tablename__ = "recipe_versions"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("data_upload_id", "data_uploads"),
        CheckConstraint("yield_quantity > 0", name="yield_positive"),
        CheckConstraint("num_nonnulls(yield_quantity, yield_unit) <> 1", name="yield_has_a_unit"),
        CheckConstraint(one_of("status", RECIPE_STATUSES), name="status_is_known"),
        CheckConstraint(one_of("source", RECIPE_SOURCES), name="source_is_known"),
        CheckConstraint("(status = 'confirmed') <= (confirmed_at IS NOT NULL)", name="confirmed_has_a_time"),
        CheckConstraint("(status = 'rejected') = (rejected_at IS NOT NULL)", name="rejected_has_a_time"),
        Index("ix_recipe_versions_item", "restaurant_id", "menu_item_id"),
    )

    menu_item_id: Mapped[uuid.UUID]
    valid_from: Mapped[dt.date | None]
    known_at: Mapped[dt.datetime]
    yield_quantity: Mapped[Decimal | None] = mapped_column(RecipeQuantity)
    yield_unit: Mapped[str | None]
    status: Mapped[str]
    source: Mapped[str]
    data_upload_id: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[dt.datetime | None]
    confirmed_by: Mapped[str | None]
    rejected_at: Mapped[dt.datetime | None]
    rejected_by: Mapped[str | None]


class RecipeLine(TenantRow, Base):
    """A row is a line of a version of a recipe: a quantity of an ingredient, or of another item (a preparation)."""

    __tablename__ = "recipe_lines"
    __table_args__ = (
        tenant_key("recipe_version_id", "recipe_versions"),
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("component_menu_item_id", "menu_items"),
        CheckConstraint("num_nonnulls(ingredient_id, component_menu_item_id) = 1", name="one_component"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        UniqueConstraint("restaurant_id", "recipe_version_id", "line_number"),
        Index("ix_recipe_lines_ingredient", "restaurant_id", "ingredient_id"),
    )

    recipe_version_id: Mapped[uuid.UUID]
    line_number: Mapped[int]
    ingredient_id: Mapped[uuid.UUID | None]
    component_menu_item_id: Mapped[uuid.UUID | None]
    quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    unit: Mapped[str]
