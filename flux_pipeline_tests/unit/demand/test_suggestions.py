"""Closing on a holiday is suggested if the restaurant was closed on the last one of that name."""

import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.demand.inputs.holidays import HolidayAhead, holidays_ahead
from flux_pipeline.errors import PermanentError

TODAY = dt.date(2026, 11, 1)
CHRISTMAS = dt.date(2026, 12, 25)
LAST_CHRISTMAS = dt.date(2025, 12, 25)


def ahead(sold: pd.DatetimeIndex, announced: tuple[dt.date, ...] = ()) -> dict[dt.date, HolidayAhead]:
    found = holidays_ahead("FR", sold, announced, after=TODAY, days=90)
    assert [holiday.date for holiday in found] == [dt.date(2026, 11, 11), CHRISTMAS, dt.date(2027, 1, 1)]
    return {holiday.date: holiday for holiday in found}


def sold_without(*days: str) -> pd.DatetimeIndex:
    every = pd.date_range("2025-06-01", TODAY)
    return every[~every.isin(pd.to_datetime(list(days)))]


def test_a_holiday_on_which_it_was_closed_is_suggested() -> None:
    found = ahead(sold_without("2025-12-25"))
    assert found[CHRISTMAS] == HolidayAhead(CHRISTMAS, "Christmas Day", LAST_CHRISTMAS, "closed", False)
    assert [day for day, holiday in found.items() if holiday.is_suggested] == [CHRISTMAS]


def test_a_holiday_on_which_it_was_open_is_not_suggested() -> None:
    assert ahead(sold_without())[CHRISTMAS].last_time == "open"


def test_an_announced_holiday_is_not_suggested_again() -> None:
    assert not ahead(sold_without("2025-12-25"), (CHRISTMAS,))[CHRISTMAS].is_suggested


def test_a_weekly_day_off_is_not_evidence_for_a_holiday() -> None:
    """25 December 2025 was a Thursday."""
    without_thursdays = sold_without()[sold_without().day_of_week != 3]
    assert ahead(without_thursdays)[CHRISTMAS].last_time == "unknown"


def test_without_history_the_last_time_is_unknown() -> None:
    assert {holiday.last_time for holiday in ahead(pd.DatetimeIndex([])).values()} == {"unknown"}


@pytest.mark.parametrize("country", [None, "ZZ"])
def test_a_country_without_known_holidays_is_refused(country: str | None) -> None:
    with pytest.raises(PermanentError, match="not known; expected the ISO 3166 code of one of"):
        holidays_ahead(country, sold_without(), (), after=TODAY, days=30)
