"""Tables of purchases: vendors, their prices, deliveries, and what each unit of an ingredient cost."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, Index, Integer, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Quantity, TenantRow, one_of, tenant_key
from flux_pipeline.store.models.kitchen.recipes import DeliveredQuantity, ExactCost, RecipeQuantity, UnitCost
from flux_pipeline.store.models.known import IS_CURRENT, KNOWN_FOR_A_WHILE

COST_SOURCES = ("ingredients", "delivery", "vendor_price")


class Vendor(TenantRow, Base):
    """A row is who sells to a restaurant, how to reach them, and when they take orders."""

    __tablename__ = "vendors"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        CheckConstraint(
            "order_days <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND cardinality(order_days) > 0", name="order_days_from_monday"
        ),
        CheckConstraint("lead_time_days BETWEEN 0 AND 365", name="lead_time_in_bounds"),
    )

    name: Mapped[str]
    contact_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    order_days: Mapped[list[int] | None] = mapped_column(ARRAY(Integer), doc="0 is Monday; none: every day")
    order_cut_off: Mapped[dt.time | None] = mapped_column(doc="On the local clock, the last moment of an order day")
    lead_time_days: Mapped[int | None] = mapped_column(doc="From an order to its delivery, where no price says it")
    closed_on: Mapped[list[dt.date]] = mapped_column(
        ARRAY(Date), server_default=text("'{}'"), doc="Days on which no order is taken"
    )


class VendorPrice(TenantRow, Base):
    """A row is a vendor's price of an ingredient with its terms, as it was known from `known_at` until `superseded_at`.

    The price is that of a unit, or that of a case of packs. It is valid from a day on; empty: from the start.
    """

    __tablename__ = "vendor_prices"
    __table_args__ = (
        tenant_key("vendor_id", "vendors"),
        tenant_key("ingredient_id", "ingredients"),
        CheckConstraint("num_nonnulls(unit_price, case_price) >= 1", name="has_a_price"),
        CheckConstraint("least(unit_price, case_price) >= 0", name="price_not_negative"),
        CheckConstraint("yield_factor > 0 AND yield_factor <= 5", name="yield_in_bounds"),
        CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_vendor_prices_current",
            "restaurant_id",
            "vendor_id",
            "ingredient_id",
            "order_code",
            "valid_from",
            unique=True,
            postgresql_where=IS_CURRENT,
            postgresql_nulls_not_distinct=True,
        ),
    )

    vendor_id: Mapped[uuid.UUID]
    ingredient_id: Mapped[uuid.UUID]
    order_code: Mapped[str | None]
    valid_from: Mapped[dt.date | None]
    unit_price: Mapped[Decimal | None] = mapped_column(UnitCost)
    unit: Mapped[str]
    case_price: Mapped[Decimal | None] = mapped_column(UnitCost)
    case_quantity: Mapped[Decimal | None] = mapped_column(RecipeQuantity)
    pack_quantity: Mapped[Decimal | None] = mapped_column(RecipeQuantity)
    yield_factor: Mapped[Decimal] = mapped_column(RecipeQuantity, server_default=text("1"))
    lead_time_days: Mapped[int | None]
    minimum_order_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    pack_size: Mapped[Decimal | None] = mapped_column(Quantity)
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


class Delivery(TenantRow, Base):
    """A row is a delivery with what was paid, as a document; a later one of the same number replaces it."""

    __tablename__ = "deliveries"
    __table_args__ = (
        tenant_key("vendor_id", "vendors"),
        tenant_key("data_upload_id", "data_uploads"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index("ix_deliveries_delivered_on", "restaurant_id", "delivered_on"),
    )

    vendor_id: Mapped[uuid.UUID | None]
    document: Mapped[str | None]
    delivered_on: Mapped[dt.date]
    data_upload_id: Mapped[uuid.UUID]
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


class DeliveryLine(TenantRow, Base):
    """A row is a line of a delivery."""

    __tablename__ = "delivery_lines"
    __table_args__ = (
        tenant_key("delivery_id", "deliveries"),
        tenant_key("ingredient_id", "ingredients"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        UniqueConstraint("restaurant_id", "delivery_id", "line_number"),
        Index("ix_delivery_lines_ingredient", "restaurant_id", "ingredient_id"),
    )

    delivery_id: Mapped[uuid.UUID]
    line_number: Mapped[int]
    ingredient_id: Mapped[uuid.UUID]
    quantity: Mapped[Decimal] = mapped_column(DeliveredQuantity)
    unit: Mapped[str]
    unit_cost: Mapped[Decimal | None] = mapped_column(UnitCost)
    lot: Mapped[str | None]
    expires_on: Mapped[dt.date | None]


class IngredientCostHistory(TenantRow, Base):
    """A row is what a unit of an ingredient cost from a day on (empty: from the start), and who says so since when.

    It is in the unit of its source. Rows of files of ingredients also hold the share that is lost in preparation, and
    those of deliveries the quantity.
    """

    __tablename__ = "ingredient_cost_history"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("vendor_id", "vendors"),
        tenant_key("delivery_line_id", "delivery_lines"),
        CheckConstraint(one_of("source", COST_SOURCES), name="source_is_known"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint("waste_factor BETWEEN 0 AND 0.60", name="waste_factor_in_bounds"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_ingredient_cost_history_current",
            "restaurant_id",
            "ingredient_id",
            "source",
            "vendor_id",
            "order_code",
            "delivery_line_id",
            "valid_from",
            unique=True,
            postgresql_where=IS_CURRENT,
            postgresql_nulls_not_distinct=True,
        ),
    )

    ingredient_id: Mapped[uuid.UUID]
    source: Mapped[str]
    vendor_id: Mapped[uuid.UUID | None]
    order_code: Mapped[str | None]
    delivery_line_id: Mapped[uuid.UUID | None]
    valid_from: Mapped[dt.date | None]
    unit_cost: Mapped[Decimal | None] = mapped_column(ExactCost)
    unit: Mapped[str]
    waste_factor: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    quantity: Mapped[Decimal | None] = mapped_column(DeliveredQuantity)
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]
