"""Files of availability: the times of each week at which people can work, and dated exceptions to them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.dates.clocks import Spans, spans_of
from flux_pipeline.ingest.cells.dates.moments import Moments
from flux_pipeline.ingest.cells.forms import CLOCK, DAY, WEEKDAYS, fold_choice
from flux_pipeline.ingest.cells.weekdays import weekdays_of
from flux_pipeline.ingest.contracts import Field, Matrix, ReadContext
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.kinds.staff._choices import PREFERENCE, REASON, STATUS
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.names import fold_name

_MIDNIGHT = dt.time(0)
_DAY, _WEEK = 24 * 60, 7 * 24 * 60


def _preference_of(times: str) -> str | None:
    """Return the preference that a cell of times is: "off", "x", "any"."""
    return (PREFERENCE.choices or {}).get(fold_choice(times))


def _are_unclear(times: str | None) -> bool:
    return times is not None and _preference_of(times) is None and spans_of(times) is None


def _as_cell(text: str) -> str | None:
    return None if text.casefold() in MISSING else text


def _filled(rows: pd.DataFrame, table: MappedTable, context: ReadContext) -> pd.DataFrame:
    """Fill in times that are in other cells, and preferences; a date's own day of the week goes."""
    firsts, lasts = (_local(context, table, name) for name in ("date", "last_date"))
    rows = rows.assign(date=firsts.day.astype("datetime64[s]"), last_date=lasts.day.astype("datetime64[s]"))
    filled = []
    for row, first, last in zip(rows.to_dict("records"), _clocks(firsts), _clocks(lasts), strict=True):
        start, end = row["start_time"] or first, row["end_time"] or last
        if (first or last) and not pd.isna(row["last_date"]):
            # A column of which all times are midnight is read as one of days.
            start, end = start or _MIDNIGHT, end or _MIDNIGHT
        spans = (spans_of(row["times"]) if row["times"] else None) or ()
        if start is end is None and len(spans) == 1:
            start, end = spans[0]
        is_dated = not pd.isna(row["date"])
        own_day = is_dated and row["day_of_week"] is not None and row["date"].weekday() in row["day_of_week"]
        preference = row["preference"] or (row["times"] and _preference_of(row["times"]))
        usual = "unavailable" if is_dated else "available"
        filled.append((None if own_day else row["day_of_week"], start, end, preference or usual))
    names = ("day_of_week", "start_time", "end_time", "preference")
    columns = zip(*filled, strict=True) if filled else ((),) * len(names)
    return rows.assign(**{name: pd.Series(values, dtype=object) for name, values in zip(names, columns, strict=True)})


def _local(context: ReadContext, table: MappedTable, day: str) -> Moments:
    """Return a column of days; those with a time and a zone are by the restaurant's clock."""
    moments = context.survey.moments(table, day)
    return moments if context.place is None else moments.in_zone(context.place.timezone)


def _clocks(moments: Moments) -> list[dt.time | None]:
    """Return the times of day, None where there is none."""
    return [None if clock is None else (dt.datetime.min + clock).time() for clock in moments.clock.tolist()]


def _lacks_a_time(rows: pd.DataFrame) -> np.ndarray:
    lacks: np.ndarray = (rows.start_time.isna() != rows.end_time.isna()).to_numpy(dtype=bool)
    return lacks


def _is_no_time(rows: pd.DataFrame) -> np.ndarray:
    # From midnight to midnight means the whole day.
    same = (rows.start_time == rows.end_time) & (rows.start_time != _MIDNIGHT) & rows.start_time.notna()
    is_none: np.ndarray = same.to_numpy(dtype=bool)
    return is_none


def _ends_as_it_starts(rows: pd.DataFrame) -> np.ndarray:
    ends: np.ndarray = _is_no_time(rows) & ~(rows.last_date > rows.date).to_numpy(dtype=bool)
    return ends


def _has_days(rows: pd.DataFrame, count: int) -> np.ndarray:
    has: np.ndarray = (rows[["day_of_week", "date"]].notna().sum(axis=1) == count).to_numpy(dtype=bool)
    return has


def find_overlaps(rows: pd.DataFrame) -> np.ndarray:
    """Return the rows whose weekly times overlap those of an earlier row of the same employee: (n,) bool.

    Args:
        rows: employee (compared as a folded name, unless it is an id), day_of_week (days as a tuple, None for a dated
            row), start_time, end_time and times; a row that another one with the same start repeats is left out.
    """
    key = rows[["employee", "day_of_week", "start_time"]].map(_as_compared)
    weekly = rows.day_of_week.notna() & rows.date.isna() & rows.employee.notna() & ~key.duplicated(keep="last")
    weekly &= (rows.status == "approved") & ~_lacks_a_time(rows) & ~_is_no_time(rows)
    taken: dict[object, list[tuple[int, int]]] = defaultdict(list)
    overlaps = np.zeros(len(rows), dtype=bool)
    for place in np.flatnonzero(weekly):
        row = rows.iloc[place]
        before = taken[key.employee.iloc[place]]
        own: list[tuple[int, int]] = []
        for span in times_of(row.start_time, row.end_time, row.times):
            minutes = list(_week_minutes(row.day_of_week, *span))
            overlaps[place] |= any(a < end and start < b for a, b in minutes for start, end in (*before, *own))
            own += minutes
        if not overlaps[place]:
            before += own
    return overlaps


