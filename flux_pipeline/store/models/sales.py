"""Tables of sales: tickets and their lines, partitioned by month of the business date, and daily sums for forecasts."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import (
    Base,
    Money,
    MoneySum,
    Quantity,
    QuantitySum,
    TenantRow,
    Timestamps,
    one_of,
    tenant_key,
)

CHANNELS = ("dine_in", "takeaway", "delivery", "unknown")
BY_MONTH = "RANGE (business_date)"


class Transaction(TenantRow, Base):
    """A row is a ticket; a file without tickets gets one ticket for each business day and upload."""

    __tablename__ = "transactions"
    __table_args__ = (
        tenant_key("data_upload_id", "data_uploads"),
        CheckConstraint(one_of("channel", CHANNELS), name="channel_is_known"),
        CheckConstraint("covers >= 0", name="covers_not_negative"),
        Index(
            "uq_transactions_ticket",
            "restaurant_id",
            "business_date",
            "source_ticket_id",
            unique=True,
            postgresql_where=text("source_ticket_id IS NOT NULL"),
        ),
        Index("ix_transactions_upload", "restaurant_id", "data_upload_id"),
        {"postgresql_partition_by": BY_MONTH},
    )

    # No foreign key to restaurants: the one to data_uploads proves the restaurant; another takes 1 s a million rows.
    restaurant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-20)
    business_date: Mapped[dt.date] = mapped_column(
        primary_key=True, sort_order=-15, doc="The day it counts for, which ends after midnight"
    )
    data_upload_id: Mapped[uuid.UUID] = mapped_column(doc="The file that brought it")
    source_ticket_id: Mapped[str | None] = mapped_column(doc="The till's number; none: one ticket for a day and file")
    sold_at: Mapped[dt.datetime | None]
    total_amount: Mapped[Decimal] = mapped_column(MoneySum)
    discount_amount: Mapped[Decimal] = mapped_column(MoneySum, server_default=text("0"))
    covers: Mapped[int | None] = mapped_column(doc="Guests")
    channel: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    is_promo: Mapped[bool] = mapped_column(server_default=text("false"))
    is_refund: Mapped[bool] = mapped_column(server_default=text("false"))


class TransactionItem(Timestamps, Base):
    """A row is a line of a ticket. No `id`: the natural key loads 60 % faster (a million lines in 9 s, not 31 s).

    The loader writes ticket and lines in one transaction. A foreign key between them would cost more than the load,
    and the key to menu_items already proves the restaurant.
    """

    __tablename__ = "transaction_items"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        Index("ix_transaction_items_item", "restaurant_id", "menu_item_id", "business_date"),
        {"postgresql_partition_by": BY_MONTH},
    )

    restaurant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    business_date: Mapped[dt.date] = mapped_column(primary_key=True)
    transaction_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    menu_item_id: Mapped[uuid.UUID]
    menu_item_name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_price: Mapped[Decimal | None] = mapped_column(Money)
    line_amount: Mapped[Decimal] = mapped_column(Money)
    modifiers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    notes: Mapped[str | None]


class DailyItemSales(Timestamps, Base):
    """A row is one item's sales on one business day, the stored result of dbt_like_sql/daily_item_sales.sql."""

    __tablename__ = "daily_item_sales"
    __table_args__ = (tenant_key("menu_item_id", "menu_items"),)

    restaurant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    business_date: Mapped[dt.date] = mapped_column(
        primary_key=True, doc="The day it counts for, which ends after midnight"
    )
    menu_item_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(QuantitySum, doc="Units sold, less those returned")
    line_amount: Mapped[Decimal] = mapped_column(MoneySum, doc="What they brought, in the restaurant's currency")
    ticket_count: Mapped[int]
