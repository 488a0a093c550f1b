"""Fields found by the names of the columns: own names, synonyms, names with a remark ("Price (EUR)"), second choices.

If two columns have a name of one field, their contents decide; otherwise contents don't matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words_of, normalised_name, split_remark
from flux_pipeline.ingest.columns.messages import ambiguous
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Contract, Field

# The headers that may be a field, among headers with the names by which they are compared.
_Ranking = Callable[[Field, Mapping[str, str]], list[str]]

# A column of this name holds the date, or the day of the month if the file has a column for the month.
_DAY = frozenset(map(normalised_name, ("day", "Tag", "jour", "día", "dia", "giorno", "dag", "dzień")))

# Fields of a week, and the fields that they are if their column holds dates.
_DATED = {"day_of_week": "date", "start_time": "date", "end_time": "last_date"}

# Fields of an order's line, which a column without the lines' prefix can't be (_line_columns.py).
LINE_FIELDS = frozenset(
    {
        *("line_id", "item", "quantity", "price", "amount", "gross_amount", "discount", "tax", "category"),
        "modifiers",
    }
)


def take_names(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with the fields whose columns are recognised by name.

    If a preset matched the file, only required fields that are still missing are looked for; if a prefix marks the
    columns of the lines, only fields of the order. Raises PermanentError if several columns claim one field.
    """
    wanted = missing_fields(found, contract) if found.preset is not None else list(contract.fields)
    if found.line_columns:
        wanted = [field for field in wanted if field.name not in LINE_FIELDS]
    free = {name: name for name in found.free if name not in found.line_columns}
    for field, header in find_by_name(wanted, contract, free, sample, found.how, found.outer):
        found = found.with_column(field.name, header, "name")
    found = _with_dates_apart(_with_day_apart(found, contract, sample), contract, sample)
    return _with_percentages(found, contract, sample)


def find_by_name(
    fields: Collection[Field],
    contract: Contract,
    names: Mapping[str, str],
    sample: Sample,
    settled: Collection[str],
    outer: Collection[str] = (),
) -> Iterator[tuple[Field, str]]:
    """Yield the fields, but for those already `settled`, whose columns are recognised by name, each with its header.

    `names` has, by header, the name that is compared. The columns `outer` can only be fields of a group. Raises
    PermanentError if several columns claim one field.
    """
    free, done = dict(names), set(settled)
    rankings: tuple[_Ranking, ...] = (_first_synonyms, _own_name, _synonyms, _remarked(contract), _else_synonyms)
    for names_of in rankings:
        for field in fields:
            if field.name in done:
                continue
            usable = {
                header: name
                for header, name in free.items()
                if (field.is_of_group or header not in outer) and not ("%" in header and _is_amount(field))
            }
            headers = names_of(field, usable)
            if not headers:
                continue
            others = [name for other in rankings for name in other(field, usable) if name not in headers]
            header = _settled(field, headers, others, sample)
            if header:
                del free[header]
                done.add(field.name)
                yield field, header


def _with_percentages(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with a discount in per cent, if amounts are computed from prices."""
    known = {"amount", "gross_amount", "discount"} & found.how.keys()
    if "discount" not in contract.field_names or "price" not in found.how or known:
        return found
    words = {normalised_name(word) for word in ("discount", *contract.field("discount").synonyms)}
    for header in found.free:
        is_discount = any(normalised_name(header).endswith(word) for word in words)
        if "%" in header and is_discount and any(set(cell) & set("123456789") for cell in sample.cells(header)):
            return found.with_column("discount", header, "name")
    return found


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


def _with_dates_apart(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map of a kind that has days of the week and dates: columns "Day", "From" and "To" may hold dates."""
    for field, dated in _DATED.items():
        if not {"day_of_week", field, dated} <= {*contract.field_names} or dated in found.how:
            continue
        if found.how.get(field) == "name" and sample.fits(found.headers[field], Kind.MOMENT):
            found = found.without(field).with_column(dated, found.headers[field], "name")
    return found


def _is_amount(field: Field) -> bool:
    """Return whether a field is money or a quantity, which no percentage is."""
    return field.form.kind is Kind.MONEY or field.form.fractions


def _first_synonyms(field: Field, names: Mapping[str, str]) -> list[str]:
    return _without_remark(field.first_words, names)


def _own_name(field: Field, names: Mapping[str, str]) -> list[str]:
    return [header for header, name in names.items() if normalised_name(name) == normalised_name(field.name)]


def _synonyms(field: Field, names: Mapping[str, str]) -> list[str]:
    known = _names_in(field.words)
    return [header for header, name in names.items() if normalised_name(name) in known]


def _names_in(words: str) -> frozenset[str]:
    """Return the normalised names of the lists of words that a field has."""
    return frozenset[str]().union(*(header_words_of(name) for name in words.split()))


def _else_synonyms(field: Field, names: Mapping[str, str]) -> list[str]:
    return _without_remark(field.else_words, names)


def _without_remark(words: str, names: Mapping[str, str]) -> list[str]:
    known = _names_in(words)
    return [header for header, name in names.items() if known and split_remark(name)[0] in known]


def _remarked(contract: Contract) -> _Ranking:
    of_field = {field.name: _names_in(field.words) | {normalised_name(field.name)} for field in contract.fields}
    every = frozenset().union(*of_field.values())

    def found(field: Field, names: Mapping[str, str]) -> list[str]:
        split = {header: split_remark(name) for header, name in names.items()}
        own = of_field[field.name]
        # "Price (Discount)" is not the price: a remark that names another field changes what the column is.
        return [
            header for header, (name, remark) in split.items() if name in own and (remark not in every or remark in own)
        ]

    return found
