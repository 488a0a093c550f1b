"""The few defects that every real export has, put into simulated sales on purpose.

Without them nobody sees in the demo what Flux does with such rows. Which rows are hit depends on restaurant and date
alone, as everything here does.
"""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.restaurants import DemoRestaurant

# On one day in fifty a line was typed and taken back: about ten rows a year and restaurant.
ZERO_QUANTITY_CHANCE = 0.02
# The second Thursday of March and of September: no holiday in the countries of the demo, so that all three places are
# open. A window of 18 months has at least one of each.
UNREADABLE_DATE_MONTHS, MISSING_PRICE_MONTHS = (3,), (9,)
SECOND_THURSDAY = range(8, 15)
THURSDAY = 3
# No calendar has it, however its parts are ordered.
UNREADABLE_DATE = "2026-02-30"


def with_defects(restaurant: DemoRestaurant, sales: pd.DataFrame) -> pd.DataFrame:
    """The sales with a handful of zero quantities, an unreadable date and a missing price.

    A zero quantity is a row more, after the day's first; the others spoil the first row of their day.
    """
    daytime = sales["time"] >= f"{restaurant.business_day_cutoff:%H:%M}" if restaurant.has_tickets else slice(None)
    # Sales after midnight come first on their date, but depend on whether the day before was simulated.
    first_rows = sales[daytime].drop_duplicates("date")["date"]
    days = [dt.date.fromisoformat(date) for date in first_rows]
    is_void = [rng_for("void", restaurant.slug, day).random() < ZERO_QUANTITY_CHANCE for day in days]
    spoilt = sales.copy()
    spoilt.loc[first_rows.index[_second_thursdays(days, UNREADABLE_DATE_MONTHS)], "date"] = UNREADABLE_DATE
    spoilt.loc[first_rows.index[_second_thursdays(days, MISSING_PRICE_MONTHS)], "price"] = np.nan
    voided = sales.loc[first_rows.index[np.array(is_void, dtype=bool)]].assign(quantity=0)
    return pd.concat([spoilt, voided]).sort_index(kind="stable").reset_index(drop=True)


def _second_thursdays(days: list[dt.date], months: tuple[int, ...]) -> np.ndarray:
    """(days,) bool."""
    return np.array(
        [day.month in months and day.weekday() == THURSDAY and day.day in SECOND_THURSDAY for day in days], dtype=bool
    )
