"""Tables of stock: the quantity of each lot, and every movement that changed one."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Quantity, TenantRow, one_of, tenant_key
from flux_pipeline.store.models.kitchen.recipes import UnitCost

MOVEMENT_KINDS = ("purchase", "usage", "waste", "count", "adjustment", "transfer")


class Inventory(TenantRow, Base):
    """A row is the remaining quantity of one lot of an ingredient."""

    __tablename__ = "inventory"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        UniqueConstraint("restaurant_id", "ingredient_id", "lot", postgresql_nulls_not_distinct=True),
        CheckConstraint("quantity_on_hand >= 0", name="quantity_not_negative"),
        Index("ix_inventory_expires_on", "restaurant_id", "expires_on"),
    )

    ingredient_id: Mapped[uuid.UUID]
    lot: Mapped[str | None]
    quantity_on_hand: Mapped[Decimal] = mapped_column(Quantity)
    expires_on: Mapped[dt.date | None]


class InventoryMovement(TenantRow, Base):
    """A row is one change of a lot's quantity. A trigger refuses to change a row; a later row corrects it."""

    __tablename__ = "inventory_movements"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("inventory_id", "inventory"),
        CheckConstraint(one_of("kind", MOVEMENT_KINDS), name="kind_is_known"),
        CheckConstraint("new_quantity = previous_quantity + quantity", name="quantities_add_up"),
        CheckConstraint("least(previous_quantity, new_quantity) >= 0", name="quantities_not_negative"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        Index("ix_inventory_movements_ingredient", "restaurant_id", "ingredient_id", "occurred_at"),
    )

    ingredient_id: Mapped[uuid.UUID]
    inventory_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    previous_quantity: Mapped[Decimal] = mapped_column(Quantity)
    new_quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_cost: Mapped[Decimal | None] = mapped_column(UnitCost)
    reason: Mapped[str | None]
    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
