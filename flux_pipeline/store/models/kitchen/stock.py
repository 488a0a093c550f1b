"""Tables of stock: what people say of it, what the ledger has booked, its movements, and what is in stock and short."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, QuantitySum, TenantRow, Timestamps, one_of, tenant_key
from flux_pipeline.store.models.kitchen.recipes import DeliveredQuantity, UnitCost
from flux_pipeline.store.models.known import IS_CURRENT, KNOWN_FOR_A_WHILE

# The kinds of the pure ledger (inventory/ledger); to import them would import numpy wherever a table is read.
FACT_KINDS = ("receipt", "transfer", "usage", "waste", "count")
MOVEMENT_KINDS = ("purchase", "transfer", "usage", "waste", "adjustment", "shortfall")
WASTE_REASONS = (
    "expired",
    "spoiled",
    "overproduced",
    "prepared",
    "dropped",
    "returned",
    "damaged",
    "staff_meal",
    "stolen",
    "other",
)
ONE_SUBJECT = "num_nonnulls(ingredient_id, menu_item_id) = 1"


def _current(table: str, *key: str) -> Index:
    """Declare that one version of each fact is current; two empty values of its key are equal."""
    return Index(
        f"uq_{table}_current",
        "restaurant_id",
        *key,
        unique=True,
        postgresql_where=IS_CURRENT,
        postgresql_nulls_not_distinct=True,
    )


class InventoryCount(TenantRow, Base):
    """A row is what was counted of an ingredient or of a preparation, at a place, as it was known for a while.

    Without a time it is of the end of the business day. Quantities of one subject at several places add up.
    """

    __tablename__ = "inventory_counts"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("data_upload_id", "data_uploads"),
        CheckConstraint(ONE_SUBJECT, name="one_subject"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        _current("inventory_counts", "counted_on", "ingredient_id", "menu_item_id", "counted_at", "location", "lot"),
    )

    ingredient_id: Mapped[uuid.UUID | None]
    menu_item_id: Mapped[uuid.UUID | None]
    counted_on: Mapped[dt.date]
    counted_at: Mapped[dt.datetime | None]
    location: Mapped[str | None]
    lot: Mapped[str | None]
    quantity: Mapped[Decimal] = mapped_column(DeliveredQuantity)
    unit: Mapped[str]
    expires_on: Mapped[dt.date | None]
    data_upload_id: Mapped[uuid.UUID | None]
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


class WasteRecord(TenantRow, Base):
    """A row is what was thrown away of an ingredient, a preparation or a dish, as it was known for a while.

    Rows that are equal in all else differ by `occurrence`: two plates that were dropped on one day.
    """

    __tablename__ = "waste_records"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("data_upload_id", "data_uploads"),
        CheckConstraint(ONE_SUBJECT, name="one_subject"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("occurrence > 0", name="occurrence_positive"),
        CheckConstraint(one_of("reason", WASTE_REASONS), name="reason_is_known"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        _current(
            "waste_records",
            "wasted_on",
            "ingredient_id",
            "menu_item_id",
            "wasted_at",
            "quantity",
            "unit",
            "reason",
            "lot",
            "occurrence",
        ),
    )

    ingredient_id: Mapped[uuid.UUID | None]
    menu_item_id: Mapped[uuid.UUID | None]
    wasted_on: Mapped[dt.date]
    wasted_at: Mapped[dt.datetime | None]
    quantity: Mapped[Decimal] = mapped_column(DeliveredQuantity)
    unit: Mapped[str]
    reason: Mapped[str]
    lot: Mapped[str | None]
    note: Mapped[str | None]
    occurrence: Mapped[int] = mapped_column(server_default=text("1"))
    data_upload_id: Mapped[uuid.UUID | None]
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


class InventoryFact(Timestamps, Base):
    """A row is a fact in the ingredient's unit that the ledger has booked and that is in force.

    Facts and movements have natural keys, and their key to ingredients proves the restaurant too: with an `id` and a
    key to restaurants they take twice as long to insert.
    """

    __tablename__ = "inventory_facts"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        CheckConstraint(one_of("kind", FACT_KINDS), name="kind_is_known"),
    )

    restaurant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    ingredient_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True, doc="The row, or the day of sales, that says so")
    business_date: Mapped[dt.date]
    occurred_at: Mapped[dt.datetime]
    quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    lot: Mapped[str] = mapped_column(server_default=text("''"))
    expires_on: Mapped[dt.date | None]
    document: Mapped[str] = mapped_column(server_default=text("''"), doc="Delivery, reason or recipes, for people")


class InventoryMovement(Timestamps, Base):
    """A row is one change of a lot's quantity, or, without a day of arrival, of what is short.

    A trigger refuses to change a row. A later row takes it back: of the same source, day and moment, with the opposite
    quantity.
    """

    __tablename__ = "inventory_movements"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        CheckConstraint(one_of("kind", MOVEMENT_KINDS), name="kind_is_known"),
        CheckConstraint(one_of("source_kind", FACT_KINDS), name="source_kind_is_known"),
        CheckConstraint("new_quantity = previous_quantity + quantity", name="quantities_add_up"),
        CheckConstraint("least(previous_quantity, new_quantity) >= 0", name="quantities_not_negative"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint("arrived_on IS NOT NULL OR kind = 'shortfall'", name="only_shortfalls_have_no_lot"),
        Index("ix_inventory_movements_ingredient", "restaurant_id", "ingredient_id", "business_date"),
    )

    restaurant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_number: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, doc="The order in which movements were entered"
    )
    ingredient_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    source_kind: Mapped[str]
    source: Mapped[str]
    business_date: Mapped[dt.date]
    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    lot: Mapped[str] = mapped_column(server_default=text("''"))
    expires_on: Mapped[dt.date | None]
    arrived_on: Mapped[dt.date | None]
    quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    previous_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    new_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    takes_back: Mapped[bool] = mapped_column(server_default=text("false"))
    unit_cost: Mapped[Decimal | None] = mapped_column(UnitCost)
    reason: Mapped[str | None]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))


class Inventory(TenantRow, Base):
    """A row is a lot of an ingredient with stock: the sum of its movements."""

    __tablename__ = "inventory"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        UniqueConstraint(
            "restaurant_id",
            "ingredient_id",
            "lot",
            "expires_on",
            "arrived_on",
            name="uq_inventory_lot",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("quantity_on_hand >= 0", name="quantity_not_negative"),
        Index("ix_inventory_expires_on", "restaurant_id", "expires_on"),
    )

    ingredient_id: Mapped[uuid.UUID]
    lot: Mapped[str] = mapped_column(server_default=text("''"))
    expires_on: Mapped[dt.date | None] = mapped_column(doc="The last day on which it is good")
    arrived_on: Mapped[dt.date]
    quantity_on_hand: Mapped[Decimal] = mapped_column(QuantitySum)


class InventoryShortfall(TenantRow, Base):
    """A row is what was used of an ingredient beyond what was in stock, until a delivery or a count settles it."""

    __tablename__ = "inventory_shortfalls"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        UniqueConstraint("restaurant_id", "ingredient_id"),
    )

    ingredient_id: Mapped[uuid.UUID]
    quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    short_since: Mapped[dt.date]
