"""Suggestions for closing on public holidays, from what the restaurant did the last time. A person decides.

`days` decides how announced closed days count.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import holidays
import pandas as pd

from flux_pipeline.demand.inputs.days import habitual_days_off, knows_holidays
from flux_pipeline.errors import PermanentError

# Without a language the names follow the machine's locale.
LANGUAGE = "en_US"


@dataclass(frozen=True)
class HolidayAhead:
    """A coming public holiday, and what the restaurant did on the last one of that name.

    `last_time` is "unknown" if no such holiday lies within its history, or if each of them was a weekly day off.
    """

    date: dt.date
    name: str
    last_date: dt.date | None
    last_time: Literal["open", "closed", "unknown"]
    is_announced: bool

    @property
    def is_suggested(self) -> bool:
        """Whether closing is suggested: it was closed the last time, and this closed day is not announced."""
        return self.last_time == "closed" and not self.is_announced


def holidays_ahead(
    country_code: str | None, sold_on: pd.DatetimeIndex, announced: Collection[dt.date], *, after: dt.date, days: int
) -> list[HolidayAhead]:
    """Return the public holidays of the `days` days after `after`, soonest first.

    Args:
        country_code: ISO 3166.
        sold_on: the business days with a sale.
        announced: the closed days that are already announced.
        after: the day before the first that counts.
        days: the number of days to look ahead.

    Raises:
        PermanentError: the country is not given, or its holidays are not known.
    """
    if country_code is None or not knows_holidays(country_code):
        raise PermanentError(
            f"The public holidays of {country_code or 'a restaurant without a country'} are not known; expected the "
            f"ISO 3166 code of one of {len(holidays.list_supported_countries(include_aliases=False))} countries. "
            "Give its country with `flux restaurants change SLUG --country FR`."
        )
    until = after + dt.timedelta(days=days)
    first_year = sold_on.min().year if len(sold_on) else after.year
    known = holidays.country_holidays(country_code, years=range(first_year, until.year + 1), language=LANGUAGE)
    return [
        _ahead(date, name, sorted(day for day, each in known.items() if each == name), sold_on, date in announced)
        for date, name in sorted(known.items())
        if after < date <= until
    ]


def holidays_of(country_code: str, first_year: int, last_year: int) -> pd.DataFrame:
    """Return the public holidays of a country, one row a day: country_code, date, name (English); no row if unknown."""
    if not knows_holidays(country_code):
        return pd.DataFrame({"country_code": [], "date": [], "name": []})
    known = holidays.country_holidays(country_code, years=range(first_year, last_year + 1), language=LANGUAGE)
    rows = [(country_code, date, name) for date, name in sorted(known.items())]
    return pd.DataFrame(rows, columns=["country_code", "date", "name"])


def _ahead(
    date: dt.date, name: str, of_that_name: list[dt.date], sold_on: pd.DatetimeIndex, is_announced: bool
) -> HolidayAhead:
    days_off = habitual_days_off(sold_on)
    past = [
        day
        for day in of_that_name
        if len(sold_on) and sold_on.min() <= pd.Timestamp(day) <= sold_on.max() and day.weekday() not in days_off
    ]
    if not past:
        return HolidayAhead(date, name, None, "unknown", is_announced)
    last_time: Literal["open", "closed"] = "open" if pd.Timestamp(past[-1]) in sold_on else "closed"
    return HolidayAhead(date, name, past[-1], last_time, is_announced)
