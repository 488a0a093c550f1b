"""Weather files: their contract and rules. Times are UTC unless the file gives its offset from UTC.

_scan.py checks the whole file first. Fetching weather over HTTP belongs to feeds/.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.cells.dates.moments import END_OF_DAY, Moments, utc_index
from flux_pipeline.ingest.cells.forms import INSTANT, MOMENT, NUMBER
from flux_pipeline.ingest.contracts import Contract, Field, ReadContext, Reading
from flux_pipeline.ingest.kinds.measures import read_measures
from flux_pipeline.ingest.kinds.places import COORDINATE_BOUNDS, COORDINATES, DEFAULT_SOURCE, place_keys, source_field
from flux_pipeline.ingest.kinds.texts import judge_text
from flux_pipeline.ingest.kinds.weather._scan import WeatherScan
from flux_pipeline.ingest.kinds.weather.units import unit_in
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

_OBSERVED, _FORECAST = "observed", "forecast"

# Wider than any weather on Earth, narrow enough to catch a missing-value code (-999) or a pressure.
WEATHER_BOUNDS = {
    "temperature_c": (-90.0, 65.0),
    "precipitation_mm": (0.0, 2000.0),
    "wind_mps": (0.0, 150.0),
    "cloud_pct": (0.0, 100.0),
    "weather_code": (0.0, 999.0),
}

# The highest and the lowest of a day, whose middle is its temperature in a file that gives no other.
_EXTREMES = ("temperature_max_c", "temperature_min_c")
_EXTREME_BOUNDS = dict.fromkeys(_EXTREMES, WEATHER_BOUNDS["temperature_c"])

_MOST_SECONDS = 18 * 3600.0

_NOON = np.timedelta64(12, "h")

_FIELDS = (
    Field("place", "the place's key, or its name", "48.9,2.4", words="weather.place", is_of_group=True),
    *COORDINATES,
    Field("date", "the day, for weather of a whole day", "2024-03-01", form=MOMENT, words="weather.date"),
    Field(
        "valid_at",
        "the time that the weather is for, in UTC unless the file gives its offset",
        "2024-03-01T12:00Z",
        form=INSTANT,
        words="weather.valid_at",
    ),
    Field(
        "issued_at",
        "when the forecast was issued, in UTC",
        "2024-02-29T06:00Z",
        form=INSTANT,
        words="weather.issued_at",
    ),
    Field("kind", "observed or forecast", "observed", words="weather.kind"),
    Field(
        "temperature_c",
        "air temperature in degrees Celsius, or in the unit in its header",
        "11.5",
        form=NUMBER,
        words="weather.temperature_c",
    ),
    Field(
        "precipitation_mm",
        "rain and melted snow in mm, or in the unit in its header",
        "0.4",
        form=NUMBER,
        words="weather.precipitation_mm",
        else_words="weather.precipitation_else",
    ),
    Field(
        "wind_mps",
        "wind in metres a second, or in the unit in its header",
        "3.2",
        form=NUMBER,
        words="weather.wind_mps",
        else_words="weather.wind_else",
    ),
    Field("cloud_pct", "sky covered by clouds, 0 to 100", "75", form=NUMBER, words="weather.cloud_pct"),
    Field("weather_code", "the WMO code of the weather", "61", form=NUMBER, words="weather.weather_code"),
    Field(
        "temperature_max_c",
        "the highest of the day; used with the lowest if there is no temperature",
        "14.0",
        form=NUMBER,
        words="weather.temperature_max_c",
    ),
    Field("temperature_min_c", "the lowest of the day", "9.0", form=NUMBER, words="weather.temperature_min_c"),
    Field(
        "utc_offset_seconds",
        "seconds by which the file's times are ahead of UTC; default: 0",
        "0",
        form=NUMBER,
        words="weather.utc_offset_seconds",
        is_of_group=True,
    ),
    Field(
        "timezone",
        "the zone of the times; needs the offset unless it is UTC",
        "UTC",
        words="weather.timezone",
        is_of_group=True,
    ),
    source_field("open-meteo"),
)

_FRAME = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64", pa.Check.ge(2), unique=True),
        "place": pa.Column(object, pa.Check.ne("")),
        "valid_at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
        "issued_at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
        "kind": pa.Column(object, pa.Check.isin([_OBSERVED, _FORECAST])),
        **{
            name: pa.Column("Int64" if name == "weather_code" else "float64", pa.Check.in_range(*bounds), nullable=True)
            for name, bounds in WEATHER_BOUNDS.items()
        },
        "source": pa.Column(object, pa.Check.ne("")),
    },
    strict=True,
    ordered=True,
    unique=["place", "valid_at", "issued_at", "kind", "source"],
)


def read_weather(table: MappedTable, context: ReadContext) -> Reading:
    """Read every row of a weather file; of `context` only the survey and the arrival matter.

    A bare date means noon of that day, in UTC or at the file's offset from UTC. An observation without issued_at is
    known at the end of its day, and so is anything issued on a bare day. Without a kind, what is ahead of the file's
    arrival is a forecast issued then. The rules, first to last: blank_line (skipped), too_many_fields, bad_number (the
    offset), missing_date, bad_date, bad_number (coordinates), missing_place, bad_place and place_too_long (and the same
    for source), bad_kind, bad_issued_at, missing_issued_at (a forecast), bad_number, no_values (skipped: every
    measurement is missing), repeated_row (skipped: a later row has the same place, times, kind and source; the last
    one counts).
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    survey = context.survey
    offset = _read_offset(table, survey, verdicts)
    valid, issued = _read_times(table, survey, verdicts)
    places = _read_places(table, survey, verdicts)
    kinds = table.texts("kind").map(str.casefold).rows_or(_OBSERVED)
    _judge_issue(issued, kinds, verdicts)
    measures = _read_weather(table, survey, verdicts)
    valid_at = _utc(valid, _NOON, offset)
    end_of_valid_day = (valid_at + offset).astype("datetime64[D]").astype("datetime64[us]") + END_OF_DAY - offset
    issued_at = np.where(issued.blank, end_of_valid_day, _utc(issued, END_OF_DAY, offset))
    if context.known_at is not None:
        arrival = np.datetime64(context.known_at.astimezone(dt.UTC).replace(tzinfo=None), "us")
        over_at = np.where(np.isnat(valid.clock), end_of_valid_day, valid_at)
        is_ahead = table.texts("kind").blank & issued.blank & (over_at > arrival)
        kinds = np.where(is_ahead, _FORECAST, kinds)
        issued_at = np.where(is_ahead, arrival, issued_at)
    rows = pd.DataFrame(
        {
            "line_number": table.line_numbers,
            "place": pd.Series(places, dtype=object),
            "valid_at": utc_index(valid_at),
            "issued_at": utc_index(issued_at),
            "kind": pd.Series(kinds, dtype=object),
            **measures,
            "source": pd.Series(table.texts("source").rows_or(DEFAULT_SOURCE), dtype=object),
        }
    )
    rows["weather_code"] = rows["weather_code"].round().astype("Int64")
    verdicts.skip(rows[list(WEATHER_BOUNDS)].isna().all(axis=1).to_numpy(dtype=bool), "no_values")
    verdicts.skip_repeated(rows[["place", "valid_at", "issued_at", "kind", "source"]])
    return Reading(rows, verdicts)


