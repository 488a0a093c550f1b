"""Prices of items over time: what most of an item was sold for in each week, else what the menu says."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from flux_pipeline.costing.timeline import EVER
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuItem, MenuItemChange
from flux_pipeline.store.schema.selects import select_text

_Dated = list[tuple[dt.date, Decimal]]


def prices_known(
    tx: Tenant, known_at: dt.datetime, as_of: dt.date, items: Collection[uuid.UUID]
) -> dict[uuid.UUID, _Dated]:
    """Return the prices of each item by the days from which they hold; the first holds from the start.

    A price that was set on the menu after the last week with sales holds from the day on which it was set.
    """
    sold = _sold_prices(tx, as_of, items)
    changes = _menu_changes(tx, known_at)
    listed = tx.connection.execute(select(MenuItem.id, MenuItem.price).where(MenuItem.id.in_(list(items))))
    found: dict[uuid.UUID, _Dated] = {}
    for item, price in listed:
        dated = list(sold.get(item, ()))
        for day, before, after in changes.get(item, ()):
            if not dated and before is not None:
                dated.append((EVER, before))
            if after is not None and (not dated or day > dated[-1][0]):
                dated.append((day, after))
        if not dated and price is not None:
            dated.append((EVER, price))
        if dated:
            found[item] = _compressed([(EVER, dated[0][1]), *dated[1:]])
    return found


def _sold_prices(tx: Tenant, as_of: dt.date, items: Collection[uuid.UUID]) -> dict[uuid.UUID, _Dated]:
    found: dict[uuid.UUID, _Dated] = defaultdict(list)
    query = text(select_text(tx.settings, "usual_prices"))
    for item, week, price in tx.connection.execute(query, {"as_of": as_of, "items": list(items)}):
        found[item].append((week, price))
    return found


def _menu_changes(
    tx: Tenant, known_at: dt.datetime
) -> dict[uuid.UUID, list[tuple[dt.date, Decimal | None, Decimal | None]]]:
    """Return what menu files changed: the local day, the price before and the price after."""
    change = MenuItemChange
    query = (
        select(change.menu_item_id, change.known_at, change.previous_price, change.price)
        .where(change.known_at <= known_at, change.price.is_distinct_from(change.previous_price))
        .order_by(change.known_at, change.created_at)
    )
    zone = ZoneInfo(tx.restaurant.timezone)
    found: dict[uuid.UUID, list[tuple[dt.date, Decimal | None, Decimal | None]]] = defaultdict(list)
    for item, at, before, after in tx.connection.execute(query):
        found[item].append((at.astimezone(zone).date(), before, after))
    return found


def _compressed(dated: _Dated) -> _Dated:
    """Return only the days on which the value changes."""
    return [each for place, each in enumerate(dated) if place == 0 or each[1] != dated[place - 1][1]]
