"""Simulated weather: observations, and forecasts for the days ahead. `_truth` has its effect on sales."""

import datetime as dt
from functools import lru_cache

import numpy as np
import pandas as pd

from flux_pipeline.demo._seeds import rng_for

WEATHER_COLUMNS = [
    "latitude", "longitude", "date", "kind", "issued_at",
    "temperature_c", "precipitation_mm", "wind_mps", "cloud_pct", "source",
]  # fmt: skip
SOURCE = "demo weather"
# Weather forgets: a day keeps this share of yesterday's departure from the season. After MEMORY_DAYS days a thermometer
# shows nothing of it (0.75 to the power of 16 is 0.01).
TEMPERATURE_MEMORY, WETNESS_MEMORY, MEMORY_DAYS = 0.75, 0.45, 16
# Standard deviation of a day's temperature around the season's, in °C, as in western Europe.
TEMPERATURE_SPREAD_C = 3.6
# A standard normal wetness above this is rain: 36 % of days.
RAIN_FROM = 0.36
# A forecast's correlation with the actual weather: 0.97 for tomorrow, 0.055 less each further day, at least 0.15.
FIRST_SKILL, SKILL_LOSS, LEAST_SKILL = 0.97, 0.055, 0.15
# Before the business day's end at 04:00 anywhere in western Europe, so that it is known to that day's forecast.
ISSUED_AT_UTC = dt.time(1)


def simulate_weather(
    latitude: float, longitude: float, first_day: dt.date, last_day: dt.date, horizon_days: int = 16
) -> pd.DataFrame:
    """Simulate the observed weather of each day, then a forecast for each of the days after.

    Args:
        latitude, longitude: the place, degrees; a place further from the equator is colder and its seasons differ more.
        first_day, last_day: days observed, both included.
        horizon_days: days forecast, issued early (UTC) on the day after `last_day`.

    Returns:
        WEATHER_COLUMNS, date and issued_at as text (ISO; issued_at empty for observations), one row per day. A day's
        observed row depends only on place and date; a forecast row also on the day it was issued.
    """
    dates = pd.date_range(first_day, last_day + dt.timedelta(days=horizon_days))
    is_ahead = np.asarray(dates > pd.Timestamp(last_day))
    place = f"{latitude:.3f},{longitude:.3f}"
    latent = _latent(place, dates)
    latent[is_ahead] = _forecast(latent[is_ahead], place, last_day, dates[is_ahead])
    issued = dt.datetime.combine(last_day + dt.timedelta(days=1), ISSUED_AT_UTC)
    frame = pd.DataFrame(
        {
            "latitude": latitude,
            "longitude": longitude,
            "date": dates.strftime("%Y-%m-%d"),
            "kind": np.where(is_ahead, "forecast", "observed"),
            "issued_at": np.where(is_ahead, f"{issued:%Y-%m-%dT%H:%M}Z", ""),
            **_measures(latitude, dates, latent),
            "source": SOURCE,
        }
    )
    return frame[WEATHER_COLUMNS]


def _latent(place: str, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return standard normals (dates, 3): temperature and wetness with memory, wind without."""
    if not len(dates):
        return np.zeros((0, 3))
    days = pd.date_range(dates[0] - pd.Timedelta(days=MEMORY_DAYS), dates[-1])
    shocks = np.stack([_shock(place, day.date()) for day in days])
    latent = shocks[MEMORY_DAYS:].copy()
    for column, memory in enumerate((TEMPERATURE_MEMORY, WETNESS_MEMORY)):
        weights = memory ** np.arange(MEMORY_DAYS + 1)
        past = np.convolve(shocks[:, column], weights, mode="valid")
        latent[:, column] = past / np.sqrt((weights**2).sum())
    return latent


@lru_cache(maxsize=16_384)
def _shock(place: str, day: dt.date) -> np.ndarray:
    """Return what is new in the weather of a day, (3,) standard normals; forecasts of many days ask for the same."""
    return rng_for("weather", place, day).standard_normal(3)


def _forecast(latent: np.ndarray, place: str, last_day: dt.date, ahead: pd.DatetimeIndex) -> np.ndarray:
    """Return the forecast issued on the day after `last_day`: unbiased, with less variance the lower its skill."""
    skill = np.maximum(FIRST_SKILL - SKILL_LOSS * np.arange(len(ahead)), LEAST_SKILL)[:, None]
    noise = [rng_for("weather forecast", place, last_day, day.date()).standard_normal(3) for day in ahead]
    error = np.reshape(noise, (len(ahead), 3))
    forecast: np.ndarray = skill * (skill * latent + np.sqrt(1.0 - skill**2) * error)
    return forecast


def _measures(latitude: float, dates: pd.DatetimeIndex, latent: np.ndarray) -> dict[str, np.ndarray]:
    """Convert the standard normals to degrees, millimetres, metres a second and per cent."""
    warmth, wetness, air = latent.T
    # The warmest day is in late July north of the equator, half a year later south of it.
    peak = 203 if latitude >= 0 else 20
    year = np.cos(2 * np.pi * (dates.day_of_year.to_numpy() - peak) / 365.25)
    mean = 30.0 - 0.38 * abs(latitude)
    temperature = mean + 0.2 * abs(latitude) * year + TEMPERATURE_SPREAD_C * warmth
    rain = np.where(wetness > RAIN_FROM, 2.2 * np.expm1(1.1 * (wetness - RAIN_FROM)), 0.0)
    return {
        "temperature_c": np.round(temperature, 1),
        "precipitation_mm": np.round(rain, 1),
        "wind_mps": np.round(3.2 * np.exp(0.4 * air + 0.15 * wetness), 1),
        "cloud_pct": np.round(np.clip(52 + 28 * wetness + 6 * air, 0, 100)),
    }
