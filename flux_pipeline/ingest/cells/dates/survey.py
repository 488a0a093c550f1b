"""Survey of the days and times in a whole file: date order, lost hours, numbers that are days, and missing years.

Gathered block by block, and evaluated at the end. ingest/survey.py adds decimal marks and percentages.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from flux_pipeline.ingest.cells.dates._days import parse_months, parse_split_days, parse_whole_numbers, parse_years
from flux_pipeline.ingest.cells.dates._epochs import epochs_as_moments, epochs_prevail, without_epochs
from flux_pipeline.ingest.cells.dates._order import DateEvidence, find_order
from flux_pipeline.ingest.cells.dates._serials import SerialTally
from flux_pipeline.ingest.cells.dates._years import DayTrail, YearTurns
from flux_pipeline.ingest.cells.dates.clocks import ClockTally, with_colon
from flux_pipeline.ingest.cells.dates.halves import split_moments
from flux_pipeline.ingest.cells.dates.moments import Moments, bare_days, parse_moments
from flux_pipeline.ingest.cells.dates.parts import NO_YEAR, read_day
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Tally, Texts

# The fields in which a file may give its days in parts. A date without a year takes the year from the year's column.
DATE, TIME, DAY_OF_MONTH, MONTH, YEAR = "date", "time", "day_of_month", "month", "year"


@dataclass(frozen=True)
class DaySurvey:
    """The formats found.

    `date_order` is the order of all dates of the file, `date_order_by` what it is based on ("evidence", "hint" or
    "country"). `untimed` are the fields without times of day, only 00:00 or minutes that lost their hour; `serials`
    those in which plain numbers are days as spreadsheets count them, `epochs` those in which long numbers are Unix
    times; `years` gives the year of dates without one, by field.
    """

    date_order: str | None = None
    date_order_by: str | None = None
    untimed: frozenset[str] = frozenset()
    serials: frozenset[str] = frozenset()
    epochs: frozenset[str] = frozenset()
    years: Mapping[str, YearTurns] = field(default_factory=dict)

    def moments(self, table: MappedTable, name: str) -> Moments:
        """Return the days and times of a field of a block; `date` may be split into columns for its parts."""
        if name == DATE and has_split_days(table):
            parts = {part: table.texts(part) for part in (YEAR, MONTH, DAY_OF_MONTH)}
            blank = parts[MONTH].blank & parts[DAY_OF_MONTH].blank
            return bare_days(parse_split_days(parts, self._years(table, name)), blank)
        texts = epochs_as_moments(table.texts(name)) if name in self.epochs else table.texts(name)
        return parse_moments(
            split_moments(_with_colons(texts) if name == TIME else texts),
            self.date_order,
            untimed=name in self.untimed,
            serial=name in self.serials,
            years=self._years(table, name),
        )

    def _years(self, table: MappedTable, name: str) -> np.ndarray | None:
        if name == DATE and table.has(YEAR):
            return parse_years(table.texts(YEAR))
        return self.years[name].of(table.line_numbers) if name in self.years else None


def has_split_days(table: MappedTable) -> bool:
    """Return whether a file has columns for the day of the month and the month instead of a date."""
    return not table.has(DATE) and table.has(DAY_OF_MONTH) and table.has(MONTH)


class DayTallies:
    """The evidence on days and times, gathered block by block."""

    def __init__(self) -> None:
        self._days: dict[str, Tally] = {}
        self._clocks: dict[str, ClockTally] = {}
        self._serials: dict[str, SerialTally] = {}
        self._epochs: Counter[str] = Counter()
        self._trails: dict[str, DayTrail] = {}
        self._has_split_days = False

    def add(self, table: MappedTable, name: str) -> None:
        """Take in one more block of a field of days or times."""
        texts, epochs = without_epochs(table.texts(name))
        self._epochs[name] += epochs
        halves = split_moments(_with_colons(texts) if name == TIME else texts)
        self._clocks.setdefault(name, ClockTally()).add(halves.clocks)
        days = self._serials.setdefault(name, SerialTally()).add(halves.days)
        without_year = [_lacks_year(text) for text in days.distinct]
        if any(without_year) and name == TIME:
            # `9.3` next to a date is not the 9th of March.
            days = _without(days, np.array(without_year, dtype=bool))
        elif any(without_year) and not (name == DATE and table.has(YEAR)):
            self._trails.setdefault(name, DayTrail()).add_texts(table.line_numbers, days)
        self._days.setdefault(name, Tally()).add(days)

    def add_split_days(self, table: MappedTable) -> None:
        """Take in one more block of a file with columns for the day of the month and the month."""
        if table.has(YEAR):
            return
        self._has_split_days = True
        months, days = parse_months(table.texts(MONTH)), parse_whole_numbers(table.texts(DAY_OF_MONTH))
        self._trails.setdefault(DATE, DayTrail()).add_numbers(table.line_numbers, months, days)

    def result(self, hints: Hints, country_code: str | None, known_at: dt.datetime | None) -> DaySurvey:
        """Return the formats found; for arguments and errors see `ingest.survey.take_survey`."""
        evidence = {name: DateEvidence.of([tally]) for name, tally in self._days.items()}
        serials = {name for name in self._days if self._serials[name].prevail(self._others(name, evidence[name]))}
        for name in sorted(serials):
            self._serials[name].check(evidence[name])
        order = find_order(DateEvidence.of(list(self._days.values())), hints.date_order, country_code)
        return DaySurvey(
            date_order=order.order,
            date_order_by=order.by,
            untimed=frozenset(name for name in self._days if self._is_untimed(name, name in serials)),
            serials=frozenset(serials),
            epochs=frozenset(
                name for name in self._days if epochs_prevail(self._epochs[name], self._others(name, evidence[name]))
            ),
            years={
                name: trail.walk(hints.year_from, order.order, known_at)
                for name, trail in self._trails.items()
                if (self._has_split_days and name == DATE) or evidence[name].lacks_years
            },
        )

    def _others(self, name: str, evidence: DateEvidence) -> int:
        return evidence.dates + self._clocks[name].filled

    def _is_untimed(self, name: str, is_serial: bool) -> bool:
        clocks = self._clocks[name]
        if is_serial and self._serials[name].is_timed:
            return False
        return clocks.has_no_times or (is_serial and not clocks.filled)


def _with_colons(texts: Texts) -> Texts:
    """Return the texts of a time column with colons: next to a date, `21.30` and `2130` can only mean `21:30`."""
    found = [with_colon(text) for text in texts.distinct]
    if not any(found):
        return texts
    written = texts.distinct.copy()
    written[:] = [other or text for other, text in zip(found, texts.distinct, strict=True)]
    return Texts(written, texts.codes)


def _lacks_year(text: str) -> bool:
    parts = read_day(text)
    return parts is not None and parts.year == NO_YEAR


def _without(texts: Texts, which: np.ndarray) -> Texts:
    distinct = texts.distinct.copy()
    distinct[which] = ""
    return Texts(distinct, texts.codes)
