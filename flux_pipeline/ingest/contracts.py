"""Vocabulary of a contract: the fields that a file of a kind may have and must have, and the frame read from it.

The contract of a kind, with the rules that check its rows, is in the module of that kind (kinds/menu.py and so on);
kinds/registry.py lists them all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.business_day import BusinessClock
from flux_pipeline.ingest.cells.forms import TEXT, Form
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.data_files import as_csv, example_of, words_of
from flux_pipeline.ingest.table.filling import Filling
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

# How a column without a field gives the state of its lines: by words of any state, or by words that mean the same in
# any column, of which "closed" may mean that all was given back. Or its meaning is a state, which every filled cell has
# ("Cancelled at").
EVENTS, WORDS, WORDS_OF_ORDERS = "events", "words", "words of orders"

# What is left out of a line of which some units were given back: these, and their share of the money.
RETURNED_UNITS, RETURNED_WITH_MONEY = "units", "units and money"


@dataclass(frozen=True)
class Place:
    """Facts about the restaurant that are needed to read a sales file.

    `timezone` is an IANA name; a sale before `business_day_cutoff` (local time) belongs to the day before.
    `country_code` (ISO 3166-1 alpha-2) settles the order of dates that neither the file nor a hint settles. `currency`
    (ISO 4217) shows whether whole numbers of money may be cents.
    """

    timezone: str
    business_day_cutoff: dt.time = dt.time(4)
    country_code: str | None = None
    currency: str | None = None

    @property
    def clock(self) -> BusinessClock:
        """The restaurant's clock: its timezone and cutoff."""
        return BusinessClock(self.timezone, self.business_day_cutoff)


@dataclass(frozen=True)
class Field:
    """One field of a contract: what its cells may hold, and the header names that it is known by besides its own.

    `words` names the lists of these in the data files, such as `shared.item menu.item`. An `is_label` field is the name
    that people use for a thing: a column of codes is taken for it only if no column of texts could be it. An `is_place`
    field names the restaurant of a row: a file is of one restaurant, unless its sender says that it is of several. An
    `is_of_group` field may be given once for a group of rows. An `is_past` day is at the latest the one on which the
    file came in. An `is_person` field is a name that may be in several columns. An `is_code` field is a number that
    tells things apart and names nothing; the rules of one that `judges_rounded` reject numbers that a spreadsheet
    rounded. `else_words` are other header names that count only if no column has one of `words`, and
    `first_words` those that count before all others, even the field's own name.
    """

    name: str
    description: str
    example: str
    form: Form = TEXT
    required: bool = False
    words: str = ""
    is_label: bool = False
    is_place: bool = False
    is_of_group: bool = False
    is_past: bool = False
    is_person: bool = False
    is_code: bool = False
    judges_rounded: bool = False
    else_words: str = ""
    first_words: str = ""

    @cached_property
    def synonyms(self) -> tuple[str, ...]:
        """The other header names, in many languages."""
        return tuple(word for name in f"{self.first_words} {self.words}".split() for word in words_of(name))

    @cached_property
    def else_synonyms(self) -> tuple[str, ...]:
        """The header names for which this field is the second choice."""
        return tuple(word for name in self.else_words.split() for word in words_of(name))


@dataclass(frozen=True)
class FileFacts:
    """Facts about the lines of a file that only the whole file shows, for the kinds that need them.

    Attributes:
        notes: decisions that the sender should know about, in sentences.
        filled_down: the fields that are filled in the first line of a group or order only and hold for all of it.
        voids_take_back: whether void lines below zero cancel other lines of the same file.
        totals_in_items: whether lines whose item is named like a total are totals.
        total_labels: items that are totals by their numbers, whatever they are called.
        refunds_reversed: whether sales that are marked as refunded count, because refunds take them back.
        returned: what is left out of lines of which some units were given back, "" for nothing.
        dropped: fields whose column is not what its name says, such as a line's number that repeats.
        states: columns without a field that give the state of their lines, with what a cell means there.
        evidence: other columns without a field that decided about lines, such as that of a combo's parent.
        discounts: items that are discounts by their name and their money.
        vouchers: items that are vouchers in the same way, which are a way to pay.
        taken_off: what discounts take off other lines, in hundredths, with the places of these lines, sorted.
        set_aside: rows that carry nothing, by reason: their places among all rows of the file, sorted.
        apart: lines that are repeats of another but for a cell that may not be kept, by place: the line's number, and
            that of its version, from 1. The copy that is kept must still show that they differ.
        totals: the rows that are totals, each as its line and its name.
        unclear_totals: the rows named like a total whose numbers are not the sum of others.
    """

    notes: tuple[str, ...] = ()
    filled_down: Filling = field(default_factory=Filling)
    voids_take_back: bool = False
    totals_in_items: bool = False
    total_labels: frozenset[str] = frozenset()
    refunds_reversed: bool = False
    returned: str = ""
    dropped: frozenset[str] = frozenset()
    states: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    discounts: frozenset[str] = frozenset()
    vouchers: frozenset[str] = frozenset()
    taken_off: tuple[np.ndarray, np.ndarray] | None = None
    set_aside: Mapping[str, np.ndarray] = field(default_factory=dict)
    apart: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    totals: frozenset[tuple[int, str]] = frozenset()
    unclear_totals: frozenset[tuple[int, str]] = frozenset()

    def applied(self, table: MappedTable, start: int) -> MappedTable:
        """Return a block with these facts, except for `filled_down`; its first row has the place `start`."""
        headers = {name: header for name, header in table.headers.items() if name not in self.dropped}
        marked = {}
        for reason, places in self.set_aside.items():
            rows = np.zeros(table.row_count, dtype=bool)
            first, last = np.searchsorted(places, (start, start + table.row_count))
            rows[places[first:last] - start] = True
            marked[reason] = rows
        states = {name: meaning for name, meaning in self.states.items() if name in table.table.header}
        return replace(table, headers=headers, states=states, set_aside=marked, taken_off=self._taken_off(table, start))

    def _taken_off(self, table: MappedTable, start: int) -> np.ndarray | None:
        if self.taken_off is None:
            return None
        places, hundredths = self.taken_off
        rows = np.zeros(table.row_count, dtype=np.int64)
        first, last = np.searchsorted(places, (start, start + table.row_count))
        rows[places[first:last] - start] = hundredths[first:last]
        return rows


