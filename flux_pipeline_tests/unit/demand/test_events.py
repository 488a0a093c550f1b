"""Events: their pull by attendance and distance, duplicates of several sources, their effect on a forecast, words."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs._events import category, event_drivers, without_duplicates
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar, counts, sales_of, weekday_factor

DAY = "2025-05-10"
FAIR: dict[str, Any] = {
    "date": DAY,
    "name": "Wine fair",
    "kind": "fair",
    "starts_at": f"{DAY}T18:00Z",
    "ends_at": f"{DAY}T22:00Z",
    "latitude": 48.86,
    "longitude": 2.35,
    "distance_km": 1.2,
    "expected_attendance": 9_000.0,
    "source": "city",
}


def events(*changes: dict[str, Any]) -> pd.DataFrame:
    """Return one row per event and day: the wine fair with changes."""
    frame = pd.DataFrame([FAIR | each for each in changes])
    moments = {name: pd.to_datetime(frame[name], utc=True) for name in ("starts_at", "ends_at")}
    return frame.assign(date=pd.to_datetime(frame.date), **moments)


def pull_of(**changes: Any) -> float:
    return float(event_drivers(events(changes)).event.iloc[0])


def test_an_event_pulls_more_the_larger_and_the_nearer_it_is() -> None:
    sizes = [pull_of(expected_attendance=guests) for guests in (0, 500, 5_000, 20_000, 50_000)]
    distances = [pull_of(distance_km=away) for away in (0.0, 0.5, 2.0, 6.0)]
    assert sizes[0] == 0
    assert sizes == sorted(set(sizes))
    assert distances == sorted(set(distances), reverse=True)
    assert pull_of(distance_km=2.0) == pytest.approx(pull_of(distance_km=0.0) / np.e)


def test_an_event_of_5000_guests_next_door_has_a_pull_of_1_and_so_has_one_of_unknown_size() -> None:
    assert pull_of(expected_attendance=5_000, distance_km=0.0) == pytest.approx(1.0)
    assert pull_of(expected_attendance=np.nan, distance_km=0.0) == pytest.approx(1.0)


def test_a_festival_of_millions_counts_like_one_of_fifty_thousand() -> None:
    assert pull_of(expected_attendance=3e6) == pull_of(expected_attendance=50_000)


def test_an_event_without_a_place_is_everywhere() -> None:
    everywhere = {"latitude": np.nan, "longitude": np.nan, "distance_km": np.nan}
    assert pull_of(**everywhere) == pull_of(distance_km=0.0)


def test_the_pulls_of_a_day_add_up_and_each_category_has_its_part() -> None:
    rows = events({}, {"name": "Jazz", "kind": "Concerts"}, {"date": "2025-05-11", "kind": "concert"})
    days = event_drivers(rows)
    assert list(days.columns) == ["event", "event:concert", "event:fair", "event_words"]
    assert days.event.tolist() == pytest.approx([2 * pull_of(), pull_of()])
    assert days["event:concert"].tolist() == pytest.approx([pull_of(), pull_of()])
    assert days["event:fair"].tolist() == pytest.approx([pull_of(), 0.0])


@pytest.mark.parametrize(
    ("kind", "name"), [("Trade-Fairs", "trade fair"), ("trade_fair", "trade fair"), ("chess", "chess"), (" ", "event")]
)
def test_spellings_of_a_kind_are_one_category(kind: str, name: str) -> None:
    assert category(kind) == name


@pytest.mark.parametrize(
    "other",
    [
        {"name": "WINE FAIR"},
        {"name": "Wine Fair 2025"},
        {"name": "Wíne-fair"},
        {"latitude": 48.8610},
        {"starts_at": f"{DAY}T19:30Z"},
        {"expected_attendance": np.nan},
    ],
)
def test_the_same_event_of_two_sources_counts_once(other: dict[str, Any]) -> None:
    for rows in (({}, other | {"source": "tickets"}), (other | {"source": "tickets"}, {})):
        kept = without_duplicates(events(*rows))
        assert len(kept) == 1
        assert kept.expected_attendance.notna().all()


@pytest.mark.parametrize(
    "other",
    [
        {"source": "city"},
        {"name": "Beer festival"},
        {"latitude": 48.8630},
        {"starts_at": f"{DAY}T20:30Z"},
        {"latitude": np.nan, "longitude": np.nan, "distance_km": np.nan},
    ],
)
def test_another_event_is_no_duplicate(other: dict[str, Any]) -> None:
    assert len(without_duplicates(events({}, {"source": "tickets"} | other))) == 2


def test_an_own_event_is_at_the_restaurant_and_so_is_its_announcement_next_door() -> None:
    own = {"source": None, "latitude": np.nan, "longitude": np.nan, "distance_km": 0.0, "expected_attendance": np.nan}
    assert without_duplicates(events({"distance_km": 0.1}, own)).source.tolist() == ["city"]
    assert len(without_duplicates(events({"distance_km": 0.3}, own))) == 2
    assert len(without_duplicates(events(own, {"distance_km": np.nan}))) == 2


def test_every_day_of_a_duplicate_is_left_out() -> None:
    days = pd.date_range(DAY, periods=3)
    twice = events(*({"date": day, "source": source} for source in ("city", "tickets") for day in days))
    assert without_duplicates(twice).date.tolist() == list(days)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "fair 1.2 km away, 9,000 guests"),
        ({"distance_km": 0.0, "expected_attendance": 1.0}, "fair at the restaurant, 1 guest"),
        ({"distance_km": np.nan, "expected_attendance": np.nan}, "fair"),
        ({"kind": "event"}, "Wine fair 1.2 km away, 9,000 guests"),
    ],
)
def test_the_words_have_kind_distance_and_guests(changes: dict[str, Any], words: str) -> None:
    assert event_drivers(events(changes)).event_words.tolist() == [words]


def test_the_words_name_the_largest_pull_and_count_the_others() -> None:
    far, near = {"distance_km": 3.0, "expected_attendance": 20_000.0}, {"kind": "market", "name": "Market"}
    days = event_drivers(events(far, near, {"name": "Tasting", "expected_attendance": 50.0}))
    assert days.event_words.tolist() == ["market 1.2 km away, 9,000 guests, and 2 other events"]


def town(effects: dict[str, float], past: dict[str, int], ahead: list[str]) -> DemandForecast:
    """Forecast a cafe in a town with events of 5,000 guests, each category with its effect; `ahead`: one a day."""
    days = calendar(400)
    rng = np.random.default_rng(7)
    on = {kind: list(rng.choice(380, number, replace=False)) for kind, number in past.items()}
    rows = [(at, kind) for kind, days_on in on.items() for at in days_on]
    rows += [(len(days) - HORIZON + n, kind) for n, kind in enumerate(ahead)]
    frame = events(
        *(
            {"date": days.date[at], "kind": kind, "name": kind, "distance_km": 0.0, "expected_attendance": 5_000.0}
            for at, kind in rows
        )
    )
    drivers = event_drivers(frame)
    days = days.join(drivers, on="date").fillna({c: "" if c == "event_words" else 0.0 for c in drivers})
    mean = 30 * weekday_factor(days)
    for kind, days_on in on.items():
        mean[days_on] *= effects[kind]
    sales = sales_of(days, {f"item {i}": counts(mean, 2.0, i) for i in range(4)})
    return forecast_demand(sales, days, as_of=AS_OF)


def event_factors(forecast: DemandForecast) -> list[dict[str, Any]]:
    rows = forecast.rows[forecast.rows["item"] == "item 0"]
    return [each for factors in rows.factors for each in factors if each["factor"] == "event"]


def test_each_category_gets_its_own_effect_and_a_day_has_one_factor() -> None:
    forecast = town({"fair": 1.6, "match": 1.0}, {"fair": 25, "match": 25}, ["fair", "match"])
    fair, match = event_factors(forecast)
    assert fair["multiplier"] == pytest.approx(1.6, rel=0.1)
    assert match["multiplier"] == pytest.approx(1.0, rel=0.1)
    assert fair["text"].startswith("Fair at the restaurant, 5,000 guests: 1.")
    found = forecast.as_metadata()["drivers"]
    assert found["event:fair"]["multiplier"] > 1.3 > found["event:match"]["multiplier"]
    assert found["event"]["days"] > found["event:fair"]["days"] == 25


def test_one_past_day_says_little_about_a_category() -> None:
    forecast = town({"match": 1.2, "fair": 2.5}, {"match": 25, "fair": 1}, ["match", "fair", "opera"])
    match, fair, opera = event_factors(forecast)
    assert opera["multiplier"] == pytest.approx(match["multiplier"], rel=0.15)
    assert match["multiplier"] < fair["multiplier"] < 1.7
    assert [each["identified"] for each in (match, fair, opera)] == [True, False, False]


def test_the_trigger_line_has_the_event_without_its_guests() -> None:
    forecast = town({"fair": 1.6}, {"fair": 25}, ["fair"])
    line = forecast.rows.logic_trigger.iloc[0]
    assert "fair at the restaurant 1." in line
    assert "guests" not in line


def test_twice_the_pull_has_twice_the_effect() -> None:
    days = calendar(400)
    dose = np.where(np.random.default_rng(2).random(len(days)) < 0.1, 1.0, 0.0)
    dose[::20] = 2.0
    dose[-HORIZON:] = [1.0, 2.0] * (HORIZON // 2)
    days = days.assign(event=dose)
    mean = 30 * weekday_factor(days) * 1.2**dose
    sales = sales_of(days, {f"item {i}": counts(mean, 2.0, i) for i in range(4)})
    one, two = (each["multiplier"] for each in event_factors(forecast_demand(sales, days, as_of=AS_OF))[:2])
    assert one == pytest.approx(1.2, rel=0.08)
    assert two == pytest.approx(one**2, rel=0.001)


def test_a_small_dose_widens_the_forecast_less_than_a_large_one() -> None:
    widths = []
    for dose in (0.05, 1.0):
        days = calendar(300)
        event = np.where(np.random.default_rng(2).random(len(days)) < 0.1, 1.0, 0.0)
        event[-HORIZON:] = 0.0
        event[-1] = dose
        days = days.assign(event=event)
        sales = sales_of(days, {f"item {i}": counts(60 * weekday_factor(days), 1.5, i) for i in range(4)})
        rows = forecast_demand(sales, days, as_of=AS_OF).rows
        last = rows[rows.date == rows.date.max()]
        widths.append(float(((last["q0.9"] - last["q0.1"]) / last["mean"]).mean()))
    assert widths[0] < 0.95 * widths[1]


def test_where_events_are_usual_they_neither_move_the_average_day_nor_widen_the_forecast() -> None:
    days = calendar(200)
    pull = 6 + np.random.default_rng(1).standard_normal(len(days))
    pull[-1] = 0.0
    mean = 60 * weekday_factor(days) * np.exp(0.04 * (pull - 6))
    sales = sales_of(days, {f"item {i}": counts(mean, 2.0, i) for i in range(4)})
    without = forecast_demand(sales, days, as_of=AS_OF).rows
    rows = forecast_demand(sales, days.assign(event=pull), as_of=AS_OF).rows
    usual = rows.date < rows.date.max()
    assert (rows["q0.9"] - rows["q0.1"])[usual].mean() < 1.03 * (without["q0.9"] - without["q0.1"])[usual].mean()
    assert rows.factors.iloc[0][0]["value"] == pytest.approx(without.factors.iloc[0][0]["value"], rel=0.05)
    last = {each["factor"]: each for each in rows.factors.iloc[HORIZON - 1]}
    assert last["event"]["multiplier"] == pytest.approx(np.exp(-0.24), rel=0.1)
    assert last["event"]["text"].startswith("No event nearby: 0.")
