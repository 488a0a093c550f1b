"""Tables: a restaurant's frames taken apart into arrays, once, with their columns and types checked.

Nothing behind these arrays needs pandas: `panel` lays them out as days by items. Values of rows are checked there, for
the rows that count. Several restaurants' tables can be slices of the same arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.inputs._frames import Bools, Days, Floats, Ints, dates_of, flags_of, require_columns
from flux_pipeline.demand.inputs.drivers import TEXTS, driver_columns
from flux_pipeline.errors import PermanentError

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class SalesTable:
    """Sales, one row per item and day: `item` is an index into `names`, `quantity` in units, negative for returns."""

    names: list[str]
    item: Ints
    day: Days
    quantity: Floats

    def on(self, items: list[str], dates: Days) -> Floats:
        """Return the units (items, dates) of some items on some dates, which are in order; 0 without a row."""
        at, row = places(self.names, items)[self.item], np.minimum(np.searchsorted(dates, self.day), len(dates) - 1)
        kept = (at >= 0) & (dates[row] == self.day)
        units = np.zeros((len(items), len(dates)))
        units[at[kept], row[kept]] = self.quantity[kept]
        return units


@dataclass(frozen=True)
class DayTable:
    """Days in order, each once: whether it is open and has data, and drivers and texts by the name of their column."""

    day: Days
    is_open: Bools
    has_data: Bools
    closed_reason: Objects
    drivers: dict[str, Floats]
    texts: dict[str, Objects]


@dataclass(frozen=True)
class ItemTable:
    """The items to forecast, with their categories; "" is none."""

    names: list[str]
    category: list[str]


@dataclass(frozen=True)
class ItemDayTable:
    """Drivers of items on days, one row per item and day; `item` is an index into `names`."""

    names: list[str]
    item: Ints
    day: Days
    drivers: dict[str, Floats]


@dataclass(frozen=True)
class Tables:
    """The tables of a restaurant; `items` None: those of its sales."""

    sales: SalesTable
    days: DayTable
    items: ItemTable | None = None
    item_days: ItemDayTable | None = None


def take_apart(
    sales: pd.DataFrame, days: pd.DataFrame, items: pd.DataFrame | None = None, item_days: pd.DataFrame | None = None
) -> Tables:
    """Return the tables of the frames that `forecast_demand` takes; raise PermanentError if one is wrong."""
    return Tables(take_apart_sales(sales), _days(days), _items(items), _item_days(item_days))


def codes_of(values: pd.Series) -> tuple[Ints, list[str]]:
    """Return a column of names as an index into its distinct names, and these, as text."""
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    names = [str(name) for name in distinct]
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.int64)[codes], list(place)


def places(names: list[str], items: list[str]) -> Ints:
    """Return the place of each name among the items, -1 if it is none of them."""
    place = {name: at for at, name in enumerate(items)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)


def take_apart_sales(sales: pd.DataFrame) -> SalesTable:
    """Return the table of a frame of item, date and quantity; raise PermanentError if it is wrong."""
    require_columns(sales, "sales", ["item", "date", "quantity"])
    day = dates_of(sales, "sales")
    item, names = codes_of(sales["item"])
    quantity = sales["quantity"]
    if len(sales) and quantity.dtype.kind not in "iufb":
        raise PermanentError(f"sales.quantity is of type {quantity.dtype}; expected numbers.")
    return SalesTable(names, item, day, _floats(quantity) if len(sales) else np.empty(0))


def _days(days: pd.DataFrame) -> DayTable:
    require_columns(days, "days", ["date", "is_open"])
    day = dates_of(days, "days")
    if not (day[1:] > day[:-1]).all():
        if len(np.unique(day)) != len(day):
            repeated = day[pd.Series(day).duplicated().to_numpy()][0]
            raise PermanentError(f"days has {repeated} more than once; expected one row per calendar date.")
        order = np.argsort(day, kind="stable")
        days, day = days.iloc[order], day[order]
    uploaded = np.ones(len(day), dtype=bool)
    if "has_data" in days:
        uploaded = flags_of(days["has_data"].fillna(True), "days", "has_data")
    return DayTable(
        day=day,
        is_open=flags_of(days["is_open"], "days", "is_open"),
        has_data=uploaded,
        closed_reason=_texts(days["closed_reason"]) if "closed_reason" in days else np.full(len(day), "", dtype=object),
        drivers={str(name): _floats(days[name]) for name in driver_columns(days)},
        texts={str(name): _texts(days[name]) for name in days if str(name).endswith(TEXTS)},
    )


def _items(items: pd.DataFrame | None) -> ItemTable | None:
    if items is None:
        return None
    require_columns(items, "items", ["item"])
    names = [str(name) for name in items["item"]]
    if len(set(names)) != len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise PermanentError(f"items has {repeated!r} more than once; expected one row per item.")
    return ItemTable(names, list(_texts(items["category"])) if "category" in items else [""] * len(names))


def _item_days(item_days: pd.DataFrame | None) -> ItemDayTable | None:
    if item_days is None or len(item_days) == 0:
        return None
    require_columns(item_days, "item_days", ["item", "date"])
    day = dates_of(item_days, "item_days")
    item, names = codes_of(item_days["item"])
    return ItemDayTable(names, item, day, {str(name): _floats(item_days[name]) for name in driver_columns(item_days)})


def _floats(values: pd.Series) -> Floats:
    return values.to_numpy(dtype=float, na_value=np.nan)


def _texts(values: pd.Series) -> Objects:
    known: Any = values.fillna("").astype(str)
    return np.asarray(known.to_numpy(dtype=object))
