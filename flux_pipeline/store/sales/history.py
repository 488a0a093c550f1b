"""What was sold, out of the database: by day and item, by the hour, and the menu. How it comes in: loading.py."""

import datetime as dt

import pandas as pd
from sqlalchemy import case, func, not_, select
from sqlalchemy.dialects import postgresql

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuCategory, MenuItem, MenuItemChange
from flux_pipeline.store.models.sales import DailyItemSales
from flux_pipeline.store.schema.tables import read_select


def sales_history(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """What was sold from `first_day` to `as_of`: item (menu item id), date, quantity (never below 0)."""
    query = (
        select(
            DailyItemSales.menu_item_id.label("item"),
            DailyItemSales.business_date.label("date"),
            func.greatest(DailyItemSales.quantity, 0).label("quantity"),
        )
        .where(DailyItemSales.business_date.between(first_day, as_of))
        .order_by(DailyItemSales.menu_item_id, DailyItemSales.business_date)
    )
    rows = tx.connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=["item", "date", "quantity"])
    return frame.assign(
        item=frame["item"].astype(str), date=pd.to_datetime(frame.date), quantity=frame.quantity.astype(float)
    )


def menu(tx: Tenant, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """The items on sale as of a day, as known at `known_at`: item (id), name, category (None where it has none).

    An item that had not sold by then was known where somebody had put it on the menu. What menu files changed later is
    taken back: of an item's later changes the first says what was so before it.
    """
    later = (
        select(MenuItemChange.menu_item_id, MenuItemChange.previous_menu_category_id, MenuItemChange.was_active)
        .where(MenuItemChange.known_at > known_at)
        .ext(postgresql.distinct_on(MenuItemChange.menu_item_id))
        .order_by(MenuItemChange.menu_item_id, MenuItemChange.known_at, MenuItemChange.created_at)
        .subquery()
    )
    is_as_now = later.c.menu_item_id.is_(None)
    category = case((is_as_now, MenuItem.menu_category_id), else_=later.c.previous_menu_category_id)
    by_hand = not_(MenuItem.auto_created) & (MenuItem.created_at <= known_at)
    query = (
        select(MenuItem.id, MenuItem.name, MenuCategory.name.label("category"))
        .join(later, later.c.menu_item_id == MenuItem.id, isouter=True)
        .join(MenuCategory, MenuCategory.id == category, isouter=True)
        .where(func.coalesce(later.c.was_active, MenuItem.is_active), (MenuItem.first_sold_on <= as_of) | by_hand)
        .order_by(MenuItem.id)
    )
    rows = tx.connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=["item", "name", "category"])
    return frame.assign(item=frame["item"].astype(str))


def hourly_sales(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """What was sold by the clock: business_date, hour (local, 0 to 23), quantity; empty where no ticket has a time."""
    frame = read_select(
        tx, "hourly_sales", {"timezone": tx.restaurant.timezone, "first_day": first_day, "as_of": as_of}
    )
    return frame.assign(
        business_date=pd.to_datetime(frame.business_date),
        hour=frame.hour.astype(int),
        quantity=frame.quantity.astype(float),
    )


def sales_window(tx: Tenant) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last business day with a sale; None where there is none."""
    row = tx.connection.execute(select(func.min(DailyItemSales.business_date), func.max(DailyItemSales.business_date)))
    first, last = row.one()
    return first, last


def days_with_sales(tx: Tenant) -> pd.DatetimeIndex:
    """The business days on which anything was sold, in order."""
    query = select(DailyItemSales.business_date).distinct().order_by(DailyItemSales.business_date)
    return pd.DatetimeIndex(pd.to_datetime(list(tx.connection.scalars(query))))


def last_sale(tx: Tenant, as_of: dt.date) -> dt.date | None:
    """The newest business day with a sale up to `as_of`; None where there is none."""
    return tx.connection.scalar(
        select(func.max(DailyItemSales.business_date)).where(DailyItemSales.business_date <= as_of)
    )
