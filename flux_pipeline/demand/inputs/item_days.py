"""The frame `item_days` of `forecast_demand`: promotions, prices and stock-outs of each item on each day.

Facts become columns of drivers here; the model fits their effects.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from flux_pipeline.demand.inputs.drivers import SOLD_OUT

COLUMNS = ["item", "date"]


def build_item_days(
    dates: pd.DatetimeIndex,
    *,
    as_of: dt.date,
    promoted: pd.DataFrame,
    price_ratio: pd.DataFrame,
    sold_out: pd.DataFrame,
) -> pd.DataFrame:
    """Build a row for each day of each item with any known fact.

    Args:
        dates: the days, past and ahead.
        as_of: the last day of history.
        promoted: item, date: in a promotion.
        price_ratio: item, date, price_ratio (NaN if unknown).
        sold_out: item, date: it ran out; of days up to `as_of`.

    Returns:
        item, date, is_promo (0, 1), price_ratio (1 = usual, NaN unknown) and is_sold_out (0, 1; 0 ahead), by item and
        date. A driver without any fact adds no column; the frame is empty if no driver has one.
    """
    within = {
        "is_promo": promoted[promoted.date.isin(dates)],
        SOLD_OUT: sold_out[sold_out.date.isin(dates) & (sold_out.date <= pd.Timestamp(as_of))],
    }
    moved = price_ratio[price_ratio.date.isin(dates) & price_ratio.price_ratio.notna() & (price_ratio.price_ratio != 1)]
    items = sorted({str(item) for rows in (*within.values(), moved) for item in rows["item"]})
    if not items:
        return _nothing()
    grid = pd.MultiIndex.from_product([items, dates], names=COLUMNS)
    rows = pd.DataFrame(index=grid)
    for name, marked in within.items():
        if len(marked):
            rows[name] = grid.isin(pd.MultiIndex.from_frame(marked[COLUMNS])).astype(int)
    if len(moved):
        rows["price_ratio"] = price_ratio.set_index(COLUMNS).price_ratio.reindex(grid)
    return rows.reset_index()


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"item": pd.Series(dtype=object), "date": pd.to_datetime([])})
