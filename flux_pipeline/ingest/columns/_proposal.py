"""Proposal of columns for a refusal: the options that most likely complete what the file and its sender name.

A guess for a person to confirm; no file is read by it. _doubts.py decides which files are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import ONE_EACH, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.columns.samples import Sample, hold_counts
from flux_pipeline.ingest.columns.wide import find_numbers, is_not_sold
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.wording import HEADER

# Words for money that are not the name of a field.
_MONEY = frozenset(
    {"money", "paid", "pay", "cash", "payment", "geld", "bezahlt", "argent", "paye", "dinero", "pagado", "denaro"}
)
# Beyond this share of lines with the item and day of another line, the lines are single sales, not sums of a day.
_REPEATED = 0.1


@dataclass(frozen=True)
class Proposal:
    """Proposed headers by field, with those that the sender states already; HEADER where no column is likely."""

    columns: Mapping[str, str]

    @property
    def lead(self) -> str:
        """The words before the options."""
        return "Name the columns:" if HEADER in self.columns.values() else "Most likely:"


def propose_columns(found: ColumnMap, contract: Contract, sample: Sample, missing: Sequence[Field] = ()) -> Proposal:
    """Return likely columns for the missing fields, and for quantity and amount if the file names no quantity."""
    stated = {name: header for name, header in found.stated.items() if found.how.get(name) == "stated"}
    proposed: dict[str, str] = {}
    for field in missing:
        open_columns = found.free if field.is_of_group else found.free_of_rows
        free = [name for name in open_columns if name not in proposed.values()]
        header = _likely_column(field, free, sample)
        if header is None:
            # Where one field has no candidate, the file is unlike its kind, and guesses at the others would mislead.
            return Proposal({**{each.name: HEADER for each in missing}, **stated})
        proposed[field.name] = header
    if contract.counts_units:
        proposed |= _count_or_money(found, contract, sample, proposed)
    return Proposal({**stated, **proposed})


def _likely_column(field: Field, free: Sequence[str], sample: Sample) -> str | None:
    """Return the unused column that fits a field's form best: first by the words of its name, then by its texts."""
    kind = field.form.kind
    if kind not in (Kind.TEXT, Kind.DAY, Kind.INSTANT, Kind.MOMENT, Kind.NUMBER, Kind.MONEY):
        return None
    fitting = [name for name in free if sample.fits(name, kind) and (kind is not Kind.TEXT or not is_not_sold(name))]
    words = {word for name in (field.name, *field.synonyms) for word in header_words(name)}

    def rank(name: str) -> tuple[bool, bool, int]:
        cells = sample.cells(name)
        # Names repeat, identifiers don't; so the column with more names is preferred.
        return not words.isdisjoint(header_words(name)), 2 * len(set(cells)) <= len(cells), len(set(cells))

    return max(fitting, key=rank, default=None)


def _count_or_money(
    found: ColumnMap, contract: Contract, sample: Sample, proposed: Mapping[str, str]
) -> dict[str, str]:
    """Return quantity, amount or both, if the file doesn't name them and has columns of numbers left over."""
    priced = bool({"amount", "gross_amount", "price"} & found.how.keys())
    if "quantity" in found.how and priced:
        return {}
    free = [name for name in found.free_of_rows if name not in proposed.values()]
    numbers = find_numbers(free, sample, totals=True)
    money = [name for name in numbers if _is_money(name, contract, sample)]
    counts = [name for name in numbers if name not in money]
    columns: dict[str, str] = {}
    if counts and "quantity" not in found.how:
        columns["quantity"] = counts[0]
    if money and not priced:
        columns["amount"] = money[0]
        # Without it, the money itself would be counted as units.
        if not counts and "quantity" not in found.how and _lines_are_sales(found, sample, proposed):
            columns["quantity"] = ONE_EACH
    return columns


def _is_money(name: str, contract: Contract, sample: Sample) -> bool:
    fields = [contract.field(field) for field in ("amount", "gross_amount", "price")]
    words = _MONEY | {word for field in fields for synonym in field.synonyms for word in header_words(synonym)}
    units = {word for synonym in contract.field("quantity").synonyms for word in header_words(synonym)}
    return not hold_counts(sample.cells(name)) or any(word in words - units for word in header_words(name))


def _lines_are_sales(found: ColumnMap, sample: Sample, proposed: Mapping[str, str]) -> bool:
    """Return whether each line is one sale: it has a time or a ticket, or items repeat within a day."""
    if {"time", "ticket"} & found.how.keys():
        return True
    headers = {**found.headers, **proposed}
    if not {"date", "item"} <= headers.keys():
        return False
    moments = [split_moment(text) for text in sample.texts(headers["date"]).rows]
    if any(clock for _, clock in moments):
        return True
    lines = Counter(zip((day for day, _ in moments), sample.texts(headers["item"]).rows, strict=True))
    return lines.total() - len(lines) > _REPEATED * lines.total()
