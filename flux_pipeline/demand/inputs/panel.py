"""The panel: a restaurant's frames, checked once and laid out as arrays of days by items.

An item counts from its first sale on, which is decided here; `evidence` decides which days count. Every other module of
this room works on these arrays without further checks. The model is elsewhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.inputs._frames import Bools, dates_of, flags_of, require_columns, rows_by_date, rows_within
from flux_pipeline.demand.inputs.drivers import SOLD_OUT, TEXTS, driver_columns, driver_of
from flux_pipeline.demand.inputs.evidence import evidence_days
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Panel:
    """The arrays that the model reads: T evidence days, H horizon days, I items.

    `quantity`, `observed` and `censored` are (T, I); `observed` is False before the item's first sale, `censored` is
    True on days on which it ran out, when demand was at least `quantity`. `position` (T,) and `horizon_position` (H,)
    are calendar days since the first evidence day; `days_ahead` (H,) counts from the last day of history. `drivers` and
    `item_drivers` map a column to its values on the T + H days, shape (T + H,) and (T + H, I); NaN is unknown.
    `neighbours` maps a driver to its values on the calendar day before and after, `texts` a column of text about a
    driver to its H texts; `category` (I,) is an index into `category_names`.
    """

    items: list[str]
    published: Bools
    category: Ints
    category_names: list[str]
    dates: npt.NDArray[np.datetime64]
    horizon: npt.NDArray[np.datetime64]
    position: Ints
    horizon_position: Ints
    days_ahead: Ints
    quantity: Floats
    observed: Bools
    censored: Bools
    is_open: Bools
    closed_reason: list[str]
    drivers: dict[str, Floats]
    neighbours: dict[str, tuple[Floats, Floats]]
    item_drivers: dict[str, Floats]
    texts: dict[str, list[str]]
    returns_days: int

    @property
    def weekday(self) -> Ints:
        """Monday 0 .. Sunday 6 of the T + H days, shape (T + H,)."""
        every = np.concatenate([self.dates, self.horizon]).astype("datetime64[D]").astype(np.int64)
        return np.asarray((every + 3) % 7, dtype=np.int64)

    @property
    def history_days(self) -> Ints:
        """Evidence days of each item since its first sale, shape (I,)."""
        return np.asarray(self.observed.sum(axis=0), dtype=np.int64)


def build_panel(
    sales: pd.DataFrame,
    days: pd.DataFrame,
    as_of: dt.date,
    items: pd.DataFrame | None,
    item_days: pd.DataFrame | None,
    settings: DemandSettings,
) -> Panel:
    """Check the frames (see `forecast_demand`) and lay them out; raise PermanentError if one is wrong."""
    days, day = rows_by_date(days)
    origin = np.datetime64(as_of, "D")
    ahead = (day > origin) & (day <= origin + settings.forecast_horizon_days * _DAY)
    if not ahead.any():
        raise PermanentError(
            f"days has no row in the {settings.forecast_horizon_days} days after {as_of}; expected those to forecast."
        )
    oldest = origin - settings.forecast_history_days * _DAY
    sales, sold_on = rows_within(sales, oldest, origin)
    catalog = _catalog(sales, items)
    sold = _sold(sales, sold_on, catalog)
    dates = evidence_days(days, day, origin, sold.day, sold.quantity)
    quantity, observed = _grid(dates, sold, len(catalog.items))
    horizon = day[ahead]
    every = np.concatenate([dates, horizon])
    drivers, neighbours = _drivers(days, day, every)
    item_drivers = _item_drivers(item_days, every, catalog.items)
    ran_out = np.nan_to_num(item_drivers.pop(SOLD_OUT, np.zeros((len(every), len(catalog.items)))))
    start = every[0]
    reasons = (
        days["closed_reason"].fillna("").astype(str) if "closed_reason" in days else pd.Series("", index=days.index)
    )
    return Panel(
        items=catalog.items,
        published=catalog.published,
        category=catalog.category,
        category_names=catalog.category_names,
        dates=dates,
        horizon=horizon,
        position=((dates - start) // _DAY).astype(np.int64),
        horizon_position=((horizon - start) // _DAY).astype(np.int64),
        days_ahead=((horizon - origin) // _DAY).astype(np.int64),
        quantity=quantity,
        observed=observed,
        censored=observed & (ran_out[: len(dates)] > 0),
        is_open=flags_of(days["is_open"], "days", "is_open")[ahead],
        closed_reason=list(reasons[ahead]),
        drivers=drivers,
        neighbours=neighbours,
        item_drivers=item_drivers,
        texts={str(name): list(days[name].fillna("")[ahead]) for name in days if str(name).endswith(TEXTS)},
        returns_days=sold.returns_days,
    )


@dataclass(frozen=True)
class _Catalog:
    items: list[str]
    published: Bools
    category: Ints
    category_names: list[str]


@dataclass(frozen=True)
class _Sold:
    item: Ints
    day: npt.NDArray[np.datetime64]
    quantity: Floats
    returns_days: int


def _catalog(sales: pd.DataFrame, items: pd.DataFrame | None) -> _Catalog:
    sold = pd.unique(sales["item"].astype(str)) if len(sales) else np.empty(0, dtype=object)
    if items is None:
        ids = sorted(map(str, sold))
        none = np.zeros(len(ids), dtype=np.int64)
        return _Catalog(ids, np.ones(len(ids), dtype=bool), none, [""])
    require_columns(items, "items", ["item"])
    listed = [str(i) for i in items["item"]]
    if len(set(listed)) != len(listed):
        repeated = next(i for i in listed if listed.count(i) > 1)
        raise PermanentError(f"items has {repeated!r} more than once; expected one row per item.")
    known = set(listed)
    others = sorted(str(i) for i in sold if str(i) not in known)
    labels = [str(c) for c in items["category"].fillna("")] if "category" in items else [""] * len(listed)
    category_names, codes = np.unique(np.array([*labels, *[""] * len(others)], dtype=object), return_inverse=True)
    published = np.r_[np.ones(len(listed), dtype=bool), np.zeros(len(others), dtype=bool)]
    return _Catalog([*listed, *others], published, codes.astype(np.int64), [str(c) for c in category_names])


def _sold(sales: pd.DataFrame, day: npt.NDArray[np.datetime64], catalog: _Catalog) -> _Sold:
    if len(sales) == 0:
        return _Sold(np.empty(0, dtype=np.int64), day, np.empty(0), 0)
    if sales["quantity"].dtype.kind not in "iufb":
        raise PermanentError(f"sales.quantity is of type {sales['quantity'].dtype}; expected numbers.")
    quantity = sales["quantity"].to_numpy(dtype=float, na_value=np.nan)
    item = pd.Index(catalog.items).get_indexer(pd.Index(sales["item"].astype(str))).astype(np.int64)
    if not np.isfinite(quantity).all():
        at = int(np.flatnonzero(~np.isfinite(quantity))[0])
        raise PermanentError(
            f"sales.quantity of {catalog.items[item[at]]!r} on {day[at]} is not a number; expected one."
        )
    key = item * 1_000_000 + day.astype(np.int64)
    unique, first = np.unique(key, return_index=True)
    if len(unique) != len(key):
        at = int(np.setdiff1d(np.arange(len(key)), first)[0])
        raise PermanentError(
            f"sales has {catalog.items[item[at]]!r} on {day[at]} more than once; expected one row per item and day."
        )
    returns = int((quantity < 0).sum())
    return _Sold(item, day, np.maximum(quantity, 0.0), returns)


def _grid(dates: npt.NDArray[np.datetime64], sold: _Sold, n_items: int) -> tuple[Floats, Bools]:
    quantity = np.zeros((len(dates), n_items))
    if len(dates):
        row = np.searchsorted(dates, sold.day)
        kept = dates[np.minimum(row, len(dates) - 1)] == sold.day
        quantity[row[kept], sold.item[kept]] = sold.quantity[kept]
    observed = np.maximum.accumulate(quantity > 0, axis=0)
    return quantity, observed


def _drivers(
    days: pd.DataFrame, day: npt.NDArray[np.datetime64], every: npt.NDArray[np.datetime64]
) -> tuple[dict[str, Floats], dict[str, tuple[Floats, Floats]]]:
    drivers, neighbours = {}, {}
    for column in driver_columns(days):
        values = days[column].to_numpy(dtype=float, na_value=np.nan)
        drivers[str(column)] = _look_up(every, day, values)
        if driver_of(str(column)).has_neighbours:
            neighbours[column] = (_look_up(every - _DAY, day, values), _look_up(every + _DAY, day, values))
    return drivers, neighbours


def _look_up(wanted: npt.NDArray[np.datetime64], day: npt.NDArray[np.datetime64], values: Floats) -> Floats:
    at = np.minimum(np.searchsorted(day, wanted), len(day) - 1)
    return np.where(day[at] == wanted, values[at], np.nan)


def _item_drivers(
    item_days: pd.DataFrame | None, every: npt.NDArray[np.datetime64], items: list[str]
) -> dict[str, Floats]:
    if item_days is None or len(item_days) == 0:
        return {}
    require_columns(item_days, "item_days", ["item", "date"])
    day = dates_of(item_days, "item_days")
    item = pd.Index(items).get_indexer(pd.Index(item_days["item"].astype(str)))
    order = np.argsort(every, kind="stable")
    row = order[np.minimum(np.searchsorted(every, day, sorter=order), len(every) - 1)]
    kept = (every[row] == day) & (item >= 0)
    result = {}
    for column in driver_columns(item_days):
        values = np.full((len(every), len(items)), np.nan)
        values[row[kept], item[kept]] = item_days[column].to_numpy(dtype=float, na_value=np.nan)[kept]
        result[str(column)] = values
    return result
