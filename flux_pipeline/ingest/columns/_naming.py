"""Fields found by the names of the columns: own names, synonyms, names with a remark ("Price (EUR)"), second choices.

If two columns have a name of one field, their contents decide; otherwise contents don't matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name, split_remark
from flux_pipeline.ingest.columns.messages import ambiguous
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Contract, Field

_Ranking = Callable[[Field, Iterable[str]], list[str]]

# A column of this name holds the date, or the day of the month if the file has a column for the month.
_DAY = frozenset(map(normalised_name, ("day", "Tag", "jour", "día", "dia", "giorno", "dag", "dzień")))


def take_names(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with the fields whose columns are recognised by name.

    If a preset matched the file, only required fields that are still missing are looked for. Raises PermanentError if
    several columns claim one field.
    """
    settled = found.preset is not None
    wanted = missing_fields(found, contract) if settled else list(contract.fields)
    rankings: tuple[_Ranking, ...] = (_own_name, _synonyms, _remarked(contract), _else_synonyms)
    for names_of in rankings:
        for field in wanted:
            if field.name in found.how:
                continue
            free = found.free if field.is_of_group else found.free_of_rows
            names = names_of(field, free)
            others = [name for other in rankings for name in other(field, free) if name not in names]
            header = _settled(field, names, others, sample)
            found = found.with_column(field.name, header, "name") if header else found
    return _with_day_apart(found, contract, sample)


def missing_fields(found: ColumnMap, contract: Contract) -> list[Field]:
    """Return the required fields that have no column yet."""
    names = {field.name for field in contract.fields if field.required}
    for choice in contract.choices:
        if not any(all(name in found.how for name in way) for way in choice):
            names |= {way[0] for way in choice if len(way) == 1}
    return [field for field in contract.fields if field.name in names and field.name not in found.how]


def _settled(field: Field, names: list[str], others: list[str], sample: Sample) -> str | None:
    """Return the one of the columns `names` that is the field; `others` are columns with a weaker name of it."""
    # Tills call the number "Item" and the name "Item Name".
    only_codes = field.is_label and not any(sample.fits(name, Kind.TEXT) for name in names)
    if only_codes and any(sample.fits(name, Kind.TEXT) for name in others):
        return None
    if len(names) > 1:
        fitting = [name for name in names if sample.fits(name, field.form.kind)]
        if field.is_place:
            # A shop's name and its number mean the same place.
            return (fitting or names)[0]
        if len(fitting) != 1:
            raise ambiguous(field.name, names, "could be")
        return fitting[0]
    return names[0] if names else None


def _with_day_apart(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    if not {"date", "month"} <= found.headers.keys() or "day_of_month" not in contract.field_names:
        return found
    header = found.headers["date"]
    is_number = found.how["date"] == "name" and normalised_name(header) in _DAY
    if not is_number or sample.fits(header, Kind.MOMENT):
        return found
    return found.without("date").with_column("day_of_month", header, "name")


def _own_name(field: Field, free: Iterable[str]) -> list[str]:
    return [header for header in free if normalised_name(header) == normalised_name(field.name)]


def _synonyms(field: Field, free: Iterable[str]) -> list[str]:
    known = {normalised_name(synonym) for synonym in field.synonyms}
    return [header for header in free if normalised_name(header) in known]


def _else_synonyms(field: Field, free: Iterable[str]) -> list[str]:
    known = {normalised_name(synonym) for synonym in field.else_synonyms}
    return [header for header in free if known and split_remark(header)[0] in known]


def _remarked(contract: Contract) -> _Ranking:
    names = {field.name: {normalised_name(name) for name in (field.name, *field.synonyms)} for field in contract.fields}
    every = frozenset().union(*names.values())

    def found(field: Field, free: Iterable[str]) -> list[str]:
        split = {header: split_remark(header) for header in free}
        own = names[field.name]
        # "Price (Discount)" is not the price: a remark that names another field changes what the column is.
        return [
            header for header, (name, remark) in split.items() if name in own and (remark not in every or remark in own)
        ]

    return found
