"""What items cost, out of the database: what was taken for them, and what menu files set."""

import datetime as dt

import pandas as pd
from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuItemChange
from flux_pipeline.store.models.sales import DailyItemSales


def daily_takings(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """What was taken for each item from `first_day` to `as_of`: item (id), date, quantity, amount (money), tickets."""
    query = (
        select(
            DailyItemSales.menu_item_id.label("item"),
            DailyItemSales.business_date.label("date"),
            DailyItemSales.quantity,
            DailyItemSales.line_amount.label("amount"),
            DailyItemSales.ticket_count.label("tickets"),
        )
        .where(DailyItemSales.business_date.between(first_day, as_of))
        .order_by(DailyItemSales.menu_item_id, DailyItemSales.business_date)
    )
    result = tx.connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    numbers = {name: frame[name].astype(float) for name in ("quantity", "amount", "tickets")}
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date), **numbers)


def menu_prices_set(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """The prices that menu files changed and that were known at `known_at`, in the order in which they were.

    Returns:
        item (id), date (the local date on which the file came in), price, previous_price.
    """
    query = (
        select(
            MenuItemChange.menu_item_id,
            MenuItemChange.known_at,
            MenuItemChange.price,
            MenuItemChange.previous_price,
        )
        .where(MenuItemChange.known_at <= known_at, MenuItemChange.price != MenuItemChange.previous_price)
        .order_by(MenuItemChange.known_at, MenuItemChange.created_at)
    )
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["item", "known_at", "price", "previous_price"])
    local = pd.to_datetime(frame.known_at, utc=True).dt.tz_convert(tx.restaurant.timezone)
    numbers = {name: frame[name].astype(float) for name in ("price", "previous_price")}
    dated = frame.assign(item=frame["item"].astype(str), date=local.dt.tz_localize(None).dt.normalize(), **numbers)
    return dated[["item", "date", "price", "previous_price"]]
