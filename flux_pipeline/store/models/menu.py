"""Tables of the menu: categories, items, their spellings, and their changes."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Money, TenantRow, one_of, tenant_key


class MenuCategory(TenantRow, Base):
    """A row is a category of menu items, perhaps within another."""

    __tablename__ = "menu_categories"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        ForeignKeyConstraint(
            ["restaurant_id", "parent_id"], ["menu_categories.restaurant_id", "menu_categories.id"], ondelete="RESTRICT"
        ),
    )

    name: Mapped[str]
    parent_id: Mapped[uuid.UUID | None]
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class MenuItem(TenantRow, Base):
    """A row is a menu item; `auto_created` if a sales file brought it."""

    __tablename__ = "menu_items"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        tenant_key("menu_category_id", "menu_categories"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    menu_category_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    price: Mapped[Decimal | None] = mapped_column(Money)
    sku: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    auto_created: Mapped[bool] = mapped_column(server_default=text("false"))
    first_sold_on: Mapped[dt.date | None]
    last_sold_on: Mapped[dt.date | None]


class MenuItemAlias(TenantRow, Base):
    """A row is a normalised spelling of a menu item, so that a rename does not split its history.

    A spelling close to another item's has that item as a suggestion; a person decides whether they are one.
    """

    __tablename__ = "menu_item_aliases"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "alias"),
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("suggested_menu_item_id", "menu_items"),
        CheckConstraint("similarity BETWEEN 0 AND 1", name="similarity_is_a_share"),
        Index("ix_menu_item_aliases_item", "restaurant_id", "menu_item_id"),
    )

    menu_item_id: Mapped[uuid.UUID]
    alias: Mapped[str]
    suggested_menu_item_id: Mapped[uuid.UUID | None]
    similarity: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))


class MenuAliasMove(TenantRow, Base):
    """A row is the move of a spelling to another menu item at a moment, by a merge or by undoing one.

    A rebuild reads sales files and moves in the order of their times, so each file meets the items stored at its load.
    """

    __tablename__ = "menu_alias_moves"
    __table_args__ = (
        ForeignKeyConstraint(
            ["restaurant_id", "alias"],
            ["menu_item_aliases.restaurant_id", "menu_item_aliases.alias"],
            ondelete="RESTRICT",
        ),
        tenant_key("from_menu_item_id", "menu_items"),
        tenant_key("to_menu_item_id", "menu_items"),
    )

    alias: Mapped[str]
    from_menu_item_id: Mapped[uuid.UUID]
    to_menu_item_id: Mapped[uuid.UUID]
    moved_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))


class MenuItemChange(TenantRow, Base):
    """A row is a menu file's change to a stored item: the values before it, and the time of the change.

    From it a look back gets the menu as it was then, and a forecast gets tomorrow's price.
    """

    __tablename__ = "menu_item_changes"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("menu_category_id", "menu_categories"),
        tenant_key("previous_menu_category_id", "menu_categories"),
        Index("ix_menu_item_changes_known_at", "restaurant_id", "known_at"),
    )

    menu_item_id: Mapped[uuid.UUID]
    menu_category_id: Mapped[uuid.UUID | None]
    price: Mapped[Decimal | None] = mapped_column(Money)
    is_active: Mapped[bool]
    previous_menu_category_id: Mapped[uuid.UUID | None]
    previous_price: Mapped[Decimal | None] = mapped_column(Money)
    was_active: Mapped[bool]
    known_at: Mapped[dt.datetime]


class PriceElasticity(TenantRow, Base):
    """A row is an item's price elasticity (per cent of demand for one per cent of price), or that a run found none."""

    __tablename__ = "price_elasticity"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        UniqueConstraint("restaurant_id", "menu_item_id", "algorithm_run_id"),
        CheckConstraint(one_of("status", ("identified", "not_identified")), name="status_is_known"),
        CheckConstraint("low <= elasticity AND elasticity <= high", name="within_its_interval"),
        CheckConstraint("status = 'not_identified' OR elasticity IS NOT NULL", name="identified_has_a_value"),
    )

    menu_item_id: Mapped[uuid.UUID]
    elasticity: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    status: Mapped[str]
    algorithm_run_id: Mapped[uuid.UUID]
