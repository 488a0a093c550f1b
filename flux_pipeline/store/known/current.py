"""Facts in force now, as rows for the commands that list them: hours, closed days, promotions, items that ran out.

This module does without pandas, so that these commands need not wait for it.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.known import Closure, OperatingHours, Promotion, SoldOutDay
from flux_pipeline.store.models.menu import MenuItem


class OpenInterval(NamedTuple):
    """One declared interval of a day of the week (0 = Monday). It may cross midnight; a closed day has no times."""

    day_of_week: int
    open_time: dt.time | None
    close_time: dt.time | None
    is_closed: bool


class AnnouncedClosure(NamedTuple):
    """An irregular closed day; `known_at` may be in the future."""

    date: dt.date
    reason: str
    known_at: dt.datetime


class CurrentPromotion(NamedTuple):
    """A promotion with its share or money off; `has_sold`: whether the item ever sold."""

    item: str
    starts_on: dt.date
    ends_on: dt.date
    discount: Decimal | None
    discount_amount: Decimal | None
    known_at: dt.datetime
    has_sold: bool


class StockOut(NamedTuple):
    """A business day on which an item ran out, with the moment if it is known."""

    item: str
    date: dt.date
    sold_out_at: dt.datetime | None
    known_at: dt.datetime


IN_FORCE = OperatingHours.superseded_at.is_(None)


def declared_hours(tx: Tenant, condition: ColumnElement[bool] = IN_FORCE) -> list[OpenInterval]:
    """List the declared hours, those in force or those of another condition, by day of the week and time."""
    row = OperatingHours
    query = (
        select(row.day_of_week, row.open_time, row.close_time, row.is_closed)
        .where(condition)
        .order_by(row.day_of_week, row.open_time)
    )
    return [OpenInterval(*each) for each in tx.connection.execute(query)]


def in_words(intervals: Iterable[OpenInterval]) -> str:
    """Return the hours of one day in words, for example "07:00-14:30 18:00-01:00", or "closed"."""
    spans = [f"{each.open_time:%H:%M}-{each.close_time:%H:%M}" for each in intervals if not each.is_closed]
    return " ".join(spans) or "closed"


def announced_closures(tx: Tenant) -> list[AnnouncedClosure]:
    """List all irregular closed days by date, also those whose known_at is in the future."""
    query = (
        select(Closure.date, Closure.reason, Closure.known_at)
        .where(Closure.superseded_at.is_(None))
        .order_by(Closure.date)
    )
    return [AnnouncedClosure(*each) for each in tx.connection.execute(query)]


def list_promotions(tx: Tenant) -> list[CurrentPromotion]:
    """List the current promotions, newest first."""
    row = Promotion
    query = (
        select(MenuItem.name, row.starts_on, row.ends_on, row.discount, row.discount_amount, row.known_at)
        .add_columns(MenuItem.first_sold_on.is_not(None))
        .join(MenuItem, MenuItem.id == row.menu_item_id)
        .where(row.superseded_at.is_(None))
        .order_by(row.starts_on.desc(), MenuItem.name)
    )
    return [CurrentPromotion(*each) for each in tx.connection.execute(query)]


def list_sold_out(tx: Tenant, limit: int) -> list[StockOut]:
    """List the current stock-outs, newest first."""
    query = (
        select(MenuItem.name, SoldOutDay.business_date, SoldOutDay.sold_out_at, SoldOutDay.known_at)
        .join(MenuItem, MenuItem.id == SoldOutDay.menu_item_id)
        .where(SoldOutDay.superseded_at.is_(None))
        .order_by(SoldOutDay.business_date.desc(), MenuItem.name)
        .limit(limit)
    )
    return [StockOut(*each) for each in tx.connection.execute(query)]
