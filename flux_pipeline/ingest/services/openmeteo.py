"""Answers of weather services of Open-Meteo's shape: forecasts, observations, and forecasts of earlier days.

Only the hourly series is used. Asking over HTTP belongs to feeds/.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from flux_pipeline.distance import distance_km
from flux_pipeline.ingest.calendars.zones import instants_of, start_of_day, zone_called
from flux_pipeline.ingest.kinds.weather.contract import WEATHER_BOUNDS
from flux_pipeline.ingest.kinds.weather.units import UNITS, unit_named
from flux_pipeline.ingest.services._body import mapping_in, number_in, parse_json, quoted, shape_of
from flux_pipeline.ingest.services.answers import AnswerError, Place, Product, SetAside, WeatherAnswer
from flux_pipeline.wording import count_of, listed

# What is asked for by Open-Meteo's names, and the columns that it fills.
VARIABLES = {
    "temperature_2m": "temperature_c",
    "precipitation": "precipitation_mm",
    "wind_speed_10m": "wind_mps",
    "cloud_cover": "cloud_pct",
    "weather_code": "weather_code",
}
# The grids of the models that are global are 25 km wide, so the nearest point is at most 18 km away.
_FARTHEST_KM = 30.0
_HOUR = dt.timedelta(hours=1)
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_LEAD = re.compile(r"_previous_day([1-9])")


@dataclass(frozen=True)
class _Hours:
    """The hours of a series: their instants in UTC, which of them are used, and the first and the end asked for."""

    at: list[dt.datetime]
    used: np.ndarray
    begin: dt.datetime
    end: dt.datetime

    @property
    def asked(self) -> int:
        return round((self.end - self.begin) / _HOUR)


def read_weather_answers(
    body: bytes, places: Sequence[Place], product: Product, first: dt.date, last: dt.date
) -> list[WeatherAnswer | AnswerError]:
    """Read one body about one or several places, asked for in this order, for the days `first` to `last` (inclusive).

    The days are those of the answer's time zone. An observation is known an hour after the time it is for; a plain
    forecast has no issued_at; `temperature_2m_previous_day2` was issued 48 hours before.

    Returns:
        For each place its weather, or why what is said of it can't be believed.

    Raises:
        AnswerError: nothing in the body can be used.
    """
    value = parse_json(body)
    _refuse_error(value)
    answers = value if isinstance(value, list) else [value]
    if len(answers) != len(places):
        raise AnswerError(
            f"The answer is about {count_of(len(answers), 'place')}; expected {len(places)}, one for each that was "
            "asked for. Fetch it again."
        )
    return [
        _read_or_refuse(answer, number, place, product, first, last)
        for number, (answer, place) in enumerate(zip(answers, places, strict=True))
    ]


def _read_or_refuse(
    answer: Any, number: int, place: Place, product: Product, first: dt.date, last: dt.date
) -> WeatherAnswer | AnswerError:
    try:
        if not isinstance(answer, dict):
            raise AnswerError(f"The weather of {place.key} is {shape_of(answer)}; expected an object with 'hourly'.")
        _refuse_error(answer)
        _check_place(answer, number, place)
        return _read_place(answer, place, product, first, last)
    except AnswerError as error:
        return error


def _refuse_error(value: Any) -> None:
    if isinstance(value, dict) and (value.get("error") or ("reason" in value and "hourly" not in value)):
        raise AnswerError(
            f"The weather service refused the request: '{quoted(value.get('reason', 'no reason given'))}' Change "
            "what is asked for, or fetch it again later."
        )


def _check_place(answer: Mapping[str, Any], number: int, place: Place) -> None:
    """Refuse the weather of another place. The first of several places has no location_id."""
    if answer.get("location_id", number) != number:
        raise AnswerError(
            f"The weather in place {number} of the answer says that it is number {quoted(answer['location_id'])}; "
            "expected the order in which places were asked for. Fetch it again."
        )
    north, east = number_in(answer.get("latitude")), number_in(answer.get("longitude"))
    if north is None or east is None or not (abs(north) <= 90 and abs(east) <= 360):
        raise AnswerError(
            f"The weather of {place.key} has no latitude and longitude; expected those of its grid point."
        )
    distance = distance_km(north, east, place.latitude, place.longitude)
    if distance > _FARTHEST_KM:
        raise AnswerError(
            f"The weather for {place.key} is that of a point {distance:,.0f} km away ({north:.2f}, {east:.2f}); "
            f"expected one within {_FARTHEST_KM:g} km. Check the coordinates and the model that is asked for."
        )


def _read_place(
    answer: Mapping[str, Any], place: Place, product: Product, first: dt.date, last: dt.date
) -> WeatherAnswer:
    hourly, units = mapping_in(answer, "hourly"), mapping_in(answer, "hourly_units")
    zone = zone_called(answer.get("timezone"))
    if zone is None:
        raise AnswerError(
            f"The weather of {place.key} is in the time zone {quoted(answer.get('timezone'))}, which is unknown; "
            "expected GMT or an IANA name. Ask with timezone=GMT."
        )
    leads, set_aside = _leads(hourly, product), list[SetAside]()
    hours = _read_hours(hourly.get("time"), units.get("time"), zone, (first, last), set_aside)
    at, parts = [each for each, is_used in zip(hours.at, hours.used, strict=True) if is_used], []
    for lead in leads:
        values = {
            column: _read_series(
                hourly, units, name + (f"_previous_day{lead}" if lead else ""), column, hours, set_aside
            )
            for name, column in VARIABLES.items()
        }
        rows = pd.DataFrame({"valid_at": _utc(at), "issued_at": _issued(at, product, lead), **values})
        parts.append(rows[rows[[*VARIABLES.values()]].notna().any(axis=1)])
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty and not set_aside:
        raise AnswerError(f"The weather of {place.key} has no hour; expected {hours.asked}. Fetch it again later.")
    rows["weather_code"] = rows["weather_code"].astype("Int64")
    return WeatherAnswer(place, rows, tuple(set_aside), hours.asked * len(leads))


def _leads(hourly: Mapping[str, Any], product: Product) -> list[int]:
    """Return how many days before its hour each forecast in the answer was issued; 0 if it is not said."""
    found = {name for name in hourly if name in VARIABLES}
    leads = {
        int(match[1]) for name in hourly for base in VARIABLES if (match := _LEAD.fullmatch(name.removeprefix(base)))
    }
    if product is Product.PAST_FORECASTS:
        # Without a number, the series is of the newest run for each hour, whose age is unknown.
        found, chosen = {str(lead) for lead in leads}, sorted(leads)
    else:
        chosen = [0]
    if not found:
        names = [f"{name}_previous_day1" if product is Product.PAST_FORECASTS else name for name in VARIABLES]
        raise AnswerError(f"The answer has no hourly weather that is used; expected some of {listed(names)}.")
    return chosen


def _read_hours(
    times: Any, unit: Any, zone: ZoneInfo, days: tuple[dt.date, dt.date], set_aside: list[SetAside]
) -> _Hours:
    """Return the hours; a local time that the clocks show twice and the answer has once is set aside."""
    if not isinstance(times, list) or unit not in ("iso8601", "unixtime"):
        raise AnswerError(
            f"The hours of the answer are {shape_of(times)} in '{quoted(unit)}'; expected a list of times in "
            "iso8601 or unixtime."
        )
    begin, end = start_of_day(days[0], zone), start_of_day(days[1] + dt.timedelta(days=1), zone)
    chosen = [_choices(time, unit, zone) for time in times]
    at: list[dt.datetime] = []
    used = np.ones(len(times), dtype=bool)
    for number, choices in enumerate(chosen):
        later = [each for each in choices if not at or each - at[-1] >= _HOUR]
        if not later:
            raise AnswerError(
                f"The hour {quoted(times[number])} comes after {quoted(times[number - 1])} in the answer; expected "
                "each hour once, in order. Fetch it again."
            )
        used[number] = len(choices) == 1 or times.count(times[number]) == len(choices)
        if not used[number]:
            set_aside.append(
                SetAside("ambiguous_time", str(times[number]), f"The clocks in {zone.key} show this hour twice.")
            )
        at.append(later[0])
    outside = np.array([not begin <= each < end for each in at], dtype=bool)
    if outside.any():
        set_aside.append(
            SetAside(
                "outside_window",
                at[int(outside.argmax())].isoformat(),
                f"{count_of(int(outside.sum()), 'hour')} outside of {days[0]} to {days[1]}, which was asked for.",
                int(outside.sum()),
            )
        )
    return _Hours(at, used & ~outside, begin, end)


def _choices(time: Any, unit: str, zone: ZoneInfo) -> list[dt.datetime]:
    """Return the instants that a time of the answer can be."""
    try:
        if unit == "unixtime" and isinstance(time, int) and not isinstance(time, bool):
            return [dt.datetime.fromtimestamp(time, dt.UTC)]
        if unit == "iso8601" and isinstance(time, str) and _LOCAL_TIME.fullmatch(time):
            local = dt.datetime.fromisoformat(time)
            found = instants_of(local, zone)
            if not found:
                raise AnswerError(
                    f"The clocks in {zone.key} never show {time}, so the times are not those of {zone.key}. Ask with "
                    "timezone=GMT."
                )
            return found
    except (ValueError, OverflowError, OSError):
        pass
    raise AnswerError(
        f"The answer has the hour {quoted(time)}; expected a time such as 2024-03-01T12:00. Fetch it again."
    )


def _read_series(
    hourly: Mapping[str, Any],
    units: Mapping[str, Any],
    name: str,
    column: str,
    hours: _Hours,
    set_aside: list[SetAside],
) -> np.ndarray:
    """Return the values of a column in the used hours, in the unit that is kept: float64, NaN where there is none."""
    if name not in hourly:
        return np.full(int(hours.used.sum()), np.nan)
    series = hourly[name]
    if not isinstance(series, list) or len(series) != len(hours.at):
        count = len(series) if isinstance(series, list) else "no list of"
        raise AnswerError(f"The answer has {len(hours.at)} hours and {count} values of {name}; expected equally many.")
    read = [None if value is None else number_in(value) for value in series]
    for value, number in zip(series, read, strict=True):
        if value is not None and number is None:
            raise AnswerError(f"The answer has {quoted(value)} as a value of {name}; expected numbers. Fetch it again.")
    numbers = np.array([np.nan if number is None else number for number in read], dtype=np.float64)
    empty = np.isnan(numbers)
    if not empty.all():
        unit = unit_named(units[name], column) if isinstance(units.get(name), str) else None
        if unit is None:
            raise AnswerError(
                f"The answer gives {name} in {quoted(units.get(name))}, which Flux does not know as a unit of it; "
                f"expected one of {listed(UNITS[column])}. Ask for another unit."
            )
        with np.errstate(over="ignore"):
            numbers = unit.convert(numbers)
    low, high = WEATHER_BOUNDS[column]
    bad = ~empty & ~((numbers >= low) & (numbers <= high))
    if column == "weather_code":
        bad |= ~empty & (numbers != np.floor(numbers))
    _note(set_aside, "bad_number", hours, bad, f"of {name} can't be: '{{}}'; expected {low:g} to {high:g}.", series)
    _note(set_aside, "missing_value", hours, empty, f"of {name} missing in {int(hours.used.sum())} hours.", series)
    values: np.ndarray = np.where(bad, np.nan, numbers)[hours.used]
    return values


def _note(
    set_aside: list[SetAside], reason: str, hours: _Hours, applies: np.ndarray, sentence: str, series: list[Any]
) -> None:
    found = np.flatnonzero(applies & hours.used)
    if len(found):
        text = f"{count_of(len(found), 'value')} {sentence.format(quoted(series[found[0]]))}"
        set_aside.append(SetAside(reason, hours.at[found[0]].isoformat(), text, len(found)))


def _utc(at: Sequence[dt.datetime | None]) -> pd.Series:
    return pd.Series([*at], dtype=pd.DatetimeTZDtype("us", "UTC"))


def _issued(at: Sequence[dt.datetime], product: Product, lead: int) -> pd.Series:
    if product is Product.OBSERVED:
        return _utc([each + _HOUR for each in at])
    return _utc([each - 24 * lead * _HOUR if lead else None for each in at])
