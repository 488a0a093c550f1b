"""Files of events: local ones, which all restaurants share, and a restaurant's own. Demand learns their effect.

A time without a zone is UTC in a file of local events, and local time in a restaurant's own file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.cells.dates.moments import END_OF_DAY, Moments, utc_index
from flux_pipeline.ingest.cells.forms import INSTANT, NUMBER
from flux_pipeline.ingest.contracts import Contract, Field, ReadContext, Reading
from flux_pipeline.ingest.kinds.measures import read_measures
from flux_pipeline.ingest.kinds.places import COORDINATE_BOUNDS, COORDINATES, DEFAULT_SOURCE, source_field
from flux_pipeline.ingest.kinds.texts import judge_text
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

_KIND = "event"
# Demand treats school holidays as a driver of their own, not as a crowd: families are away, or at home at noon.
_SCHOOL_HOLIDAY = "school_holiday"
_SCHOOL_HOLIDAYS = frozenset(
    {
        *("school holiday", "school holidays", "school break", "school vacation", "schulferien", "ferien"),
        *("vacances scolaires", "vacaciones escolares", "vacanze scolastiche", "schoolvakantie", "ferias escolares"),
    }
)

# No gathering has been larger than some tens of millions; a larger number is a telephone number in the wrong column.
_BOUNDS = {**COORDINATE_BOUNDS, "expected_attendance": (0.0, 1e8)}

_CANCELLED = frozenset(
    {
        *("cancelled", "canceled", "called off", "abgesagt", "storniert", "entfallt", "annule", "annulee"),
        *("cancelado", "cancelada", "annullato", "annullata", "geannuleerd", "afgelast"),
    }
)

_START_OF_DAY = np.timedelta64(0, "h")

_NAMED = (
    Field("name", "what it is called", "Summer fair", required=True, words="local_events.name"),
    Field("kind", "the kind of event; school_holiday is treated separately", "fair", words="local_events.kind"),
    Field(
        "starts_at",
        "when it begins, a day or a time in UTC",
        "2024-06-15T16:00Z",
        form=INSTANT,
        required=True,
        words="local_events.starts_at",
    ),
    Field("ends_at", "when it ends", "2024-06-15T22:00Z", form=INSTANT, words="local_events.ends_at"),
)
_ANNOUNCED = (
    Field(
        "expected_attendance",
        "how many people are expected",
        "5000",
        form=NUMBER,
        words="local_events.expected_attendance",
    ),
    Field("known_at", "when it became known, in UTC", "2024-05-01", form=INSTANT, words="local_events.known_at"),
    source_field("city calendar"),
    Field(
        "external_id", "the event's number at its source", "evt-1042", words="local_events.external_id", is_code=True
    ),
    Field("status", "cancelled, if it does not take place", "confirmed", words="local_events.status"),
)

_PLACED = {
    "latitude": pa.Column("float64", pa.Check.in_range(-90, 90), nullable=True),
    "longitude": pa.Column("float64", pa.Check.in_range(-180, 180), nullable=True),
}


def _frame(placed: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "line_number": pa.Column("int64", pa.Check.ge(2), unique=True),
            "name": pa.Column(object, pa.Check.ne("")),
            "kind": pa.Column(object, pa.Check.ne("")),
            "starts_at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
            "ends_at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
            **placed,
            "expected_attendance": pa.Column("Int64", pa.Check.ge(0), nullable=True),
            "known_at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
            "source": pa.Column(object, pa.Check.ne("")),
            "external_id": pa.Column(object, pa.Check.ne("")),
        },
        checks=pa.Check(lambda rows: rows["ends_at"] >= rows["starts_at"], name="an event ends after it starts"),
        strict=True,
        ordered=True,
        unique=["source", "external_id"],
    )


def read_own_events(table: MappedTable, context: ReadContext) -> Reading:
    """Read every row of a file of a restaurant's own events, which take place where it is; else as `read_events`."""
    read = read_events(table, context)
    return Reading(read.rows.drop(columns=list(_PLACED)), read.verdicts)


