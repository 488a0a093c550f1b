"""Hourly weather of the simulated world in Open-Meteo's shape: forecasts, past weather, forecasts of earlier days.

The hours of a day agree with the day's figures: their mean temperature (on a day of 24 hours), wind and clouds, and the
sum of their rain. Days are those of the demo's restaurant in the same cell of the grid, so that the weather fetched for
it is that of its simulated sales; at any other point, days are those of UTC.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in._exchange import Answer, Asked, as_json
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.ingest.kinds.places import place_key

UNITS = {
    "temperature_2m": "°C",
    "precipitation": "mm",
    "wind_speed_10m": "m/s",
    "cloud_cover": "%",
    "weather_code": "wmo code",
}
FORECAST_DAYS, PAST_DAYS = 16, 92
FIRST_ARCHIVED, FIRST_PREVIOUS_RUN = dt.date(1940, 1, 1), dt.date(2024, 1, 1)
# Warmest at three in the afternoon; rounded, the 24 hours add up to zero.
COURSE_OF_DAY_C = np.round(4.0 * np.cos(2 * np.pi * (np.arange(24) - 15) / 24), 1)
# Rain falls within this many hours, none of which the clocks ever skip or repeat.
RAIN_FROM_HOUR, RAIN_HOURS = 6, 16
# The cells of a model do not lie around the points that are asked for.
CELLS_PER_DEGREE = 16
_PREVIOUS = re.compile(r"(.+)_previous_day([1-7])")


@dataclass(frozen=True)
class _Site:
    """Where simulated weather is that of a point."""

    latitude: float
    longitude: float
    timezone: str


class _RefusedError(Exception):
    """A request that Open-Meteo refuses; the message is its reason."""


def weather(asked: Asked, today: dt.date) -> Answer:
    """Answer /v1/forecast, /v1/archive and, by the variables asked for, the previous-runs API."""
    try:
        north, east = ([float(text) for text in asked.query.get(name, "").split(",")] for name in _COORDINATES)
        names = asked.query.get("hourly", "").split(",")
        first, last = _window(asked, names, today)
        _check(asked.query, names, len(north) == len(east))
        places = [_place(*point, names, asked.path, (first, last), today) for point in zip(north, east, strict=True)]
    except _RefusedError as refused:
        return as_json({"error": True, "reason": str(refused)}, 400)
    except ValueError:
        return as_json({"error": True, "reason": "Value of type 'Double' required for key 'latitude'."}, 400)
    for number, place in enumerate(places[1:], 1):
        place["location_id"] = number
    return as_json(places[0] if len(places) == 1 else places)


_COORDINATES = ("latitude", "longitude")


def _window(asked: Asked, names: list[str], today: dt.date) -> tuple[dt.date, dt.date]:
    if asked.path == "/v1/archive":
        allowed = FIRST_ARCHIVED, today
    elif any(map(_PREVIOUS.fullmatch, names)):
        allowed = FIRST_PREVIOUS_RUN, today + dt.timedelta(days=FORECAST_DAYS - 1)
    else:
        allowed = today - dt.timedelta(days=PAST_DAYS), today + dt.timedelta(days=FORECAST_DAYS - 1)
    days = []
    for name in ("start_date", "end_date"):
        try:
            day = dt.date.fromisoformat(asked.query.get(name, ""))
        except ValueError:
            raise _RefusedError(f"Invalid date format for '{name}'. Make sure to use 'YYYY-MM-DD'") from None
        if not allowed[0] <= day <= allowed[1]:
            raise _RefusedError(f"Parameter '{name}' is out of allowed range from {allowed[0]} to {allowed[1]}")
        days.append(day)
    if days[1] < days[0]:
        raise _RefusedError("End-date must be larger or equals than start-date")
    return days[0], days[1]


def _check(query: dict[str, str], names: list[str], is_paired: bool) -> None:
    if not is_paired:
        raise _RefusedError("Parameter 'latitude' and 'longitude' must have the same number of elements")
    for name in names:
        found = _PREVIOUS.fullmatch(name)
        if (found[1] if found else name) not in UNITS:
            raise _RefusedError(
                f"Data corrupted at path ''. Cannot initialize variable from invalid String value {name}."
            )
    if query.get("timezone", "GMT") != "GMT" or query.get("wind_speed_unit") != "ms":
        raise _RefusedError("This stand-in knows timezone=GMT and wind_speed_unit=ms only")


def _place(
    latitude: float, longitude: float, names: list[str], path: str, days: tuple[dt.date, dt.date], today: dt.date
) -> dict[str, Any]:
    hours = pd.date_range(days[0], days[1] + dt.timedelta(days=1), freq="h", inclusive="left", tz="UTC")
    site = _site(latitude, longitude)
    local = hours.tz_convert(site.timezone)
    at, dates = pd.factorize(local.date)
    runs: dict[int, dict[str, np.ndarray]] = {}
    series: dict[str, list[Any]] = {}
    for name in names:
        found = _PREVIOUS.fullmatch(name)
        variable, lead = (found[1], int(found[2])) if found else (name, 0)
        if lead not in runs:
            figures = _earlier_forecasts(site, dates, lead, today) if lead else _figures(site, dates, today)
            runs[lead] = _hourly(figures, dates, at, np.asarray(local.hour))
        values = runs[lead][variable]
        if path == "/v1/archive":
            values = np.where(hours < pd.Timestamp(today, tz="UTC"), values, np.nan)
        series[name] = _as_values(values, variable)
    return {
        "latitude": round(latitude * CELLS_PER_DEGREE) / CELLS_PER_DEGREE,
        "longitude": round(longitude * CELLS_PER_DEGREE) / CELLS_PER_DEGREE,
        "generationtime_ms": 0.25,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 38.0,
        "hourly_units": {"time": "iso8601", **{name: UNITS[name.partition("_previous_day")[0]] for name in names}},
        "hourly": {"time": hours.strftime("%Y-%m-%dT%H:%M").tolist(), **series},
    }


@lru_cache(maxsize=4096)
def _site(latitude: float, longitude: float) -> _Site:
    for each in demo_restaurants():
        if place_key(each.latitude, each.longitude) == place_key(latitude, longitude):
            return _Site(each.latitude, each.longitude, each.timezone)
    return _Site(latitude, longitude, "UTC")


def _figures(site: _Site, dates: np.ndarray, today: dt.date) -> np.ndarray:
    """Return the figures (dates, 4) known today: those of past days, and today's forecast for the others."""
    yesterday = today - dt.timedelta(days=1)
    first = min(dates[0], yesterday)
    figures = _simulated(site, first, yesterday, max((dates[-1] - yesterday).days, 0))
    return figures[(dates[0] - first).days :][: len(dates)]


