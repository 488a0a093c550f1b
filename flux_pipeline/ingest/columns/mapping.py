"""Which column of a file is which field of its contract.

In this order: as the sender says, as in the restaurant's last file of the same header, by a till's preset, by the
header's names, and only for what is then still missing by what the cells hold. Nothing overrides what comes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN, ONE_EACH, ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name, split_remark
from flux_pipeline.ingest.columns.personal import find_personal
from flux_pipeline.ingest.columns.presets import find_preset
from flux_pipeline.ingest.columns.refusals import ambiguous, find_stated, incomplete, not_found
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.columns.wide import find_items, find_numbers, is_total, share_days
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.ingest.reading.table import Table
from flux_pipeline.ingest.wording import listed, option

_TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT)

# A column of this name holds the date, or in a file with a column for the month the number of the day.
_DAY = frozenset(map(normalised_name, ("day", "Tag", "jour", "día", "dia", "giorno", "dag", "dzień")))

_COUNTING = ("quantity", "price", "amount", "gross_amount")


def map_header(
    header: tuple[str, ...],
    contract: Contract,
    stated: Mapping[str, str],
    *,
    sample: Table | None = None,
    known: Mapping[str, str] | None = None,
) -> ColumnMap:
    """The columns of a table of `contract`.

    Args:
        header: the names of its columns, each once.
        contract: what is looked for.
        stated: header by field, as the sender says; a header may serve two fields (a date and time in one column).
            `quantity=1` counts one for each line, `item=*` takes every column of numbers that is left as an item.
        sample: the table's first rows; without them only names are looked at.
        known: the mapping of the restaurant's last file of the same header (`ColumnMap.stated`).

    Raises:
        PermanentError: `stated` names a field or header that doesn't exist, two headers claim one field, a required
            field isn't found, or numbers are left over that may be what is counted.
    """
    search = _Search(header, contract, Sample(sample))
    search.take_stated(stated)
    search.take_known(known or {})
    search.take_preset()
    search.take_names()
    search.take_contents()
    personal = () if contract.keeps_people else find_personal(search.free, sample)
    search.left_out = frozenset(personal)
    items = search.take_items()
    search.check_complete()
    search.check_numbers()
    unused = tuple(name for name in search.free if name not in personal and name not in items)
    return replace(
        search.found(),
        personal=personal,
        unused=unused,
        items=items,
        lines_are_tickets=bool(items) and share_days(search.headers, sample),
        keeps_people=contract.keeps_people,
    )


class _Search:
    """What is found so far; each step takes only what the steps before it have left."""

    def __init__(self, header: tuple[str, ...], contract: Contract, sample: Sample) -> None:
        self.header, self.contract, self.sample = header, contract, sample
        self.headers: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.how: dict[str, str] = {}
        self.variation: str | None = None
        self.every_column_is_an_item = False
        self.left_out: frozenset[str] = frozenset()

    @property
    def free(self) -> list[str]:
        """The columns that are nothing yet."""
        taken = {*self.headers.values(), self.variation}
        return [name for name in self.header if name not in taken]

    def found(self) -> ColumnMap:
        """The fields, in the order of the contract."""
        names = [name for name in self.contract.field_names if name in self.how]
        headers = {name: self.headers[name] for name in names if name in self.headers}
        how = {name: self.how[name] for name in names}
        return ColumnMap(self.header, headers, how, constants=self.constants, variation=self.variation)

    def take_stated(self, stated: Mapping[str, str]) -> None:
        for field, header in stated.items():
            if not self._take_word(field, header, "stated"):
                self._take(field, find_stated(self.header, self.contract, field, header), "stated")

    def take_known(self, known: Mapping[str, str]) -> None:
        free = set(self.free)
        for field, header in known.items():
            if field in self.how or field not in self.contract.field_names:
                continue
            if header in free:
                self._take(field, header, "known")
            elif header not in self.header:
                self._take_word(field, header, "known")

    def take_preset(self) -> None:
        preset = find_preset(self.header) if self.contract.counts_units else None
        if preset is None:
            return
        by, free = f"preset:{preset.name}", set(self.free)
        for field, header in preset.columns(self.header).items():
            if field not in self.how and header in free:
                self._take(field, header, by)
        for field, text in preset.constants.items():
            if field not in self.how:
                self.constants[field], self.how[field] = text, by
        if self.how.get("item") == by:
            self.variation = preset.variation_in(self.free)

    def take_names(self) -> None:
        """All own names go before all synonyms, and these before names with a remark: "Price (EUR)"."""
        wanted = self._open_fields()
        for names_of in (_own_name, _synonyms, _remarked(self.contract)):
            for field in wanted:
                if field.name not in self.how:
                    self._take_name(field, names_of(field, self.free))
        if {"date", "month"} <= self.headers.keys() and "day_of_month" in self.contract.field_names:
            header = self.headers["date"]
            if self.how["date"] == "name" and normalised_name(header) in _DAY and not self._is_date(header):
                del self.headers["date"], self.how["date"]
                self._take("day_of_month", header, "name")

    def take_contents(self) -> None:
        """Days alone: a number may be a price, a quantity or a telephone, but a date can hardly be anything else."""
        for field in self._missing():
            if field.form.kind not in _TIMED:
                continue
            found = [name for name in self.free if self._is_date(name)]
            if len(found) > 1:
                raise ambiguous(field.name, found, "hold dates and could be")
            if found:
                self._take(field.name, found[0], "content")

    def take_items(self) -> tuple[str, ...]:
        """The columns of a wide table that are an item each; none where the table isn't wide."""
        if not self.contract.counts_units or "item" in self.how:
            return ()
        # The sum of a line of items is called like the amount of a sale.
        counting = [field for field in _COUNTING if field in self.how]
        sums = [field for field in counting if self.how[field] == "name" and is_total(self.headers[field])]
        if counting != sums or not self._has_day():
            return ()
        free = [name for name in self.free if name not in self.left_out]
        items = find_items(free, self.sample, stated=self.every_column_is_an_item)
        if items:
            for field in sums:
                del self.headers[field], self.how[field]
            by = "stated" if self.every_column_is_an_item else "content"
            self.how["item"] = self.how["quantity"] = by
        return items

    def check_complete(self) -> None:
        for field in self.contract.fields:
            if field.required and field.name not in self.how:
                raise not_found(field, self.header)
        for choice in self.contract.choices:
            if not any(all(name in self.how for name in way) for way in choice):
                raise incomplete(self.contract, choice, self.headers, self.header)

    def check_numbers(self) -> None:
        """A file that counts nothing has one unit on each line: only if nothing in it looks like a count."""
        if not self.contract.counts_units or any(field in self.how for field in _COUNTING):
            return
        numbers = find_numbers([name for name in self.free if name not in self.left_out], self.sample)
        if not numbers:
            return
        holds = "holds numbers and isn't" if len(numbers) == 1 else "hold numbers and aren't"
        raise PermanentError(
            f"{listed(numbers)} {holds} recognised, and the file names no quantity, price or amount. Say what it is: "
            f"{option('quantity', numbers[0])}, or price=, or amount=; or {option('quantity', ONE_EACH)} to count one "
            "for each line."
        )

    def _open_fields(self) -> list[Field]:
        """All fields, where no preset has settled what is what; then only those that the file couldn't do without."""
        if any(how.startswith("preset:") for how in self.how.values()):
            return self._missing()
        return list(self.contract.fields)

    def _missing(self) -> list[Field]:
        names = {field.name for field in self.contract.fields if field.required}
        for choice in self.contract.choices:
            if not any(all(name in self.how for name in way) for way in choice):
                names |= {way[0] for way in choice if len(way) == 1}
        return [field for field in self.contract.fields if field.name in names and field.name not in self.how]

    def _has_day(self) -> bool:
        return "date" in self.how or {"day_of_month", "month"} <= self.how.keys()

    def _is_date(self, header: str) -> bool:
        return self.sample.fits(header, Kind.MOMENT)

    def _take(self, field: str, header: str, by: str) -> None:
        self.headers[field], self.how[field] = header, by

    def _take_word(self, field: str, word: str, by: str) -> bool:
        """Takes what stands in place of a header; whether it did. A header that is named so goes before."""
        if word in self.header or not self.contract.counts_units:
            return False
        if field == "quantity" and word == ONE_EACH:
            self.constants[field], self.how[field] = word, by
            return True
        self.every_column_is_an_item |= field == "item" and word == EVERY_COLUMN
        return field == "item" and word == EVERY_COLUMN

    def _take_name(self, field: Field, found: list[str]) -> None:
        if len(found) > 1:
            fitting = [name for name in found if self.sample.fits(name, field.form.kind)]
            if len(fitting) != 1:
                raise ambiguous(field.name, found, "could be")
            found = fitting
        if found:
            self._take(field.name, found[0], "name")


def _own_name(field: Field, free: Iterable[str]) -> list[str]:
    return [header for header in free if normalised_name(header) == normalised_name(field.name)]


def _synonyms(field: Field, free: Iterable[str]) -> list[str]:
    known = {normalised_name(synonym) for synonym in field.synonyms}
    return [header for header in free if normalised_name(header) in known]


def _remarked(contract: Contract) -> Callable[[Field, Iterable[str]], list[str]]:
    names = {field.name: {normalised_name(name) for name in (field.name, *field.synonyms)} for field in contract.fields}
    every = frozenset().union(*names.values())

    def found(field: Field, free: Iterable[str]) -> list[str]:
        split = {header: split_remark(header) for header in free}
        # "Price (Discount)" is no price: a remark that names a field changes what the column is.
        return [header for header, (name, remark) in split.items() if name in names[field.name] and remark not in every]

    return found