class FileScan(Protocol):
    """Scan of a whole file, made during the survey, for facts that its kind needs."""

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""

    def found(self, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]) -> FileFacts:
        """Return the facts found. `blocks` reads the file again, applying the facts given to it."""


class FileAudit(Protocol):
    """Comparison of the rows that are read with what their file says of them: totals of tickets, prices."""

    def add(self, table: MappedTable, rows: pd.DataFrame, kept: np.ndarray) -> None:
        """Take in one more block: all its rows as read, and which of them are kept, (n,) bool."""

    def sentences(self) -> list[str]:
        """Return what was compared, and with which result."""


@dataclass(frozen=True)
class ReadContext:
    """Facts that a reader may need and a row doesn't hold: the place, the arrival, and what holds for all rows."""

    place: Place | None = None
    known_at: dt.datetime | None = None
    hints: Hints = field(default_factory=Hints)
    survey: Survey = field(default_factory=Survey)
    facts: FileFacts = field(default_factory=FileFacts)
    settings: UploadSettings = field(default_factory=UploadSettings)


@dataclass(frozen=True)
class Reading:
    """A block of a file, read by its contract: all its rows, including those set aside, and the verdict on each."""

    rows: pd.DataFrame
    verdicts: Verdicts


@dataclass(frozen=True)
class Matrix:
    """A form that a list of a kind may have: several columns of which each filled cell is a row.

    The header of such a column is the field `names` of the row, its cell the field `cells`. `is_column` decides by the
    header and the filled cells; `as_cell` returns the text to be read for a cell, None if the cell is not a row.
    """

    names: str
    cells: str
    is_column: Callable[[str, Sequence[str]], bool]
    as_cell: Callable[[str], str | None]


@dataclass(frozen=True)
class Contract:
    """What a file of one kind must contain, and how Flux reads it.

    `choices` are requirements that can be met in more than one way: for each, at least one set of fields must be
    there. `shared` kinds (weather, events) belong to no restaurant. `frame` checks the rows after reading, as a
    promise of our own code. `day_column` is the column whose first and last day describe the file; None if the kind
    has no days. `amount_column` is the column of money whose sum a person can check; None if the kind has none.
    `read` reads a block. A kind that `counts_units` has an item and a quantity; the quantity is 1 on each line of a
    file that counts nothing, and such a file may have one column per item. A kind that `keeps_people` is about
    persons; for all other kinds no personal data is kept. A file with `facts_above` may have a table of facts about
    its rows above them. `scan` makes the scan of a whole file before its rows are read, `audit` the comparison of
    its rows with what the file says of them, after. Rows of a kind with a `matrix` may be columns. `doubts` is
    given the columns found (`ColumnMap`) and the first rows (`Sample`), and asks about what can be understood in
    two ways. `state_word` returns the word of a cell that changes how its row counts.
    """

    kind: str
    version: str
    description: str
    shared: bool
    fields: tuple[Field, ...]
    choices: tuple[tuple[tuple[str, ...], ...], ...]
    frame: pa.DataFrameSchema
    day_column: str | None
    read: Callable[[MappedTable, ReadContext], Reading]
    amount_column: str | None = None
    counts_units: bool = False
    keeps_people: bool = False
    facts_above: bool = False
    scan: Callable[[], FileScan] | None = None
    audit: Callable[[ReadContext], FileAudit] | None = None
    matrix: Matrix | None = None
    doubts: Callable[..., None] | None = None
    state_word: Callable[[str], str] = lambda _: ""

    @property
    def example(self) -> str:
        """An example file as CSV, in ASCII, so that a spreadsheet shows it correctly in any code page.

        A kind without an example file of its own gets the fields' examples in one row.
        """
        rows = ([each.name for each in self.fields], [each.example for each in self.fields])
        return example_of(self.kind) or as_csv(rows)

    def field(self, name: str) -> Field:
        """Return the field of that name; raise KeyError if the contract has none."""
        return {each.name: each for each in self.fields}[name]

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of all fields, in the order of the contract."""
        return tuple(each.name for each in self.fields)