def _earlier_forecasts(site: _Site, dates: np.ndarray, lead: int, today: dt.date) -> np.ndarray:
    """Return for each day its forecast of `lead` days before, NaN if that is not issued yet."""
    issued = [day - dt.timedelta(days=lead) for day in dates]
    return np.array([_run(site, day)[lead + 1] if day <= today else np.full(4, np.nan) for day in issued])


@lru_cache(maxsize=16_384)
def _run(site: _Site, issued_on: dt.date) -> np.ndarray:
    """Return the figures of the day before a forecast was issued, of the day itself, and of those after."""
    yesterday = issued_on - dt.timedelta(days=1)
    return _simulated(site, yesterday, yesterday, 8)


def _simulated(site: _Site, first: dt.date, last: dt.date, horizon_days: int) -> np.ndarray:
    frame = simulate_weather(site.latitude, site.longitude, first, last, horizon_days)
    return frame[["temperature_c", "precipitation_mm", "wind_mps", "cloud_pct"]].to_numpy(dtype=float)


def _hourly(figures: np.ndarray, dates: np.ndarray, at: np.ndarray, hour: np.ndarray) -> dict[str, np.ndarray]:
    """Return the values of each hour, from the figures of its date (the one `at`) and its hour on the clock."""
    falls = np.array([_falls(day, rain) for day, rain in zip(dates, figures[:, 1], strict=True)])
    temperature, _, wind, cloud = figures[at].T
    rain = falls[at, hour]
    # WMO code 4677: slight rain, clear, partly cloudy, overcast.
    code = np.select([rain > 0, cloud < 20, cloud < 80], [61.0, 0.0, 2.0], default=3.0)
    return {
        "temperature_2m": np.round(temperature + COURSE_OF_DAY_C[hour], 1),
        "precipitation": rain,
        "wind_speed_10m": wind,
        "cloud_cover": cloud,
        "weather_code": np.where(np.isnan(cloud), np.nan, code),
    }


def _falls(day: dt.date, rain: float) -> np.ndarray:
    """Return the millimetres of each hour (24,), in tenths that add up to the day's, as one shower."""
    if not rain > 0:
        return np.full(24, rain)
    tenths = round(rain * 10)
    length = min(1 + tenths // 8, RAIN_HOURS)
    start = RAIN_FROM_HOUR + day.toordinal() * 5 % (RAIN_HOURS - length + 1)
    return np.bincount(start + np.arange(tenths) % length, minlength=24) / 10


def _as_values(values: np.ndarray, variable: str) -> list[Any]:
    """Return the values as JSON has them: whole numbers where the service has them, None where there is none."""
    shown: np.ndarray = values.astype(object)
    if variable in {"cloud_cover", "weather_code"}:
        shown = np.nan_to_num(values).astype(int).astype(object)
    shown[np.isnan(values)] = None
    values_shown: list[Any] = shown.tolist()
    return values_shown
