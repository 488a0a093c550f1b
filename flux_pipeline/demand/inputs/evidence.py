"""Evidence days: days that show demand, because the restaurant was open and its sales were uploaded.

A sale proves both; returns alone prove nothing. `store/forecasts/accuracy` has the same rule as a statement, and a test
compares the two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.inputs._frames import flags_of

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


def days_sold_on(sales: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days with a sale, which are evidence days, in order; `sales` has date and quantity (units)."""
    return pd.DatetimeIndex(sales.loc[sales.quantity > 0, "date"].drop_duplicates().sort_values())


def evidence_days(days: pd.DataFrame, day: Days, until: np.datetime64, sold_on: Days, quantity: Floats) -> Days:
    """Return the evidence days up to `until`, in order.

    A day without a sale counts only after the first sale: before it there was no restaurant, whatever `days` contains.

    Args:
        days: is_open, optionally has_data (whether the day's sales were uploaded; missing means they were).
        day: the dates of `days`, in order.
        until: the last day of history.
        sold_on: the dates of sales up to it.
        quantity: the units of each of these sales.
    """
    uploaded = np.ones(len(day), dtype=bool)
    if "has_data" in days:
        uploaded = flags_of(days["has_data"].fillna(True), "days", "has_data")
    is_open = flags_of(days["is_open"], "days", "is_open")
    proven = np.setdiff1d(sold_on[quantity > 0], day[~uploaded])
    evidence = np.union1d(day[(day <= until) & uploaded & is_open], proven)
    return evidence[evidence >= proven[0]] if len(proven) else evidence[:0]
