"""Weather of each day as drivers, with its provenance, and the climatology that counts where no weather is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.inputs.drivers import CLIMATOLOGY, PROVENANCE

Floats = npt.NDArray[np.float64]

MEASURES = ("temperature_c", "precipitation_mm")
# With every month known, the season is one wave a year: 8 to 14 days ahead its error is 3.6 °C with one year of a
# coastal city's temperatures and 3.5 °C with three; the mean of the ten days before and after the date has 4.0 and 3.7,
# a second wave 3.7 and 3.5. Adding what is left of the last weeks' anomaly changes nothing at that distance.
MONTHS = 12
YEAR_DAYS = 365.25
# Half a year shows no season, and a wave through it would invent one. Then the newest weeks count (4.6 °C), from whose
# mean the model measures temperature, so that these days get no effect of temperature.
RECENT_DAYS = 28


def weather_drivers(weather: pd.DataFrame, dates: pd.DatetimeIndex, as_of: dt.date) -> pd.DataFrame:
    """Return the weather of each date and its provenance, as columns of `days`.

    Days ahead get the climatology where nothing is known, and so do the four weeks behind, with which the temperature
    ahead is compared. Earlier gaps remain unknown, which has no effect: years of climatology before the first
    observation would make ordinary weather look extreme.

    Args:
        weather: date, temperature_c, precipitation_mm, source_kind ("observed", "forecast issued ..."); it may have
            more days than `dates`, for the climatology.
        dates: the wanted days, past and ahead.
        as_of: the last day of history.

    Returns:
        Indexed by date: temperature_c, precipitation_mm (NaN: unknown), and for each its provenance: "measured",
        "forecast issued ...", "climatology", or "" if unknown.
    """
    known = weather.set_index("date").reindex(dates)
    usual = climatology(weather, dates).set_index("date")
    source = known.source_kind.replace("observed", "measured").fillna("")
    is_filled = dates > pd.Timestamp(as_of) - pd.Timedelta(days=RECENT_DAYS)
    days = pd.DataFrame(index=dates)
    for name in MEASURES:
        value = known[name].astype(float)
        filled = value.isna() & is_filled & usual[name].notna()
        days[name] = value.mask(filled, usual[name])
        days[f"{name}{PROVENANCE}"] = source.where(value.notna(), "").mask(filled, CLIMATOLOGY).astype(object)
    return days


def climatology(weather: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the usual weather of a place on each date, from what is known of it.

    A year's wave is fitted by least squares once each month of the year is known; before that it is the mean of the
    newest 28 known days. Rain is averaged as ln(1 + mm), the form in which it has its effect: a day of mean rain would
    count as wet, although most days are dry.

    Args:
        weather: date, temperature_c, precipitation_mm (NaN: unknown).
        dates: the wanted days.

    Returns:
        date, temperature_c, precipitation_mm; NaN if nothing is known.
    """
    on = pd.DatetimeIndex(weather.date)
    temperature, rain = (weather[name].to_numpy(dtype=float, na_value=np.nan) for name in MEASURES)
    wetness = np.maximum(_usual(np.log1p(rain), on, dates), 0.0)
    return pd.DataFrame({"date": dates, MEASURES[0]: _usual(temperature, on, dates), MEASURES[1]: np.expm1(wetness)})


def _usual(values: Floats, on: pd.DatetimeIndex, dates: pd.DatetimeIndex) -> Floats:
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(dates), np.nan)
    values, on = values[known], on[known]
    if on.month.nunique() < MONTHS:
        return np.full(len(dates), values[np.argsort(on)[-RECENT_DAYS:]].mean())
    wave, *_ = np.linalg.lstsq(_year(on), values, rcond=None)
    return np.asarray(_year(dates) @ wave)


def _year(dates: pd.DatetimeIndex) -> Floats:
    """Return mean, cosine and sine of the year as columns (dates, 3)."""
    angle = 2 * np.pi * dates.day_of_year.to_numpy() / YEAR_DAYS
    return np.column_stack([np.ones(len(dates)), np.cos(angle), np.sin(angle)])


def days_without_forecast(days: pd.DataFrame, as_of: dt.date) -> int:
    """Return on how many open days ahead the climatology counts; `days` as `build_days` returns them."""
    ahead = days[(days.date > pd.Timestamp(as_of)) & days.is_open]
    provenance = [f"{name}{PROVENANCE}" for name in MEASURES if f"{name}{PROVENANCE}" in ahead]
    return int((ahead[provenance] == CLIMATOLOGY).any(axis=1).sum())
