"""True demand of a demo restaurant: the mean of each item on each day, known exactly because it is defined here.

Forecasts may be compared with it; the pipeline must not read it. `_sales` simulates how sales scatter around it.
"""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.demo._prices import discounts, on_menu
from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.calendar import is_open, public_holidays
from flux_pipeline.demo.restaurants import WEEKEND, DemoRestaurant

# The log mean's sensitivities to weather are relative to this temperature.
USUAL_TEMPERATURE_C = 12.0
# More rain than this has no further effect.
SOAKING_MM = 12.0
# Two kilometres from an event a third of its visitors' effect is left.
EVENT_REACH_KM = 2.0
# Beyond this effect the seats are full.
EVENT_CEILING = 0.6
KM_PER_DEGREE = 111.2
# Periods in days and amplitudes of slow changes: fashion, neighbours, a new bus stop. No period is a year, which would
# be a season.
SLOW_WAVES = ((1370.0, 0.08), (640.0, 0.05))
ITEM_WAVE = (430.0, 0.15)
DAYS_PER_YEAR = 365.25


def expected_quantities(
    restaurant: DemoRestaurant, dates: pd.DatetimeIndex, weather: pd.DataFrame, events: pd.DataFrame
) -> np.ndarray:
    """Compute the true mean of every item on every date: level × weekday × time of year × drivers × trend.

    Args:
        restaurant: the restaurant that sells.
        dates: business dates.
        weather: upload columns; the observed rows nearest to the restaurant count. A date without one has usual
            weather.
        events: upload columns.

    Returns:
        (items, dates) pieces; 0 where the restaurant is closed or the item isn't on the menu.
    """
    temper, items = restaurant.temper, restaurant.items
    temperature, rain = _observed(restaurant, dates, weather)
    heat = (temperature - USUAL_TEMPERATURE_C) / 10.0
    weekend = np.isin(dates.day_of_week, WEEKEND)
    day = (
        np.log(np.maximum(np.array(temper.weekday), 1e-12))[dates.day_of_week.to_numpy()]
        + temper.season * np.cos(2 * np.pi * (dates.day_of_year.to_numpy() - temper.season_peak) / DAYS_PER_YEAR)
        + temper.warmth * heat
        + temper.rain * np.minimum(rain / SOAKING_MM, 1.0)
        + np.minimum(temper.event * _event_pull(restaurant, dates, events), EVENT_CEILING)
        + _breaks_and_holidays(restaurant, dates)
        + sum(_wave(dates, period, height, restaurant.slug, period) for period, height in SLOW_WAVES)
    )
    item = (
        np.log(items["base_per_day"].to_numpy())[:, None]
        + items["heat"].to_numpy()[:, None] * heat
        + items["weekend"].to_numpy()[:, None] * weekend
        + np.stack([_wave(dates, *ITEM_WAVE, restaurant.slug, name) for name in items["item"]])
        + _price_effect(restaurant, dates)
    )
    means: np.ndarray = np.exp(day + item) * on_menu(restaurant, dates) * is_open(restaurant, dates)
    return means


def _observed(
    restaurant: DemoRestaurant, dates: pd.DatetimeIndex, weather: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return temperature in °C and rain in mm of each date at the restaurant's place."""
    seen = weather[weather["kind"] == "observed"] if len(weather) else weather
    if seen.empty:
        return np.full(len(dates), USUAL_TEMPERATURE_C), np.zeros(len(dates))
    away = _distance_km(restaurant, seen["latitude"], seen["longitude"])
    near = seen[away <= away.min() + 1e-9]
    by_date = near.set_index(pd.to_datetime(near["date"]))[["temperature_c", "precipitation_mm"]].astype(float)
    of_dates = by_date.reindex(dates)
    temperature = of_dates["temperature_c"].fillna(USUAL_TEMPERATURE_C).to_numpy()
    return temperature, of_dates["precipitation_mm"].fillna(0.0).to_numpy()


def _event_pull(restaurant: DemoRestaurant, dates: pd.DatetimeIndex, events: pd.DataFrame) -> np.ndarray:
    """Return the visitors of events on each date in ten thousands; events further away count less."""
    pull = np.zeros(len(dates))
    if events.empty:
        return pull
    local = [
        pd.to_datetime(events[side], utc=True).dt.tz_convert(restaurant.timezone) for side in ("starts_at", "ends_at")
    ]
    first, last = (moments.dt.tz_localize(None).dt.normalize() for moments in local)
    closeness = np.exp(-_distance_km(restaurant, events["latitude"], events["longitude"]) / EVENT_REACH_KM)
    visitors = events["expected_attendance"].to_numpy(float) / 10_000 * closeness
    for begin, end, share in zip(first, last, visitors, strict=True):
        pull[(dates >= begin) & (dates <= end)] += share
    return pull


def _breaks_and_holidays(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the change of the log mean on holidays, on the days before them, and while guests are away."""
    temper = restaurant.temper
    days = pd.DatetimeIndex(sorted(public_holidays(restaurant.country_code, dates)))
    effect = np.where(dates.isin(days), np.log(temper.holiday), 0.0)
    effect += np.where(dates.isin(days - pd.Timedelta(days=1)) & ~dates.isin(days), np.log(temper.eve), 0.0)
    month_day = list(zip(dates.month, dates.day, strict=True))
    for first, last, factor in temper.breaks:
        effect += np.log(factor) * np.array([first <= each <= last for each in month_day], dtype=float)
    return effect


def _price_effect(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the change of the log mean by price, (items, dates).

    The yearly rise has its full effect in January and none by the end of December; a cut has it at once.
    """
    temper = restaurant.temper
    felt = np.log1p(temper.price_rise) * (1.0 - dates.day_of_year.to_numpy() / (DAYS_PER_YEAR + 1))
    cut = np.log1p(-discounts(restaurant, dates))
    effect: np.ndarray = temper.price_elasticity * felt + temper.promotion_elasticity * cut
    return effect


def _wave(dates: pd.DatetimeIndex, period: float, height: float, *name: object) -> np.ndarray:
    phase = rng_for("wave", *name).uniform(0, 2 * np.pi)
    since = (dates - pd.Timestamp(dt.date(2020, 1, 1))).days.to_numpy()
    wave: np.ndarray = height * np.sin(2 * np.pi * since / period + phase)
    return wave


def _distance_km(restaurant: DemoRestaurant, latitude: pd.Series, longitude: pd.Series) -> np.ndarray:
    """Return distances on a flat earth, correct to a few metres within a city."""
    north = (latitude.to_numpy(float) - restaurant.latitude) * KM_PER_DEGREE
    east = (longitude.to_numpy(float) - restaurant.longitude) * KM_PER_DEGREE * np.cos(np.radians(restaurant.latitude))
    away: np.ndarray = np.hypot(north, east)
    return away
