"""Adapter that lets the public benchmark score the product's own forecast; it only translates frames.

The benchmark gives one row per item and open day. The frames of all restaurants are taken apart together, once, and a
restaurant's tables are slices of these arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.distribution.calibration import NO_CALIBRATION, Calibration
from flux_pipeline.demand.forecast import DEFAULTS, forecast_panel
from flux_pipeline.demand.inputs.panel import Panel, build_panel
from flux_pipeline.demand.inputs.tables import DayTable, ItemDayTable, SalesTable, Tables, codes_of, places

NOT_DRIVERS = {"restaurant", "item", "series", "date", "quantity"}
ITEM_DRIVERS = {"is_promo", "price_ratio"}
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class _Rows:
    """The rows of history and future as arrays: the restaurant, item and day of each, and the drivers."""

    def __init__(self, history: pd.DataFrame, future: pd.DataFrame) -> None:
        frames = history, future
        self.past = len(history)
        self.restaurant, self.restaurants = codes_of(pd.concat([frame["restaurant"] for frame in frames]))
        self.item, self.names = codes_of(pd.concat([frame["item"] for frame in frames]))
        self.day = np.concatenate([frame["date"].to_numpy() for frame in frames]).astype("datetime64[D]")
        self.quantity = history["quantity"].to_numpy(dtype=float)
        known = [name for name in history if name not in NOT_DRIVERS]
        self.drivers = {name: np.concatenate([_floats(frame, name) for frame in frames]) for name in known}

    def by_restaurant(self) -> Iterator[tuple[Tables, Ints]]:
        """Yield the tables of each restaurant with rows in the future, and these rows."""
        order = np.argsort(self.restaurant, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self.restaurant[order])) + 1):
            past, ahead = np.split(rows, [np.searchsorted(rows, self.past)])
            if len(ahead):
                sales = SalesTable(self.names, self.item[past], self.day[past], self.quantity[past])
                yield Tables(sales, self._days(rows), item_days=self._item_days(rows)), ahead

    def _days(self, rows: Ints) -> DayTable:
        """Return a row for each day up to the last one; a day without a row was closed, and its drivers are unknown."""
        opened, first = np.unique(self.day[rows], return_index=True)
        day = np.arange(opened[0], opened[-1] + 1)
        row = np.searchsorted(opened, day)
        is_open = opened[row] == day
        names = [name for name in self.drivers if name not in ITEM_DRIVERS]
        of_days = {name: np.where(is_open, self.drivers[name][rows[first[row]]], np.nan) for name in names}
        return DayTable(day, is_open, np.ones(len(day), dtype=bool), np.full(len(day), "", dtype=object), of_days, {})

    def _item_days(self, rows: Ints) -> ItemDayTable | None:
        of_items = {name: of[rows] for name, of in self.drivers.items() if name in ITEM_DRIVERS}
        return ItemDayTable(self.names, self.item[rows], self.day[rows], of_items) if of_items else None


def forecast(
    history: pd.DataFrame,
    future: pd.DataFrame,
    quantiles: Sequence[float],
    calibrations: Mapping[str, Calibration] | None = None,
) -> pd.DataFrame:
    """Return the future rows in their order with `mean` and one column per quantile: the benchmark's signature."""
    as_of = pd.Timestamp(history.attrs.get("origin", history["date"].max())).date()
    rows = _Rows(history, future)
    found = np.empty((len(future), 1 + len(quantiles)))
    for tables, ahead in rows.by_restaurant():
        panel = build_panel(tables, as_of, DEFAULTS)
        calibration = (calibrations or {}).get(rows.restaurants[rows.restaurant[ahead[0]]], NO_CALIBRATION)
        figures = forecast_panel(panel, settings=DEFAULTS, quantiles=quantiles, calibration=calibration).figures
        at = _rows_of(panel, rows, ahead)
        found[ahead - rows.past, 0], found[ahead - rows.past, 1:] = figures.mean[at], figures.quantiles[at]
    return future.assign(**{name: found[:, at] for at, name in enumerate(["mean", *(f"q{q}" for q in quantiles)])})


def _floats(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column of numbers; what only the history knows is unknown in the future."""
    return frame[name].to_numpy(dtype=float) if name in frame else np.full(len(frame), np.nan)


def _rows_of(panel: Panel, rows: _Rows, ahead: Ints) -> Ints:
    """Return where the forecast of a restaurant has the wanted rows."""
    item = places(rows.names, panel.items)[rows.item[ahead]]
    return np.asarray(item * len(panel.horizon) + np.searchsorted(panel.horizon, rows.day[ahead]))
