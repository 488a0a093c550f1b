"""Frames for the pictures of `flux_pipeline.charts`, read from stored forecasts and sales."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import func, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.forecasts.published import list_totals
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.models.sales import DailyItemSales

HISTORY_DAYS = 56
BIGGEST = 6
EVERYTHING = "All items together"


@dataclass(frozen=True)
class FanFrames:
    """Past sales and a forecast. `history`: panel, date, quantity. `forecast`: panel, date, p10, p50, p90, is_open.

    A panel is the restaurant's total (`EVERYTHING`) or an item's name. Without a forecast both frames are empty.
    """

    history: pd.DataFrame
    forecast: pd.DataFrame
    as_of: dt.date | None


def fan_frames(
    tx: Tenant, *, as_of: dt.date | None = None, item: str | None = None, history_days: int = HISTORY_DAYS
) -> FanFrames:
    """Read the current forecast as of a day, with the sales of the weeks before it and since.

    Args:
        tx: the restaurant's transaction.
        as_of: that day; None for the newest forecast.
        item: only the item of that name (or whose name contains it); None for the total and the biggest sellers.
        history_days: the number of days of sales up to `as_of`.
    """
    rows = read_forecasts(tx, as_of=as_of, item=item)
    if rows.empty:
        return FanFrames(pd.DataFrame(), rows.rename(columns={"item": "panel"}), None)
    day = rows.as_of.iloc[0]
    sellers = rows.groupby("item", sort=False).predicted_quantity.sum().nlargest(1 if item else BIGGEST)
    names = list(sellers.index)
    panels = [rows[rows["item"] == name].assign(panel=name) for name in names]
    total = pd.DataFrame(list_totals(tx, as_of=day) if item is None else [])
    if len(total):
        panels = [total.assign(panel=EVERYTHING), *panels]
    ahead = pd.concat(panels, ignore_index=True)
    ahead = ahead.assign(date=pd.to_datetime(ahead.date), is_open=ahead.p99 > 0)
    sold = _sold(tx, names, day - dt.timedelta(days=history_days - 1), rows.date.max(), with_total=len(total) > 0)
    return FanFrames(sold, ahead[["panel", "date", "p10", "p50", "p90", "is_open"]], day)


def _sold(tx: Tenant, names: Sequence[str], first: dt.date, last: dt.date, *, with_total: bool) -> pd.DataFrame:
    """Read the sales of each day that has any; an item without a sale on such a day sold nothing."""
    query = (
        select(DailyItemSales.menu_item_id, DailyItemSales.business_date, func.greatest(DailyItemSales.quantity, 0))
        .where(DailyItemSales.business_date.between(first, last))
        .order_by(DailyItemSales.business_date)
    )
    daily = pd.DataFrame(tx.connection.execute(query).all(), columns=["item", "date", "quantity"])
    daily = daily.assign(date=pd.to_datetime(daily.date), quantity=daily.quantity.astype(float))
    total = daily.groupby("date").quantity.sum()
    by_name: dict[str, uuid.UUID] = {
        row.name: row.id
        for row in tx.connection.execute(select(MenuItem.name, MenuItem.id).where(MenuItem.name.in_(names)))
    }
    series = {EVERYTHING: total} if with_total else {}
    for name in names:
        of_item = daily[daily["item"] == by_name.get(name)].groupby("date").quantity.sum()
        series[name] = of_item.reindex(total.index, fill_value=0.0)
    frames = [pd.DataFrame({"panel": name, "date": s.index, "quantity": s.to_numpy()}) for name, s in series.items()]
    return pd.concat(frames, ignore_index=True)
