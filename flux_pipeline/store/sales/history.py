"""Stored sales by day and item, and by period of the day, for the algorithms to read. loading.py loads them."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from sqlalchemy import exists, func, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.sales import DailyItemSales
from flux_pipeline.store.models.uploads import DataUpload, UploadStatus
from flux_pipeline.store.schema.selects import ANY_JOINS, HASH_JOINS
from flux_pipeline.store.schema.tables import id_texts, read_in_pieces, read_select


def sales_history(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """Return what was sold from `first_day` to `as_of`: item (menu item id), date, quantity (never below 0)."""
    query = (
        select(
            DailyItemSales.menu_item_id.label("item"),
            DailyItemSales.business_date.label("date"),
            func.greatest(DailyItemSales.quantity, 0).label("quantity"),
        )
        .where(DailyItemSales.business_date.between(first_day, as_of))
        .order_by(DailyItemSales.menu_item_id, DailyItemSales.business_date)
    )
    return read_in_pieces(tx, query, _typed)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    dates, quantity = pd.to_datetime(frame.date), frame.quantity.astype(float)
    return frame.assign(item=id_texts(frame["item"]), date=dates, quantity=quantity)


def sales_by_period(
    tx: Tenant, first_day: dt.date, as_of: dt.date, minutes: int, category_of: Mapping[str, str]
) -> pd.DataFrame:
    """Return sales by period of the clock, category and channel; empty if no ticket has a time.

    Args:
        tx: the restaurant's transaction.
        first_day, as_of: business days, both included.
        minutes: the length of a period, a divisor of an hour.
        category_of: the category of each item (id) that has one.

    Returns:
        business_date, minute (of the local clock, at which the period begins, 0 to 1439), category (None: items without
        one), channel, quantity.
    """
    parameters = {
        "timezone": tx.restaurant.timezone,
        "first_day": first_day,
        "as_of": as_of,
        "minutes": minutes,
        "items": list(category_of),
        "categories": list(category_of.values()),
    }
    tx.connection.execute(HASH_JOINS)
    frame = read_select(tx, "sales_by_period", parameters)
    tx.connection.execute(ANY_JOINS)
    return frame.assign(
        business_date=pd.to_datetime(frame.business_date),
        minute=frame.minute.astype(int),
        quantity=frame.quantity.astype(float),
    )


def sales_window(tx: Tenant) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last business day with a sale; None, None without sales."""
    row = tx.connection.execute(select(func.min(DailyItemSales.business_date), func.max(DailyItemSales.business_date)))
    first, last = row.one()
    return first, last


def all_sales_withdrawn(tx: Tenant) -> bool:
    """Return whether sales were loaded before, but every file of them was withdrawn, so that no sale is left."""
    any_withdrawn = exists().where(DataUpload.kind == "sales", DataUpload.status == UploadStatus.WITHDRAWN)
    return bool(tx.connection.scalar(select(any_withdrawn & ~exists(select(DailyItemSales.business_date)))))


def days_with_sales(tx: Tenant) -> pd.DatetimeIndex:
    """Return the business days on which anything was sold, in order."""
    query = select(DailyItemSales.business_date).distinct().order_by(DailyItemSales.business_date)
    return pd.DatetimeIndex(pd.to_datetime(list(tx.connection.scalars(query))))


def last_sale(tx: Tenant, as_of: dt.date) -> dt.date | None:
    """Return the last business day with a sale up to `as_of`; None without such a day."""
    return tx.connection.scalar(
        select(func.max(DailyItemSales.business_date)).where(DailyItemSales.business_date <= as_of)
    )
