"""What is sold for less for a while or ran out, what a menu file changed, and what a price does to demand.

Rows that say since when something is known are never rewritten: `superseded_at` ends what was known, and another row
follows. So a look back sees what was known then.
"""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Money, TenantRow, one_of, tenant_key

KNOWN_FOR_A_WHILE = "superseded_at > known_at"
STANDS = text("superseded_at IS NULL")


class Promotion(TenantRow, Base):
    """A row is a discount on an item for some days, as it was known from `known_at` until `superseded_at`.

    `discount` is the share taken off, or `discount_amount` the money.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        Index(
            "uq_promotions_standing",
            "restaurant_id",
            "menu_item_id",
            "starts_on",
            unique=True,
            postgresql_where=STANDS,
        ),
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        CheckConstraint("discount > 0 AND discount <= 1", name="discount_is_a_share"),
        CheckConstraint("discount_amount > 0", name="discount_amount_positive"),
        CheckConstraint("num_nonnulls(discount, discount_amount) = 1", name="one_discount"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        CheckConstraint(
            one_of("status", ("suggested", "planned", "active", "ended", "cancelled")), name="status_is_known"
        ),
        Index("ix_promotions_starts_on", "restaurant_id", "starts_on"),
    )

    menu_item_id: Mapped[uuid.UUID]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    discount: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    discount_amount: Mapped[Decimal | None] = mapped_column(Money)
    status: Mapped[str] = mapped_column(server_default=text("'planned'"))
    source: Mapped[str | None]
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    superseded_at: Mapped[dt.datetime | None]


class SoldOutDay(TenantRow, Base):
    """A row is an item that ran out on a business day, as it was known from `known_at` until `superseded_at`.

    What was sold that day is less than what was asked for.
    """

    __tablename__ = "sold_out_days"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        Index(
            "uq_sold_out_days_standing",
            "restaurant_id",
            "menu_item_id",
            "business_date",
            unique=True,
            postgresql_where=STANDS,
        ),
        Index("ix_sold_out_days_business_date", "restaurant_id", "business_date"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
    )

    menu_item_id: Mapped[uuid.UUID]
    business_date: Mapped[dt.date]
    sold_out_at: Mapped[dt.datetime | None]
    source: Mapped[str]
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    superseded_at: Mapped[dt.datetime | None]


class MenuItemChange(TenantRow, Base):
    """A row is what a menu file changed of an item that stood: what was so before it, and since when it is so.

    With it a look back sees the menu as it was then, and a forecast the price of tomorrow.
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
    """A row is by how many per cent demand changes with one per cent of price, or that a run could not tell."""

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
