"""Weather of each day: what was measured or forecast counts, else the climatology, and each row says which."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.weather import RECENT_DAYS, climatology, days_without_forecast, weather_drivers
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar, counts, sales_of, weekday_factor

JULY, JANUARY = pd.Timestamp("2026-07-20"), pd.Timestamp("2026-01-20")


def sky(first: str, last: str, noise: float = 3.0) -> pd.DataFrame:
    """Return the observed weather of a place with a mean of 20 degrees in July, 0 in January, and rain on most days."""
    dates = pd.date_range(first, last)
    rng = np.random.default_rng(5)
    warm = 10 - 10 * np.cos(2 * np.pi * (dates.day_of_year - 20) / 365.25) + noise * rng.standard_normal(len(dates))
    rain = np.where(rng.random(len(dates)) < 0.6, rng.gamma(0.6, 8.0, len(dates)), 0.0)
    return pd.DataFrame({"date": dates, "temperature_c": warm, "precipitation_mm": rain, "source_kind": "observed"})


def test_climatology_has_the_season_of_the_place() -> None:
    usual = climatology(sky("2023-01-01", "2025-12-31"), pd.DatetimeIndex([JANUARY, JULY]))
    assert usual.temperature_c.tolist() == pytest.approx([0.0, 20.0], abs=1.0)


def test_half_a_year_invents_no_season() -> None:
    known = sky("2025-07-01", "2025-12-15")
    usual = climatology(known, pd.DatetimeIndex([JANUARY, JULY]))
    assert usual.temperature_c.nunique() == 1
    assert usual.temperature_c[0] == pytest.approx(known.temperature_c[-RECENT_DAYS:].mean())


def test_climatological_rain_has_the_mean_effect_and_not_the_mean_amount() -> None:
    known = sky("2023-01-01", "2025-12-31")
    usual = climatology(known, pd.date_range("2026-01-01", "2026-12-31")).precipitation_mm
    assert np.log1p(usual).mean() == pytest.approx(np.log1p(known.precipitation_mm).mean(), rel=0.01)
    assert usual.max() < 0.8 * known.precipitation_mm.mean()


def test_what_was_never_known_of_a_place_stays_unknown() -> None:
    known = sky("2025-01-01", "2025-12-31").assign(precipitation_mm=np.nan)
    days = weather_drivers(known, pd.date_range("2025-12-20", "2026-01-14"), dt.date(2025, 12, 31))
    assert days.temperature_c.notna().all()
    assert days.precipitation_mm.isna().all()
    assert (days.precipitation_mm_provenance == "").all()


def test_gaps_are_filled_ahead_and_in_the_four_weeks_behind_only() -> None:
    known = sky("2024-01-01", "2025-12-24")
    known = known[~known.date.isin(pd.date_range("2025-10-01", "2025-10-05"))]
    ahead = known.tail(1).assign(date=pd.Timestamp("2026-01-02"), source_kind="forecast issued 2025-12-31 06:00 UTC")
    days = weather_drivers(pd.concat([known, ahead]), pd.date_range("2025-09-01", "2026-01-14"), dt.date(2025, 12, 31))
    provenance = days.temperature_c_provenance
    assert (provenance["2025-10-01":"2025-10-05"] == "").all()
    assert days.temperature_c["2025-10-01":"2025-10-05"].isna().all()
    assert provenance["2025-12-24"] == "measured"
    assert (provenance["2025-12-25":"2026-01-01"] == "climatology").all()
    assert provenance["2026-01-02"] == "forecast issued 2025-12-31 06:00 UTC"
    assert (provenance["2026-01-03":] == "climatology").all()
    assert days.temperature_c["2025-12-25":].notna().all()


def test_days_without_a_forecast_are_open_days_ahead_with_climatology() -> None:
    as_of = dt.date(2025, 12, 31)
    dates = pd.date_range("2025-12-01", "2026-01-14", name="date")
    known = sky("2024-01-01", "2026-01-03")
    days = weather_drivers(known, dates, as_of).reset_index().assign(is_open=True)
    assert days_without_forecast(days, as_of) == 11
    days.loc[days.index[-1], "is_open"] = False
    assert days_without_forecast(days, as_of) == 10
    assert days_without_forecast(days[["date", "is_open"]], as_of) == 0


def cafe_with(ahead: pd.DataFrame) -> pd.DataFrame:
    """Forecast a cafe that sells more the warmer it is; return its rows. `ahead`: the known weather of days ahead."""
    days = calendar(500)
    past = sky(str(days.date.iloc[0].date()), str(AS_OF))
    days = days.join(weather_drivers(pd.concat([past, ahead]), pd.DatetimeIndex(days.date), AS_OF), on="date")
    warmth = (days.temperature_c - days.temperature_c.rolling(28, min_periods=1).mean()).to_numpy()
    mean = 40 * weekday_factor(days) * np.exp(0.02 * warmth)
    return forecast_demand(sales_of(days, {"coffee": counts(mean, 1.5, 3)}), days, as_of=AS_OF).rows


def weather_factors(rows: pd.DataFrame) -> list[dict[str, object]]:
    return [{each["factor"]: each for each in factors}.get("temperature_c", {}) for factors in rows.factors]


def test_every_row_whose_weather_is_not_forecast_says_so_whatever_the_effect() -> None:
    first = str(pd.Timestamp(AS_OF) + pd.Timedelta(days=1))
    last = str(pd.Timestamp(AS_OF) + pd.Timedelta(days=HORIZON // 2))
    ahead = sky(first, last).assign(source_kind="forecast issued 2025-06-01 12:00 UTC", temperature_c=30.0)
    found = weather_factors(cafe_with(ahead))
    issued, usual = found[: HORIZON // 2], found[HORIZON // 2 :]
    assert {each["provenance"] for each in issued} == {"forecast issued 2025-06-01 12:00 UTC"}
    assert {each["provenance"] for each in usual} == {"climatology"}
    assert all("the usual weather of the date counts" in str(each["text"]) for each in usual)
    assert not any("usual weather" in str(each["text"]) for each in issued)
    assert all(float(str(each["multiplier"])) > 1.1 for each in issued)


def test_climatology_changes_little() -> None:
    for each in weather_factors(cafe_with(sky("2000-01-01", "2000-01-01").iloc[:0])):
        assert float(str(each["multiplier"])) == pytest.approx(1.0, abs=0.08)
