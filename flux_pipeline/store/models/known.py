"""Tables of facts known since a moment: opening hours, closures, promotions, stock-outs, reservations.

A corrected or retracted version stays on record with its `superseded_at`, for look backs.
"""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Money, TenantRow, one_of, tenant_key

KNOWN_FOR_A_WHILE = "superseded_at > known_at"
IS_CURRENT = text("superseded_at IS NULL")


class OperatingHours(TenantRow, Base):
    """A row is one interval of opening on a day of the week (0 = Monday), which may cross midnight, as it was known
    from `known_at` until `superseded_at`."""

    __tablename__ = "operating_hours"
    __table_args__ = (
        Index(
            "uq_operating_hours_standing",
            "restaurant_id",
            "day_of_week",
            "open_time",
            unique=True,
            postgresql_where=IS_CURRENT,
        ),
        CheckConstraint("day_of_week BETWEEN 0 AND 6", name="day_of_week_from_monday"),
        CheckConstraint("is_closed OR (open_time IS NOT NULL AND close_time IS NOT NULL)", name="open_days_have_times"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
    )

    day_of_week: Mapped[int]
    open_time: Mapped[dt.time | None]
    close_time: Mapped[dt.time | None]
    is_closed: Mapped[bool] = mapped_column(server_default=text("false"))
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    superseded_at: Mapped[dt.datetime | None]


class Closure(TenantRow, Base):
    """A row is an irregular closed day, as it was known from `known_at` until `superseded_at`."""

    __tablename__ = "closures"
    __table_args__ = (
        Index("uq_closures_standing", "restaurant_id", "date", unique=True, postgresql_where=IS_CURRENT),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
    )

    date: Mapped[dt.date]
    reason: Mapped[str]
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    superseded_at: Mapped[dt.datetime | None]


class Promotion(TenantRow, Base):
    """A row is a discount on an item for some days, as it was known from `known_at` until `superseded_at`.

    `discount` is a share of the price; `discount_amount` is an amount of money.
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
            postgresql_where=IS_CURRENT,
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

    Demand that day was higher than what was sold.
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
            postgresql_where=IS_CURRENT,
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


STATUSES = ("booked", "seated", "completed", "cancelled", "no_show")


class Reservation(TenantRow, Base):
    """A row is a party's reservation, as it was known from `known_at` until `superseded_at`.

    Rows with one `external_id` are versions of one reservation: its number, or a digest if the file has none.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        Index("uq_reservations_standing", "restaurant_id", "external_id", unique=True, postgresql_where=IS_CURRENT),
        Index("ix_reservations_business_date", "restaurant_id", "business_date"),
        CheckConstraint("party_size > 0", name="party_size_positive"),
        CheckConstraint(one_of("status", STATUSES), name="status_is_known"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
    )

    external_id: Mapped[str]
    business_date: Mapped[dt.date]
    at: Mapped[dt.datetime]
    party_size: Mapped[int]
    status: Mapped[str]
    booked_at: Mapped[dt.datetime | None]
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]
