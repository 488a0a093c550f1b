"""Survey of a whole file: the format of its dates and times (cells/dates/survey.py), its decimal marks and percentages.

One pass over the file before its rows are read. The contract's forms say which fields hold days and numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flux_pipeline.ingest.cells.counts import without_units
from flux_pipeline.ingest.cells.dates.survey import DaySurvey, DayTallies, has_split_days
from flux_pipeline.ingest.cells.forms import Kind, bare, is_bare
from flux_pipeline.ingest.cells.fractions import without_fractions
from flux_pipeline.ingest.cells.marks.decimal import COMMA, POINT, find_marks
from flux_pipeline.ingest.cells.marks.row_sums import RowSums
from flux_pipeline.ingest.cells.numbers import has_mark, read_number
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Tally, Texts

TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT)
NUMERIC = (Kind.NUMBER, Kind.MONEY)


@dataclass(frozen=True)
class Survey(DaySurvey):
    """The formats of days and times, and the decimal mark by field.

    `whole_numbers` are the fields of numbers without any decimal mark: theirs is taken from other fields. `in_per_cent`
    are the fields of shares with bare numbers above 1; `notes` are sentences on marks that were guessed.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    whole_numbers: frozenset[str] = frozenset()
    in_per_cent: frozenset[str] = frozenset()

    def mark(self, name: str) -> str:
        """Return the decimal mark of a field."""
        return self.marks.get(name, ".")


def take_survey(
    tables: Iterable[MappedTable],
    kinds: Mapping[str, Kind],
    *,
    hints: Hints | None = None,
    country_code: str | None = None,
    known_at: dt.datetime | None = None,
) -> Survey:
    """Look at every cell of the fields that hold days, times and numbers.

    Args:
        tables: the blocks of one table.
        kinds: the kind of value in each field.
        hints: the sender's hints on the order of the dates, their year and the decimal mark; checked against the file.
        country_code: of the restaurant (ISO 3166-1 alpha-2); settles the order of dates and the decimal marks that
            neither the file nor a hint settles.
        known_at: when the file came in (aware); no inferred year is later.

    Raises:
        PermanentError: the order of the dates can't be found, the dates contradict each other or a hint, or they have
            no year and no hint gives it.
    """
    days = DayTallies()
    numbers: dict[str, Tally] = {}
    unsigned: dict[str, Tally] = {}
    sums = RowSums()
    delimiter = ","
    for table in tables:
        delimiter = table.table.delimiter
        if has_split_days(table):
            days.add_split_days(table)
        for name in table.constants:
            if kinds[name] in TIMED:
                days.add(table, name)
        for name in table.headers:
            if kinds[name] in TIMED:
                days.add(table, name)
            elif kinds[name] in NUMERIC:
                numbers.setdefault(name, Tally()).add(numbers_of(table, name))
            elif kinds[name] is Kind.SHARE:
                texts = table.texts(name)
                numbers.setdefault(name, Tally()).add(texts.map(bare))
                unsigned.setdefault(name, Tally()).add(texts.map(lambda text: text if is_bare(text) else ""))
        sums.add(table)
    hints = hints or Hints()
    money = [name for name in numbers if kinds[name] is Kind.MONEY]
    stated = {None: None, "point": POINT, "comma": COMMA}[hints.decimal]
    by_field = find_marks(numbers, delimiter, money=money, rows=sums.rows, hint=stated, country_code=country_code)
    marks = {name: each.mark for name, each in by_field.items()}
    found = days.result(hints, country_code, known_at)
    return Survey(
        **vars(found),
        marks=marks,
        notes=tuple(note for name, each in by_field.items() if (note := each.note(name))),
        whole_numbers=frozenset(name for name, tally in numbers.items() if not any(map(has_mark, tally.distinct))),
        in_per_cent=frozenset(name for name, tally in unsigned.items() if _exceeds_one(tally, marks[name])),
    )


def numbers_of(table: MappedTable, name: str) -> Texts:
    """Return the texts of a field of numbers; for a quantity, without a unit behind the number and fractions."""
    if name != "quantity":
        return table.texts(name)
    # `1/2` may be the first of two guests who share a dish; in a kitchen it is a half (cells/forms.py).
    return without_fractions(without_units(table.texts(name)), alone=False)


def _exceeds_one(tally: Tally, mark: str) -> bool:
    found = (read_number(text, mark, money=False) for text in tally.distinct if text)
    return any(number is not None and 1 < number <= 100 for number in found)
