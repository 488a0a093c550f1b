"""What a contract of an upload is: the fields a file may bring, which it must bring, and the frame that comes out.

Only the vocabulary is here. The contract of a kind is in the module of that kind (kinds/menu.py and so on), with
the rules that make it true; kinds/registry.py lists them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd
import pandera.pandas as pa

from flux_pipeline.business_day import BusinessClock
from flux_pipeline.ingest.cells.forms import TEXT, Form
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.data_files import as_csv, example_of, words_of
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts


@dataclass(frozen=True)
class Place:
    """What reading a sales file needs to know of the restaurant.

    `timezone` is an IANA name; a sale before `business_day_cutoff` (local time) belongs to the day before. By
    `country_code` (ISO 3166-1 alpha-2) dates are read that tell their order neither themselves nor by a hint.
    """

    timezone: str
    business_day_cutoff: dt.time = dt.time(4)
    country_code: str | None = None

    @property
    def clock(self) -> BusinessClock:
        """Its timezone and cutoff."""
        return BusinessClock(self.timezone, self.business_day_cutoff)


@dataclass(frozen=True)
class Field:
    """One field of a contract: what its cells may hold, and the header names that it is known by beside its own.

    `words` names the lists of these in the data files, such as `shared.item menu.item`. An `is_label` is what people
    call a thing: a column of codes is it only where none of texts could be. An `is_place` says which restaurant a row
    is of: a file is of one, unless its sender says otherwise.
    """

    name: str
    description: str
    example: str
    form: Form = TEXT
    required: bool = False
    words: str = ""
    is_label: bool = False
    is_place: bool = False

    @property
    def synonyms(self) -> tuple[str, ...]:
        """The other header names that it is known by, in many languages."""
        return tuple(word for name in self.words.split() for word in words_of(name))


@dataclass(frozen=True)
class Seen:
    """What only the whole file tells beyond its columns (survey.py), where its kind looks for it.

    Attributes:
        notes: what was settled in a way that its sender should hear of, in sentences.
        filled_down: the fields that stand in the first line of a group of lines only, and hold for all of them.
        voids_take_back: whether lines that are void and below zero cancel others that stand in the file.
        totals_in_items: whether what is named like a total in the column of the items is one.
    """

    notes: tuple[str, ...] = ()
    filled_down: frozenset[str] = frozenset()
    voids_take_back: bool = False
    totals_in_items: bool = False


class Watch(Protocol):
    """Looks at a file on the pass of the survey for what its kind wants to know."""

    def add(self, table: MappedTable) -> None:
        """One more block."""

    def found(self, survey: Survey, blocks: Callable[[Seen], Iterable[MappedTable]]) -> Seen:
        """What was seen. `blocks` reads the file again, as it is read with what is given to it."""


@dataclass(frozen=True)
class Circumstances:
    """What a row doesn't say of itself and its reader may need: where, when it came in, what holds for all rows."""

    place: Place | None = None
    known_at: dt.datetime | None = None
    hints: Hints = field(default_factory=Hints)
    survey: Survey = field(default_factory=Survey)
    seen: Seen = field(default_factory=Seen)
    settings: UploadSettings = field(default_factory=UploadSettings)


@dataclass(frozen=True)
class Reading:
    """A block of a file read by its contract: every row of it (also those set aside), and the verdict on each."""

    rows: pd.DataFrame
    verdicts: Verdicts


@dataclass(frozen=True)
class Contract:
    """What an upload of one kind must bring and what Flux makes of it.

    `choices` are requirements that can be met in more than one way: of each, at least one set of fields must be there.
    `shared` kinds (weather, events) belong to no restaurant. `frame` checks the normalised rows, once, as a promise of
    our own code; `day_column` is the one whose first and last day describe the file, None where it has no days; `read`
    is the reading itself. A kind that `counts_units` has an item and a
    quantity, which is one on each line where a file counts nothing, and may have one column an item. One that
    `keeps_people` is about persons; of all others nothing of a person is kept. `watch` makes what looks at a whole file
    before its rows are read.
    """

    kind: str
    version: str
    description: str
    shared: bool
    fields: tuple[Field, ...]
    choices: tuple[tuple[tuple[str, ...], ...], ...]
    frame: pa.DataFrameSchema
    day_column: str | None
    read: Callable[[MappedTable, Circumstances], Reading]
    counts_units: bool = False
    keeps_people: bool = False
    watch: Callable[[], Watch] | None = None

    @property
    def example(self) -> str:
        """A file of the kind as CSV, in ASCII: a spreadsheet that takes it for its own code page shows it right.

        Without a file of its own it is the fields' examples in one row.
        """
        rows = ([each.name for each in self.fields], [each.example for each in self.fields])
        return example_of(self.kind) or as_csv(rows)

    def field(self, name: str) -> Field:
        """The field of that name; KeyError where the contract has none."""
        return {each.name: each for each in self.fields}[name]

    @property
    def field_names(self) -> tuple[str, ...]:
        """Every field's name, in the order of the contract."""
        return tuple(each.name for each in self.fields)
