"""What is sold for less for a while, and what a change of price does to demand."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, TenantRow, one_of, tenant_key


class Promotion(TenantRow, Base):
    """A row is a discount on an item for some days, and when it became known. `discount` is the share taken off."""

    __tablename__ = "promotions"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        UniqueConstraint("restaurant_id", "menu_item_id", "starts_on"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        CheckConstraint("discount > 0 AND discount <= 1", name="discount_is_a_share"),
        CheckConstraint(
            one_of("status", ("suggested", "planned", "active", "ended", "cancelled")), name="status_is_known"
        ),
        Index("ix_promotions_starts_on", "restaurant_id", "starts_on"),
    )

    menu_item_id: Mapped[uuid.UUID]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    discount: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    status: Mapped[str] = mapped_column(server_default=text("'planned'"))
    source: Mapped[str | None]
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


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
