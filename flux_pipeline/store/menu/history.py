"""History of the menu: items, prices and takings as known at a moment, for the algorithms to read."""

import datetime as dt
import uuid

import pandas as pd
from sqlalchemy import ColumnElement, Subquery, case, collate, func, not_, select
from sqlalchemy.dialects import postgresql

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuCategory, MenuItem, MenuItemChange
from flux_pipeline.store.models.sales import DailyItemSales
from flux_pipeline.store.schema.tables import id_texts, read_in_pieces


def menu(tx: Tenant, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Return the items on sale as of a day, as known at `known_at`: item (id), name, category (or None).

    An item without a sale by then was known if somebody had put it on the menu. Later changes by files of the menu are
    undone: the first change of an item after `known_at` holds the values before it.

    In the order of names, not of ids, which are random: it decides which draws an item gets, and a forecast should be
    the same in a database that was rebuilt.
    """
    later, category = _later_changes(known_at)
    by_hand = not_(MenuItem.auto_created) & (MenuItem.created_at <= known_at)
    query = (
        select(MenuItem.id, MenuItem.name, MenuCategory.name.label("category"))
        .join(later, later.c.menu_item_id == MenuItem.id, isouter=True)
        .join(MenuCategory, MenuCategory.id == category, isouter=True)
        .where(func.coalesce(later.c.was_active, MenuItem.is_active), (MenuItem.first_sold_on <= as_of) | by_hand)
        .order_by(collate(MenuItem.name, "C"))
    )
    rows = tx.connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=["item", "name", "category"])
    return frame.assign(item=frame["item"].astype(str))


def menu_known(tx: Tenant, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Return every item, on sale or not, as known at `known_at`: item (id), category, price (None where unknown).

    The price of an item that was sold after `as_of` may be from then, so it counts as unknown.
    """
    later, category = _later_changes(known_at)
    price = case((later.c.menu_item_id.is_(None), MenuItem.price), else_=later.c.previous_price)
    is_from_later = MenuItem.last_sold_on > as_of
    query = (
        select(MenuItem.id, MenuCategory.name, case((is_from_later, None), else_=price))
        .join(later, later.c.menu_item_id == MenuItem.id, isouter=True)
        .join(MenuCategory, MenuCategory.id == category, isouter=True)
        .order_by(collate(MenuItem.name, "C"))
    )
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["item", "category", "price"])
    return frame.assign(item=frame["item"].astype(str), price=frame.price.astype(float))


def _later_changes(known_at: dt.datetime) -> tuple[Subquery, ColumnElement[uuid.UUID | None]]:
    """Return the first change of each item after `known_at`, and the category that an item joined to it had before."""
    later = (
        select(
            MenuItemChange.menu_item_id,
            MenuItemChange.previous_menu_category_id,
            MenuItemChange.previous_price,
            MenuItemChange.was_active,
        )
        .where(MenuItemChange.known_at > known_at)
        .ext(postgresql.distinct_on(MenuItemChange.menu_item_id))
        .order_by(MenuItemChange.menu_item_id, MenuItemChange.known_at, MenuItemChange.created_at)
        .subquery()
    )
    is_as_now = later.c.menu_item_id.is_(None)
    return later, case((is_as_now, MenuItem.menu_category_id), else_=later.c.previous_menu_category_id)


def daily_takings(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """Return the takings of each item and day: item (id), date, quantity, amount (money), tickets."""
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
    return read_in_pieces(tx, query, _typed)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: frame[name].astype(float) for name in ("quantity", "amount", "tickets")}
    return frame.assign(item=id_texts(frame["item"]), date=pd.to_datetime(frame.date), **numbers)


def menu_prices_set(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """Return the price changes by files of the menu that were known at `known_at`, in the order of their known_at.

    Returns:
        item (id), date (the local date on which the file was handed in), price, previous_price.
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