def _read_offset(table: MappedTable, survey: Survey, verdicts: Verdicts) -> np.ndarray:
    """Return how far the times of each row are ahead of UTC: (n,) timedelta64[us]."""
    bounds = {"utc_offset_seconds": (-_MOST_SECONDS, _MOST_SECONDS)}
    seconds = np.nan_to_num(read_measures(table, survey, verdicts, bounds)["utc_offset_seconds"])
    offset: np.ndarray = (seconds * 1e6).astype("timedelta64[us]")
    return offset


def _utc(moments: Moments, bare_day_is: np.timedelta64, offset: np.ndarray) -> np.ndarray:
    """Return instants, (n,) datetime64[us] in UTC; a time without a zone, and a bare day, are at this offset."""
    is_local = np.isnat(moments.offset)
    at_offset = replace(moments, offset=np.where(is_local & ~np.isnat(moments.clock), offset, moments.offset))
    instants: np.ndarray = at_offset.utc(bare_day_is) - np.where(
        np.isnat(moments.clock), offset, np.timedelta64(0, "us")
    )
    return instants


def _judge_issue(issued: Moments, kinds: np.ndarray, verdicts: Verdicts) -> None:
    verdicts.reject(
        ~np.isin(kinds.astype(str), [_OBSERVED, _FORECAST]),
        "bad_kind",
        "kind",
        "'{found}' is not a kind of weather; expected observed or forecast.",
    )
    verdicts.reject(
        issued.bad, "bad_issued_at", "issued_at", "'{found}' is not a time; expected one such as 2024-02-29T06:00Z."
    )
    verdicts.reject(
        issued.blank & (kinds == _FORECAST),
        "missing_issued_at",
        "issued_at",
        "The row is a forecast and has no issued_at; expected a time such as 2024-02-29T06:00Z.",
    )


