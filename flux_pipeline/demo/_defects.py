"""Defects that every real export has, put into simulated sales so that the demo shows what Flux does with such rows.

Which rows are hit depends only on restaurant and date.
"""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.restaurants import DemoRestaurant

# On one day in fifty a line was entered and voided: about ten rows a year and restaurant.
ZERO_QUANTITY_CHANCE = 0.02
# The second Thursday of March and of September: not a holiday in the countries of the demo, so all three places are
# open. A window of 18 months has at least one of each.
UNREADABLE_DATE_MONTHS, MISSING_PRICE_MONTHS = (3,), (9,)
SECOND_THURSDAY = range(8, 15)
THURSDAY = 3
# Not a date in any order of its parts.
UNREADABLE_DATE = "2026-02-30"


def with_defects(restaurant: DemoRestaurant, sales: pd.DataFrame) -> pd.DataFrame:
    """Return the sales with some zero quantities, an unreadable date and a missing price.

    A zero quantity is an extra row after the day's first row; the other defects change the first row of their day.
    """
    daytime = sales["time"] >= f"{restaurant.business_day_cutoff:%H:%M}" if restaurant.has_tickets else slice(None)
    # Sales after midnight come first on their date, but depend on whether the day before was simulated.
    first_rows = sales[daytime].drop_duplicates("date")["date"]
    days = [dt.date.fromisoformat(date) for date in first_rows]
    is_void = [rng_for("void", restaurant.slug, day).random() < ZERO_QUANTITY_CHANCE for day in days]
    changed = sales.copy()
    changed.loc[first_rows.index[_second_thursdays(days, UNREADABLE_DATE_MONTHS)], "date"] = UNREADABLE_DATE
    changed.loc[first_rows.index[_second_thursdays(days, MISSING_PRICE_MONTHS)], "price"] = np.nan
    voided = sales.loc[first_rows.index[np.array(is_void, dtype=bool)]].assign(quantity=0)
    return pd.concat([changed, voided]).sort_index(kind="stable").reset_index(drop=True)


def _second_thursdays(days: list[dt.date], months: tuple[int, ...]) -> np.ndarray:
    """Return which days are the second Thursday of one of the months, (days,) bool."""
    return np.array(
        [day.month in months and day.weekday() == THURSDAY and day.day in SECOND_THURSDAY for day in days], dtype=bool
    )