def times_of(start: dt.time | None, end: dt.time | None, times: str | None) -> Spans:
    """Return the spans of a row, by its start_time and end_time or its times; without any, the whole day."""
    if start is not None and end is not None:
        return ((start, end),)
    return (spans_of(times) if times else None) or ((_MIDNIGHT, _MIDNIGHT),)


def _week_minutes(days: tuple[int, ...], start: dt.time, end: dt.time) -> Iterator[tuple[int, int]]:
    """Yield the minutes of the week, from Monday 00:00, in one or two parts for each day."""
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    for day in days:
        a, b = day * _DAY + first, day * _DAY + (last if last > first else last + _DAY)
        yield a, min(b, _WEEK)
        if b > _WEEK:
            yield 0, b - _WEEK


def _as_compared(value: object) -> object:
    return fold_name(value) if isinstance(value, str) else value


AVAILABILITY = plain_contract(
    "availability",
    "When people can work: a line for each person and day of the week or date; without times, the whole day.",
    (
        Field(
            "employee",
            "the person's name or email address, as in the file of employees",
            "Ada Kok",
            required=True,
            words="shared.employee availability.employee",
            is_of_group=True,
            is_person=True,
        ),
        Field(
            "day_of_week",
            "the days by their names; such lines replace all weekly times of the person",
            "Mon-Fri",
            WEEKDAYS,
            words="shared.weekday",
        ),
        Field(
            "date",
            "in place of days of the week, the first day of an absence or of other times",
            "2024-12-24",
            DAY,
            words="availability.date",
        ),
        Field("last_date", "the last day; default: the date", "2024-12-31", DAY, words="availability.last_date"),
        Field(
            "start_time",
            "from when, local time, on the first day",
            "09:00",
            CLOCK,
            words="shared.start availability.start_time",
        ),
        Field(
            "end_time",
            "until when, local time, on the last day; may be after midnight",
            "17:00",
            CLOCK,
            words="shared.end availability.end_time",
        ),
        Field(
            "times",
            "in place of start_time and end_time, spans in one cell, or yes or no for the whole day",
            "09:00-14:00, 18:00-23:00",
            words="availability.times",
        ),
        Field(
            "preference",
            "preferred, available or unavailable; default: available, on a date unavailable",
            "preferred",
            PREFERENCE,
            words="availability.preference",
        ),
        Field(
            "reason",
            "of an absence: holiday, sick or other, which any other word means",
            "holiday",
            REASON,
            words="availability.reason",
        ),
        Field(
            "status",
            "of a request: only approved ones count; default: approved",
            "approved",
            STATUS,
            words="availability.status",
        ),
    ),
    key=("employee", "day_of_week", "date", "start_time"),
    complete=_filled,
    rules=(
        RowRule("not_approved", "status", "", lambda rows: (rows.status != "approved").to_numpy(dtype=bool)),
        RowRule(
            "missing_day",
            "day_of_week",
            "The row has neither a day_of_week nor a date; expected one of the two.",
            lambda rows: _has_days(rows, 0) & rows.last_date.isna().to_numpy(dtype=bool),
        ),
        RowRule(
            "two_days",
            "day_of_week",
            "The row has a day_of_week ('{found}') and a date of another day; expected one of the two.",
            lambda rows: _has_days(rows, 2),
        ),
        RowRule(
            "missing_date",
            "last_date",
            "The row has a last_date ('{found}') and no date; expected the first day in date.",
            lambda rows: (rows.date.isna() & rows.last_date.notna()).to_numpy(dtype=bool),
        ),
        RowRule(
            "ends_before_start",
            "last_date",
            "The last_date is '{found}', before the date; expected the date or a later day.",
            lambda rows: (rows.last_date < rows.date).to_numpy(dtype=bool),
        ),
        RowRule(
            "bad_times",
            "times",
            "'{found}' can't be the times; expected spans such as 09:00-14:00, 18:00-23:00, or yes or no.",
            lambda rows: np.array([_are_unclear(times) for times in rows.times], dtype=bool),
        ),
        RowRule(
            "missing_time",
            "start_time",
            "The row has only one of start_time and end_time; expected both, or neither for the whole day.",
            _lacks_a_time,
        ),
        RowRule(
            "no_time_between",
            "end_time",
            "The row ends when it starts ('{found}'); expected a later time, or no times for the whole day.",
            _ends_as_it_starts,
        ),
        RowRule(
            "overlapping_times",
            "start_time",
            "The times overlap those of an earlier line of the same person; expected each hour of the week in one line "
            "only. Split or merge the two.",
            find_overlaps,
        ),
    ),
    choices=((("day_of_week",), ("date",)),),
    keeps_people=True,
    matrix=Matrix("day_of_week", "times", lambda header, _cells: weekdays_of(header) is not None, _as_cell),
    version="2",
)