def read_events(table: MappedTable, context: ReadContext) -> Reading:
    """Read every row of a file of events.

    An event without an end lasts to the end (UTC) of the day it starts; an end that is a bare day includes that day;
    what became known on a bare day is known at the end of it. `context.known_at` is the default for known_at. The
    rules, first to last: blank_line (skipped), too_many_fields, cancelled (skipped), missing_name, bad_name and
    name_too_long (and the same for the other texts), missing_date, bad_date, bad_ends_at,
    bad_number, bad_known_at, missing_known_at, repeated_row (skipped: a later row has the same source and number; the
    last one counts).
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    verdicts.skip(table.texts("status").where(lambda text: fold_name(text) in _CANCELLED), "cancelled")
    names = table.texts("name").map(lambda text: " ".join(text.split()))
    verdicts.reject(names.blank, "missing_name", "name", "The row has no name; expected the name of the event.")
    for field in ("name", "kind", "source", "external_id"):
        judge_text(table, verdicts, field)
    survey = context.survey
    starts, ends, known = (
        _at_place(survey.moments(table, field), context) for field in ("starts_at", "ends_at", "known_at")
    )
    starts_at, ends_at = _read_span(starts, ends, verdicts)
    measures = read_measures(table, survey, verdicts, _BOUNDS)
    known_at = _read_known_at(known, context.known_at, verdicts)
    rows = pd.DataFrame(
        {
            "line_number": table.line_numbers,
            "name": pd.Series(names.rows, dtype=object),
            "kind": pd.Series(table.texts("kind").map(kind_of).rows_or(_KIND), dtype=object),
            "starts_at": utc_index(starts_at),
            "ends_at": utc_index(ends_at),
            **measures,
            "known_at": utc_index(known_at),
            "source": pd.Series(table.texts("source").rows_or(DEFAULT_SOURCE), dtype=object),
        }
    )
    rows["expected_attendance"] = rows["expected_attendance"].round().astype("Int64")
    rows["external_id"] = _external_ids(table, rows)
    verdicts.skip_repeated(rows[["source", "external_id"]])
    return Reading(rows, verdicts)


def kind_of(text: str) -> str:
    """Return a kind of event as it is stored; school holidays have one word, whatever their language."""
    return _SCHOOL_HOLIDAY if fold_name(text.replace("_", " ").replace("-", " ")) in _SCHOOL_HOLIDAYS else text


def _at_place(moments: Moments, context: ReadContext) -> Moments:
    """Return the moments with those that name no zone in the restaurant's time, if the file is one restaurant's.

    A bare day stays one: an event of whole days is announced by its dates, which mean local days.
    """
    if context.place is None:
        return moments
    is_local = np.isnat(moments.offset) & ~np.isnat(moments.clock) & ~np.isnat(moments.day)
    clock = moments.day[is_local].astype("datetime64[us]") + moments.clock[is_local]
    # An hour that the change of the clock repeats is the first one, and one that it skips is the next.
    instants = pd.DatetimeIndex(clock).tz_localize(
        context.place.timezone, ambiguous=np.ones(len(clock), dtype=bool), nonexistent="shift_forward"
    )
    offset = moments.offset.copy()
    offset[is_local] = clock - instants.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
    return replace(moments, offset=offset)


def _read_span(starts: Moments, ends: Moments, verdicts: Verdicts) -> tuple[np.ndarray, np.ndarray]:
    verdicts.reject(
        starts.blank, "missing_date", "starts_at", "The row has no start; expected the day or time the event begins."
    )
    example = "expected a day or a time such as 2024-06-15T16:00Z."
    verdicts.reject(starts.bad, "bad_date", "starts_at", "'{found}' is not a date or time; " + example)
    verdicts.reject(ends.bad, "bad_ends_at", "ends_at", "'{found}' is not a date or time; " + example)
    starts_at = starts.utc(_START_OF_DAY)
    end_of_first_day = starts_at.astype("datetime64[D]").astype("datetime64[us]") + END_OF_DAY
    ends_at = np.where(ends.blank, end_of_first_day, ends.utc(END_OF_DAY))
    verdicts.reject(
        ends_at < starts_at,
        "bad_ends_at",
        "ends_at",
        "The event ends ('{found}') before it begins; expected a later time.",
    )
    return starts_at, ends_at


def _read_known_at(known: Moments, default: dt.datetime | None, verdicts: Verdicts) -> np.ndarray:
    verdicts.reject(
        known.bad, "bad_known_at", "known_at", "'{found}' is not a date or time; expected one such as 2024-05-01."
    )
    known_at = known.utc(END_OF_DAY)
    if default is None:
        verdicts.reject(
            known.blank,
            "missing_known_at",
            "known_at",
            "The row has no known_at; expected the day or time when the event became known, such as 2024-05-01.",
        )
        return known_at
    # numpy has no time zones: the instant is stored as UTC.
    instant = np.datetime64(default.astimezone(dt.UTC).replace(tzinfo=None), "us")
    return np.where(known.blank, instant, known_at)


def _external_ids(table: MappedTable, rows: pd.DataFrame) -> pd.Series:
    """Return the event's number at its source; without one, a digest of name, start and place, equal in every file."""
    numbers = pd.Series(table.texts("external_id").rows_or(None), dtype=object)
    without = numbers.isna().to_numpy()
    parts = rows.loc[without, ["name", "starts_at", "latitude", "longitude"]]
    numbers[without] = [
        hashlib.sha256(repr((name, str(starts_at), latitude, longitude)).encode()).hexdigest()[:32]
        for name, starts_at, latitude, longitude in parts.itertuples(index=False, name=None)
    ]
    return numbers


LOCAL_EVENTS = Contract(
    kind="local_events",
    version="1",
    description="What draws people to a place: fairs, matches, concerts; shared by all restaurants.",
    shared=True,
    fields=(*_NAMED, *COORDINATES, *_ANNOUNCED),
    choices=(),
    frame=_frame(_PLACED),
    day_column="starts_at",
    read=read_events,
)
RESTAURANT_EVENTS = Contract(
    kind="restaurant_events",
    version="1",
    description="A restaurant's own events: a wedding party, a tasting, live music; no other restaurant sees them.",
    shared=False,
    fields=(*_NAMED, *_ANNOUNCED),
    choices=(),
    frame=_frame({}),
    day_column="starts_at",
    read=read_own_events,
)
