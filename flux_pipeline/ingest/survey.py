"""What only a whole column can tell: the order of dates, the decimal marks, whether midnight is a time or none.

One pass over the file before its rows are read; which fields hold days and numbers, the contract says by their forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flux_pipeline.ingest.days import find_order
from flux_pipeline.ingest.forms import Kind
from flux_pipeline.ingest.mapped import MappedTable
from flux_pipeline.ingest.moments import Moments, are_all_midnight, parse_moments, split_moments
from flux_pipeline.ingest.numbers import find_marks
from flux_pipeline.ingest.texts import Tally

TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT, Kind.CLOCK)
NUMERIC = (Kind.NUMBER, Kind.MONEY)


@dataclass(frozen=True)
class Survey:
    """`date_order` of all days of the file; the decimal mark by field; the fields in which no time but 00:00 stands."""

    date_order: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    untimed: frozenset[str] = frozenset()

    def moments(self, table: MappedTable, name: str) -> Moments:
        """The days and times of a field of a block."""
        return parse_moments(split_moments(table.texts(name)), self.date_order, untimed=name in self.untimed)

    def mark(self, name: str) -> str:
        """The decimal mark of a field."""
        return self.marks.get(name, ".")


def take_survey(tables: Iterable[MappedTable], kinds: Mapping[str, Kind]) -> Survey:
    """Look at every cell of the fields that hold days, times and numbers.

    Args:
        tables: the blocks of one table.
        kinds: what stands in each field.

    Raises:
        PermanentError: the order of the dates can't be found, or they contradict each other.
    """
    days: dict[str, Tally] = {}
    clocks: dict[str, Tally] = {}
    numbers: dict[str, Tally] = {}
    delimiter = ","
    for table in tables:
        delimiter = table.table.delimiter
        for name in table.headers:
            if kinds[name] in TIMED:
                halves = split_moments(table.texts(name))
                days.setdefault(name, Tally()).add(halves.days)
                clocks.setdefault(name, Tally()).add(halves.clocks)
            elif kinds[name] in NUMERIC:
                numbers.setdefault(name, Tally()).add(table.texts(name))
    return Survey(
        date_order=find_order(list(days.values())),
        marks=find_marks(numbers, delimiter),
        untimed=frozenset(name for name, tally in clocks.items() if are_all_midnight(tally)),
    )
