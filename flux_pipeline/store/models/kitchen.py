"""Tables of the kitchen: ingredients, their costs, and recipes."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Quantity, TenantRow, one_of, tenant_key

# A gram of flour costs fractions of a cent.
UnitCost = Numeric(14, 6)
# A portion may need a pinch of saffron, a fraction of a gram.
RecipeQuantity = Numeric(14, 6)


class IngredientCategory(TenantRow, Base):
    """A row is a group of ingredients: dairy, dry goods."""

    __tablename__ = "ingredient_categories"
    __table_args__ = (UniqueConstraint("restaurant_id", "name"),)

    name: Mapped[str]
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class Ingredient(TenantRow, Base):
    """A row is an ingredient, counted in one unit; waste_factor is the share lost in preparation."""

    __tablename__ = "ingredients"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        tenant_key("ingredient_category_id", "ingredient_categories"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint("waste_factor BETWEEN 0 AND 0.60", name="waste_factor_in_bounds"),
        CheckConstraint("shelf_life_days > 0", name="shelf_life_positive"),
        CheckConstraint("par_level >= 0", name="par_level_not_negative"),
        CheckConstraint("reorder_threshold >= 0", name="reorder_threshold_not_negative"),
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


class IngredientCostHistory(TenantRow, Base):
    """A row is the cost of a unit of an ingredient from a moment on."""

    __tablename__ = "ingredient_cost_history"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        UniqueConstraint("restaurant_id", "ingredient_id", "valid_from", name="uq_ingredient_cost_history_valid_from"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
    )

    ingredient_id: Mapped[uuid.UUID]
    unit_cost: Mapped[Decimal] = mapped_column(UnitCost)
    valid_from: Mapped[dt.datetime]


class Recipe(TenantRow, Base):
    """A row is one component of a dish: an ingredient, or another dish (a sub-recipe such as a stock)."""

    __tablename__ = "recipes"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("ingredient_id", "ingredients"),
        ForeignKeyConstraint(
            ["restaurant_id", "component_menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            ondelete="RESTRICT",
        ),
        CheckConstraint("num_nonnulls(ingredient_id, component_menu_item_id) = 1", name="one_component"),
        CheckConstraint("component_menu_item_id <> menu_item_id", name="not_its_own_component"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(one_of("status", ("suggested", "confirmed")), name="status_is_known"),
        CheckConstraint("status <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_has_a_time"),
        UniqueConstraint(
            "restaurant_id",
            "menu_item_id",
            "ingredient_id",
            "component_menu_item_id",
            name="uq_recipes_component",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_recipes_ingredient", "restaurant_id", "ingredient_id"),
    )

    menu_item_id: Mapped[uuid.UUID]
    ingredient_id: Mapped[uuid.UUID | None]
    component_menu_item_id: Mapped[uuid.UUID | None]
    quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    unit: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'suggested'"))
    confirmed_at: Mapped[dt.datetime | None]