def _read_weather(table: MappedTable, survey: Survey, verdicts: Verdicts) -> dict[str, np.ndarray]:
    """Return the measurements in the units that are kept; (n,) float64, NaN where missing."""

    def convert(field: str, numbers: np.ndarray) -> np.ndarray:
        unit = unit_in(table.headers[field], field) if field in table.headers else None
        if unit is None:
            # Wind has no usual unit; the scan says that it isn't used.
            return np.full(len(numbers), np.nan) if field == "wind_mps" else numbers
        return unit.convert(numbers)

    measures = read_measures(table, survey, verdicts, WEATHER_BOUNDS, convert)
    if not table.has("temperature_c") and all(map(table.has, _EXTREMES)):
        highest, lowest = read_measures(table, survey, verdicts, _EXTREME_BOUNDS, convert).values()
        measures["temperature_c"] = np.round((highest + lowest) / 2, 6)
    return measures


def _read_times(table: MappedTable, survey: Survey, verdicts: Verdicts) -> tuple[Moments, Moments]:
    dates, valid, issued = (survey.moments(table, field) for field in ("date", "valid_at", "issued_at"))
    field = "valid_at" if table.has("valid_at") else "date"
    valid = valid.filled_from(dates)
    verdicts.reject(valid.blank, "missing_date", field, "The row has no date; expected a day or time.")
    verdicts.reject(
        valid.bad,
        "bad_date",
        field,
        "'{found}' is not a date or time; expected one such as 2024-03-01 or 2024-03-01T12:00Z.",
    )
    return valid, issued


def _read_places(table: MappedTable, survey: Survey, verdicts: Verdicts) -> np.ndarray:
    points = read_measures(table, survey, verdicts, COORDINATE_BOUNDS)
    named = table.texts("place")
    places = np.where(named.blank, place_keys(points["latitude"], points["longitude"]), named.rows)
    verdicts.reject(
        places == "",
        "missing_place",
        "place" if table.has("place") else "latitude",
        "The row has neither a place nor both latitude and longitude; expected one of the two.",
    )
    for field in ("place", "source"):
        judge_text(table, verdicts, field)
    return places


WEATHER = Contract(
    kind="weather",
    version="1",
    description="Weather of a place, as observed or as forecast; shared by all restaurants.",
    shared=True,
    fields=_FIELDS,
    choices=((("place",), ("latitude", "longitude")), (("date",), ("valid_at",))),
    frame=_FRAME,
    day_column="valid_at",
    read=read_weather,
    facts_above=True,
    scan=WeatherScan,
)
