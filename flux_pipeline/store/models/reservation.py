"""Who comes when, as far as it is booked. No column about a guest."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from flux_pipeline.store.models.base import Base, TenantRow, one_of
from flux_pipeline.store.models.promotion import KNOWN_FOR_A_WHILE, STANDS

STATUSES = ("booked", "seated", "completed", "cancelled", "no_show")


class Reservation(TenantRow, Base):
    """A row is what was known of a party's reservation from `known_at` until `superseded_at`.

    `external_id` tells that two rows are of one reservation: its number, or a digest where the file has none.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        Index("uq_reservations_standing", "restaurant_id", "external_id", unique=True, postgresql_where=STANDS),
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
