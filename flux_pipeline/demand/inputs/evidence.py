"""Evidence days: days that show demand, because the restaurant was open and its sales were uploaded.

A sale proves both; returns alone prove nothing. `store/forecasts/accuracy` has the same rule as a statement, and a test
compares the two.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.demand.inputs._frames import Days, Floats
from flux_pipeline.demand.inputs.tables import DayTable


def days_sold_on(sales: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days with a sale, which are evidence days, in order; `sales` has date and quantity (units)."""
    return pd.DatetimeIndex(sales.loc[sales.quantity > 0, "date"].drop_duplicates().sort_values())


def evidence_days(days: DayTable, until: np.datetime64, sold_on: Days, quantity: Floats) -> Days:
    """Return the evidence days up to `until`, in order.

    A day without a sale counts only after the first sale: before it there was no restaurant, whatever `days` contains.

    Args:
        days: whether each day is open, and whether its sales were uploaded.
        until: the last day of history.
        sold_on: the dates of sales up to it.
        quantity: the units of each of these sales.
    """
    sold_on = sold_on[quantity > 0]
    if not len(sold_on):
        return sold_on
    first = sold_on.min()
    is_evidence = np.zeros(int((until - first).astype(int)) + 1, dtype=bool)
    known = (days.day >= first) & (days.day <= until)
    is_evidence[(sold_on - first).astype(int)] = True
    is_evidence[(days.day[known & ~days.has_data] - first).astype(int)] = False
    if not is_evidence.any():
        return sold_on[:0]
    start = int(is_evidence.argmax())
    is_evidence[(days.day[known & days.has_data & days.is_open] - first).astype(int)] = True
    return np.asarray(first + start + np.flatnonzero(is_evidence[start:]))
