"""Stock-outs by the ledger: dishes whose sales stopped on a day on which an ingredient ran out, as days sold out.

An ingredient has run out if it was counted as zero, or if nothing is in stock and nothing is short: a shortfall means
that the ledger lacks a delivery, not that the kitchen lacked the goods.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable

import pandas as pd
from sqlalchemy import select, text

from flux_pipeline.inventory.ledger.stock_outs import Sales, find_stock_out
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.usage import StockKitchen
from flux_pipeline.store.known.stock_outs import SOLD_OUT
from flux_pipeline.store.models.known import SoldOutDay

SOURCE = "inventory"
# How far back a corrected ledger changes what counts as sold out: the forecasts weigh recent weeks most.
LOOK_BACK = dt.timedelta(days=56)
WEEKS = 8
# The days on which an ingredient was at nothing at their end: by a count, or by the balance without a shortfall. The
# movements of all days before the first one are one sum.
OUT_OF_STOCK = """
WITH days AS (
    SELECT ingredient_id, greatest(business_date, CAST(:first_day AS date)) AS since,
        coalesce(sum(quantity) FILTER (WHERE arrived_on IS NOT NULL), 0) AS stock,
        coalesce(sum(quantity) FILTER (WHERE arrived_on IS NULL), 0) AS short
    FROM inventory_movements GROUP BY 1, 2
), balances AS (
    SELECT ingredient_id, since,
        lead(since) OVER each AS until,
        sum(stock) OVER each AS stock,
        sum(short) OVER each AS short
    FROM days WINDOW each AS (PARTITION BY ingredient_id ORDER BY since)
)
SELECT ingredient_id, day::date AS day
FROM balances CROSS JOIN LATERAL generate_series(
    since, least(until - 1, CAST(:as_of AS date)), interval '1 day'
) AS day
WHERE stock = 0 AND short = 0
UNION
SELECT ingredient_id, business_date FROM inventory_facts
WHERE kind = 'count' AND lot = '' AND quantity = 0 AND business_date BETWEEN :first_day AND :as_of
"""
SALES = """
SELECT c.menu_item_id, c.day, i.business_date, t.sold_at, i.quantity
FROM unnest(:items ::uuid[], :days ::date[]) AS c (menu_item_id, day)
CROSS JOIN generate_series(0, :weeks) AS week
INNER JOIN transaction_items AS i
    ON i.menu_item_id = c.menu_item_id AND i.business_date = c.day - 7 * week AND i.quantity > 0
INNER JOIN transactions AS t
    ON t.restaurant_id = i.restaurant_id AND t.business_date = i.business_date AND t.id = i.transaction_id
"""
OPEN_DAYS = "SELECT DISTINCT business_date FROM daily_item_sales WHERE business_date BETWEEN :first_day AND :as_of"


def note_stock_outs(tx: Tenant, stock: StockKitchen, as_of: dt.date, at: dt.datetime) -> int:
    """Mark the dishes that sold out by the ledger, and take back what it no longer says; return how many changed.

    Idempotent. Days that a person or a file marked stay as they are.

    Args:
        tx: the restaurant's transaction, in which the ledger was brought up to date.
        stock: the kitchen, for recipes.
        as_of: the last complete business day.
        at: since when this is known.
    """
    first_day = as_of - LOOK_BACK
    found = _stock_outs(tx, _candidates(tx, stock, first_day, as_of), as_of)
    marked = tx.connection.execute(
        select(SoldOutDay.menu_item_id, SoldOutDay.business_date, SoldOutDay.source).where(
            SOLD_OUT.current, SoldOutDay.business_date.between(first_day, as_of)
        )
    ).all()
    by_others = {(row.menu_item_id, row.business_date) for row in marked if row.source != SOURCE}
    gone = {(row.menu_item_id, row.business_date) for row in marked if row.source == SOURCE} - found.keys()
    for item, day in gone:
        SOLD_OUT.retract(tx.connection, at, menu_item_id=item, business_date=day)
    rows = [
        {"menu_item_id": str(item), "business_date": day, "sold_out_at": moment, "known_at": None}
        for (item, day), moment in found.items()
        if (item, day) not in by_others
    ]
    written = 0
    if rows:
        frame = pd.DataFrame(rows)
        frame = frame.assign(sold_out_at=pd.to_datetime(frame.sold_out_at, utc=True))
        written = SOLD_OUT.note(tx.connection, frame, at, restaurant_id=tx.restaurant.id, source=SOURCE)
    return written + len(gone)


def _candidates(tx: Tenant, stock: StockKitchen, first_day: dt.date, as_of: dt.date) -> list[tuple[uuid.UUID, dt.date]]:
    """Return the dishes of which an ingredient was out of stock at the end of a day, with the day."""
    out: dict[dt.date, set[uuid.UUID]] = defaultdict(set)
    given = {"first_day": first_day, "as_of": as_of}
    for ingredient, day in tx.connection.execute(text(OUT_OF_STOCK), given):
        out[day].add(ingredient)
    return [(item, day) for day in sorted(out) for item, taken in stock.on(day).items() if taken.keys() & out[day]]


def _stock_outs(
    tx: Tenant, candidates: Iterable[tuple[uuid.UUID, dt.date]], as_of: dt.date
) -> dict[tuple[uuid.UUID, dt.date], dt.datetime | None]:
    wanted = list(candidates)
    if not wanted:
        return {}
    given = {"items": [item for item, _ in wanted], "days": [day for _, day in wanted], "weeks": WEEKS}
    sold: dict[tuple[uuid.UUID, dt.date], dict[dt.date, list[tuple[dt.timedelta | None, float]]]]
    sold = defaultdict(lambda: defaultdict(list))
    for item, day, business_date, at, quantity in tx.connection.execute(text(SALES), given):
        since = None if at is None else at - _beginning(tx, business_date)
        sold[item, day][business_date].append((since, float(quantity)))
    first = min(day for _, day in wanted) - dt.timedelta(weeks=WEEKS)
    is_open = set(tx.connection.scalars(text(OPEN_DAYS), {"first_day": first, "as_of": as_of}))
    found = {}
    for item, day in wanted:
        weeks = (day - dt.timedelta(weeks=week) for week in range(1, WEEKS + 1))
        own = sold[item, day]
        earlier: dict[dt.date, Sales] = {each: own.get(each, []) for each in weeks if each in is_open}
        out = find_stock_out(own.get(day, []), earlier) if day in is_open else None
        if out is not None:
            found[item, day] = None if out.after is None else _beginning(tx, day) + out.after
    return found


def _beginning(tx: Tenant, day: dt.date) -> dt.datetime:
    return tx.restaurant.end_of_business_day(day - dt.timedelta(days=1))
