"""The panel: a restaurant's tables, checked once and laid out as arrays of days by items.

An item counts from its first sale on, which is decided here; `evidence` decides which days count. Every other module of
this room works on these arrays without further checks. The model is elsewhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from flux_pipeline.demand.inputs._closures import closures
from flux_pipeline.demand.inputs._frames import Days
from flux_pipeline.demand.inputs.drivers import SOLD_OUT, driver_of
from flux_pipeline.demand.inputs.evidence import evidence_days
from flux_pipeline.demand.inputs.tables import DayTable, ItemDayTable, ItemTable, SalesTable, Tables, places
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError

Bools = npt.NDArray[np.bool_]
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
    dates: Days
    horizon: Days
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

    @cached_property
    def weekday(self) -> Ints:
        """Monday 0 .. Sunday 6 of the T + H days, shape (T + H,)."""
        every = np.concatenate([self.dates, self.horizon]).astype("datetime64[D]").astype(np.int64)
        return np.asarray((every + 3) % 7, dtype=np.int64)

    @cached_property
    def history_days(self) -> Ints:
        """Evidence days of each item since its first sale, shape (I,)."""
        return np.asarray(self.observed.sum(axis=0), dtype=np.int64)


def build_panel(tables: Tables, as_of: dt.date, settings: DemandSettings) -> Panel:
    """Lay a restaurant's tables out as days by items; raise PermanentError if a row that counts is wrong."""
    days, origin = tables.days, np.datetime64(as_of, "D")
    ahead = (days.day > origin) & (days.day <= origin + settings.forecast_horizon_days * _DAY)
    if not ahead.any():
        raise PermanentError(
            f"days has no row in the {settings.forecast_horizon_days} days after {as_of}; expected those to forecast."
        )
    sales = _within(tables.sales, origin - settings.forecast_history_days * _DAY, origin)
    catalog = _catalog(sales, tables.items)
    sold = _sold(sales, catalog)
    dates = evidence_days(days, origin, sold.day, sold.quantity)
    quantity, observed = _grid(dates, sold, len(catalog.items))
    horizon = days.day[ahead]
    every = np.concatenate([dates, horizon])
    drivers, neighbours = _drivers(days, every)
    item_drivers = _item_drivers(tables.item_days, every, catalog.items)
    ran_out = item_drivers.pop(SOLD_OUT, None)
    start = every[0]
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
        censored=np.zeros(observed.shape, dtype=bool) if ran_out is None else observed & (ran_out[: len(dates)] > 0),
        is_open=days.is_open[ahead],
        closed_reason=list(days.closed_reason[ahead]),
        drivers=drivers,
        neighbours=neighbours,
        item_drivers=item_drivers,
        texts={name: list(of[ahead]) for name, of in days.texts.items()},
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
    day: Days
    quantity: Floats
    returns_days: int


def _within(sales: SalesTable, oldest: np.datetime64, origin: np.datetime64) -> SalesTable:
    """Return the sales after `oldest` up to `origin`; other rows are not even checked for errors."""
    used = (sales.day <= origin) & (sales.day > oldest)
    if used.all():
        return sales
    return SalesTable(sales.names, sales.item[used], sales.day[used], sales.quantity[used])


def _catalog(sales: SalesTable, items: ItemTable | None) -> _Catalog:
    """Return the listed items, or without a list the sold ones, in order; others that were sold come last."""
    sold = sorted(sales.names[code] for code in np.flatnonzero(np.bincount(sales.item)))
    if items is None:
        return _Catalog(sold, np.ones(len(sold), dtype=bool), np.zeros(len(sold), dtype=np.int64), [""])
    known = set(items.names)
    others = [name for name in sold if name not in known]
    labels = np.array([*items.category, *[""] * len(others)], dtype=object)
    category_names, codes = np.unique(labels, return_inverse=True)
    published = np.arange(len(labels)) < len(items.names)
    return _Catalog([*items.names, *others], published, codes.astype(np.int64), [str(name) for name in category_names])


def _sold(sales: SalesTable, catalog: _Catalog) -> _Sold:
    item = places(sales.names, catalog.items)[sales.item] if len(sales.item) else sales.item
    quantity = sales.quantity
    if not np.isfinite(quantity).all():
        at = int(np.flatnonzero(~np.isfinite(quantity))[0])
        raise PermanentError(
            f"sales.quantity of {catalog.items[item[at]]!r} on {sales.day[at]} is not a number; expected one."
        )
    if len(item):
        key = item + (sales.day - sales.day.min()).astype(np.int64) * len(catalog.items)
        if np.bincount(key).max() > 1:
            at = int(np.setdiff1d(np.arange(len(key)), np.unique(key, return_index=True)[1])[0])
            raise PermanentError(
                f"sales has {catalog.items[item[at]]!r} on {sales.day[at]} more than once; expected one row per item "
                "and day."
            )
    return _Sold(item, sales.day, np.maximum(quantity, 0.0), int((quantity < 0).sum()))


def _grid(dates: Days, sold: _Sold, n_items: int) -> tuple[Floats, Bools]:
    quantity = np.zeros((len(dates), n_items))
    if len(dates):
        row, kept = _rows_of(sold.day, dates)
        quantity[row[kept], sold.item[kept]] = sold.quantity[kept]
    observed = np.maximum.accumulate(quantity > 0, axis=0)
    return quantity, observed


def _rows_of(wanted: Days, day: Days) -> tuple[Ints, Bools]:
    """Return the row of each wanted day among the days, which are in order, and whether it is one of them."""
    row = np.minimum(np.searchsorted(day, wanted), len(day) - 1)
    return row, day[row] == wanted


def _drivers(days: DayTable, every: Days) -> tuple[dict[str, Floats], dict[str, tuple[Floats, Floats]]]:
    drivers, closed = _looked_up(days, days.drivers, every), closures(days)
    # A holiday on which the restaurant is closed moves the days beside it in another way than one on which it is open.
    no_closure = 1.0 - sum(closed.values())
    beside = {name: no_closure * of for name, of in days.drivers.items() if driver_of(name).has_neighbours} | closed
    if not beside:
        return drivers, {}
    before, after = (_looked_up(days, beside, every + shift) for shift in (-_DAY, _DAY))
    # A closed day sells nothing, so as a driver a closure is always 0, and only its neighbours count.
    own = {name: np.zeros(len(every)) for name in closed}
    return drivers | own, {name: (before[name], after[name]) for name in beside}


def _looked_up(days: DayTable, of_days: dict[str, Floats], wanted: Days) -> dict[str, Floats]:
    """Return the values on the wanted days of drivers of the days; NaN on a day without a row."""
    row, kept = _rows_of(wanted, days.day)
    return {name: np.where(kept, values[row], np.nan) for name, values in of_days.items()}


def _item_drivers(item_days: ItemDayTable | None, every: Days, items: list[str]) -> dict[str, Floats]:
    if item_days is None:
        return {}
    item = places(item_days.names, items)[item_days.item]
    order = np.argsort(every, kind="stable")
    at, kept = _rows_of(item_days.day, every[order])
    kept &= item >= 0
    row, column = order[at[kept]], item[kept]
    result = {}
    for name, of in item_days.drivers.items():
        values = np.full((len(every), len(items)), np.nan)
        values[row, column] = of[kept]
        result[name] = values
    return result
