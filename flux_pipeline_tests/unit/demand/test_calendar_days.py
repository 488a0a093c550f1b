"""Open days follow from opening hours, closures, habit and holidays, the most certain of them first."""

import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.demand.inputs.days import build_days

AS_OF = dt.date(2026, 3, 31)  # a Tuesday
NOTHING = pd.DataFrame()
NO_CLOSURES = pd.DataFrame({"date": pd.to_datetime([]), "reason": []})
NO_HOURS = pd.DataFrame({"day_of_week": [], "is_closed": []})
WEDNESDAY = 2


def sold_on(start: str = "2025-09-01", without_weekdays: tuple[int, ...] = (), without: tuple[str, ...] = ()):
    days = pd.date_range(start, AS_OF)
    return days[~days.day_of_week.isin(without_weekdays) & ~days.isin(pd.to_datetime(list(without)))]


def build(sold: pd.DatetimeIndex, **changes: object) -> pd.DataFrame:
    arguments: dict = {
        "as_of": AS_OF,
        "horizon_days": 14,
        "opening_hours": NO_HOURS,
        "closures": NO_CLOSURES,
        "country_code": None,
        "weather": NOTHING,
        "event_days": NOTHING,
    }
    return build_days(sold, **(arguments | changes)).set_index("date")


def test_the_days_run_from_the_first_sale_to_the_day_after_the_horizon() -> None:
    days = build(sold_on())
    assert days.index[0] == pd.Timestamp("2025-09-01")
    assert days.index[-1] == pd.Timestamp("2026-04-15")
    assert days.is_open.all()


def test_a_past_day_without_a_sale_is_not_evidence() -> None:
    days = build(sold_on(without=("2026-01-15",)))
    assert not days.is_open["2026-01-15"]
    assert days.is_open.sum() == len(days) - 1


def test_days_after_the_newest_sale_are_not_uploaded_yet_unless_they_were_to_be_closed() -> None:
    closures = pd.DataFrame({"date": pd.to_datetime(["2026-03-30"]), "reason": ["stocktaking"]})
    days = build(sold_on(without=("2026-03-29", "2026-03-30", "2026-03-31")), closures=closures)
    assert days.index[~days.has_data].astype(str).tolist() == ["2026-03-29", "2026-03-31"]
    assert days.closed_reason["2026-03-28":"2026-04-01"].tolist() == ["", "no sales", "stocktaking", "no sales", ""]


def test_a_weekday_that_never_sold_is_expected_to_stay_closed() -> None:
    days = build(sold_on(without_weekdays=(WEDNESDAY,)))
    assert not days.is_open["2026-04-01"]
    assert "Wednesday" in days.closed_reason["2026-04-01"]
    assert days.is_open["2026-04-02"]


def test_two_weeks_of_history_show_no_habit() -> None:
    days = build(sold_on("2026-03-18", without_weekdays=(WEDNESDAY,)))
    assert days.is_open["2026-04-01":].all()


def test_declared_hours_go_before_habit() -> None:
    hours = pd.DataFrame({"day_of_week": range(7), "is_closed": [False] * 6 + [True]})
    days = build(sold_on(without_weekdays=(WEDNESDAY,)), opening_hours=hours)
    assert days.is_open["2026-04-01"]
    assert days.closed_reason["2026-04-05"] == "closed on Sundays, by its opening hours"


def test_an_announced_closure_is_closed_for_its_reason() -> None:
    closures = pd.DataFrame({"date": pd.to_datetime(["2026-04-03"]), "reason": ["painting the kitchen"]})
    days = build(sold_on(), closures=closures)
    assert days.closed_reason["2026-04-03"] == "painting the kitchen"


@pytest.mark.parametrize(
    ("closed_holidays", "open_on_easter_monday"), [(("2025-11-11", "2025-12-25", "2026-01-01"), False), ((), True)]
)
def test_a_restaurant_that_closed_on_holidays_is_expected_to_close_on_the_next(
    closed_holidays: tuple[str, ...], open_on_easter_monday: bool
) -> None:
    days = build(sold_on(without=closed_holidays), country_code="FR")
    assert days.is_holiday["2026-04-06"] == 1
    assert days.is_open["2026-04-06"] == open_on_easter_monday


def of_events(*rows: tuple[str, str]) -> pd.DataFrame:
    """Return events next door, each a date and a kind."""
    dates = pd.to_datetime([date for date, _ in rows])
    return pd.DataFrame(
        {
            "date": dates,
            "name": "Something",
            "kind": [kind for _, kind in rows],
            "starts_at": dates.tz_localize("UTC"),
            "ends_at": dates.tz_localize("UTC"),
            "latitude": 48.9,
            "longitude": 2.3,
            "distance_km": 0.0,
            "expected_attendance": 5_000.0,
            "source": "city",
        }
    )


def test_weather_and_events_are_on_their_days() -> None:
    weather = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-04-01"]),
            "temperature_c": [12.5],
            "precipitation_mm": [3.0],
            "source_kind": "forecast issued 2026-03-31 06:00 UTC",
        }
    )
    days = build(sold_on(), weather=weather, event_days=of_events(("2026-04-02", "fair"), ("2020-01-01", "opera")))
    assert days.temperature_c["2026-04-01"] == 12.5
    assert days.temperature_c_provenance["2026-04-01"] == "forecast issued 2026-03-31 06:00 UTC"
    assert days.event[["2026-04-01", "2026-04-02"]].tolist() == [0.0, 1.0]
    assert days.event_words[["2026-04-01", "2026-04-02"]].tolist() == ["", "fair at the restaurant, 5,000 guests"]
    assert not {"is_school_holiday", "event:opera"} & set(days)


def test_school_holidays_are_not_events() -> None:
    break_ = [("2026-04-02", "school_holiday"), ("2026-04-03", "school_holiday")]
    only = build(sold_on(), event_days=of_events(*break_))["2026-04-01":"2026-04-03"]
    assert only.is_school_holiday.tolist() == [0, 1, 1]
    assert "event" not in only
    both = build(sold_on(), event_days=of_events(*break_, ("2026-04-03", "fair")))["2026-04-01":"2026-04-03"]
    assert both.is_school_holiday.tolist() == [0, 1, 1]
    assert both.event.tolist() == [0.0, 0.0, 1.0]


def test_without_any_sale_there_are_still_the_days_of_the_horizon() -> None:
    days = build(pd.DatetimeIndex([]))
    assert len(days) == 16
