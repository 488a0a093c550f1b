"""Columns of lines, marked by what they share: `Order Lines/Product` of an order, `Qty (Items)` of a bill of materials.

Such a file has columns of the order beside them, and its `Total`, `Discount` or `Name` without the prefix is the
order's, never the line's. Beside the lines of a bill of materials is what it makes. A line that people write has its
unit behind the quantity, `250 g`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flux_pipeline.ingest.cells.amounts import number_of, split_amount, unit_of
from flux_pipeline.ingest.cells.forms import fold_choice
from flux_pipeline.ingest.cells.units import UNIT
from flux_pipeline.ingest.columns._naming import LINE_FIELDS, find_by_name
from flux_pipeline.ingest.columns.column_map import ORDER_FIELDS, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, header_words_of, normalised_name, split_remark
from flux_pipeline.ingest.columns.messages import ambiguous
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.ingest.table.mapped import Combined
from flux_pipeline.kitchen.units import Dimension, fold_word, unit_words, units
from flux_pipeline.wording import listed

# A prefix marks lines only if it is before the item and before one of these.
_COUNTED = frozenset({"quantity", "price", "amount", "gross_amount"})

_SIGN = re.compile(r"[/:.>|]")
# "Item name" is a name of the item; "Item: name" is the name of the line's item.
_WITH_SIGN_ONLY = frozenset(
    map(normalised_name, ("item", "product", "article", "Artikel", "Produkt", "produit", "artículo", "producto"))
)


# A bill of materials: its lines, and what the same names mean beside them.
_LINE = ("ingredient", "quantity", "unit")
_OF_RECIPE = {"quantity": "yield_quantity", "unit": "yield_unit"}
_MARKED = re.compile(r"(?P<prefix>[^/]+)/(?P<rest>.+)|(?P<before>[^(]+?)\s*\((?P<remark>[^()]+)\)")
# Quantities whose cells may have their unit too: `250 g`.
_WITH_UNIT = {
    "unit": "quantity",
    "yield_unit": "yield_quantity",
    "from_unit": "from_quantity",
    "to_unit": "to_quantity",
    "pack_unit": "pack_quantity",
}
# Behind a quantity in brackets, words for lines and for any unit.
_OF_LINES = frozenset({"item", "items", "unit", "units"})
# The names that the reader gives to columns without one.
_UNNAMED = re.compile(r"column [0-9]+")


def take_line_columns(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with the fields of a line from the columns with a common prefix; unchanged if there are none."""
    if not contract.counts_units or found.preset is not None:
        return found
    for group in _groups(found.header):
        fields = [field for field in contract.fields if field.name in LINE_FIELDS]
        free = {header: rest for header, rest in group.items() if header in found.free}
        taken = found
        for field, header in find_by_name(fields, contract, free, sample, found.how):
            taken = taken.with_column(field.name, header, "name")
        named = {name for name, header in taken.headers.items() if header in group}
        if "item" in named and named & _COUNTED:
            layout = replace(taken.layout, once_per_order=ORDER_FIELDS)
            taken = replace(taken, line_columns=tuple(group), layout=layout)
            taken = _take_of_order(taken, contract, "event", words_of("sales.order_status"))
            taken = _take_of_order(taken, contract, "ticket", words_of("sales.order_number"))
            taken = _take_numbered_name(taken, sample)
            return _noting_order_columns(taken, contract)
    return found


def names_in_lines(found: ColumnMap) -> dict[str, str]:
    """Return the names of the columns of lines without their prefix, by header."""
    return {header: rest for group in _groups(found.header) for header, rest in group.items()}


def _groups(header: Iterable[str]) -> list[dict[str, str]]:
    """Return the columns of each prefix that stands before several of them, with the rest of their names."""
    groups: dict[str, dict[str, str]] = {}
    for name in header:
        prefix, rest = _split(name)
        if prefix:
            groups.setdefault(prefix, {})[name] = rest
    return sorted((group for group in groups.values() if len(group) > 1), key=len, reverse=True)


def _split(name: str) -> tuple[str, str]:
    """Return the prefix of a header, normalised, and the rest of its name; "" and the name if it has none."""
    sign = _SIGN.search(name)
    if sign is not None:
        prefix, rest = normalised_name(name[: sign.start()]), name[sign.end() :].strip()
        return (
            (prefix, rest) if prefix in header_words_of("sales.line_prefix") | _WITH_SIGN_ONLY and rest else ("", name)
        )
    words = header_words(name)
    for length in range(len(words) - 1, 0, -1):
        prefix = "".join(words[:length])
        if prefix in header_words_of("sales.line_prefix"):
            return prefix, " ".join(words[length:])
    return "", name


def _take_of_order(found: ColumnMap, contract: Contract, field: str, words: Sequence[str]) -> ColumnMap:
    """Return the map with the one column of the order that has one of these names, if the field has no other name.

    They say enough only here: beside the columns of lines, a status or a reference is that of the order.
    """
    synonyms = {normalised_name(word) for word in (field, *contract.field(field).synonyms)}
    free = [name for name in found.free if name not in found.line_columns]
    if field in found.how or any(normalised_name(name) in synonyms for name in free):
        return found
    names = set(map(normalised_name, words))
    own = [name for name in free if normalised_name(name) in names]
    return found.with_column(field, own[0], "name") if len(own) == 1 else found


def _take_numbered_name(found: ColumnMap, sample: Sample) -> ColumnMap:
    """Return the map with a column `name` of the order as the ticket, if each name has a number: "Shop/0012"."""
    own = [name for name in found.free if normalised_name(name) == "name" and name not in found.line_columns]
    if "ticket" in found.how or len(own) != 1:
        return found
    cells = [text for text in sample.cells(own[0]) if text]
    numbered = bool(cells) and all(any(letter.isdigit() for letter in text) for text in cells)
    return found.with_column("ticket", own[0], "name") if numbered else found


def _noting_order_columns(found: ColumnMap, contract: Contract) -> ColumnMap:
    fields = [field for field in contract.fields if field.name in LINE_FIELDS]
    names = {normalised_name(word) for field in fields for word in (field.name, *field.synonyms)}
    others = [name for name in found.free if name not in found.line_columns]
    of_the_order = [name for name in others if normalised_name(name) in names]
    if not of_the_order:
        return found
    return found.noting(
        f"The columns of an order's lines are named {listed(found.line_columns)}. So {listed(of_the_order)} "
        f"{'is' if len(of_the_order) == 1 else 'are'} about the whole order, and not used."
    )


def take_parts(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with the lines of a bill of materials, and with what it makes; unchanged if it is none."""
    if "yield_quantity" not in contract.field_names or {*_LINE} & found.how.keys():
        return found
    component = contract.field("ingredient")
    component = replace(
        component, words=f"{component.words} recipes.component_item shared.goods", else_words="shared.sku"
    )
    fields = [component, contract.field("quantity"), contract.field("unit")]
    for group in _marked_groups(found):
        lines = dict[str, str]()
        for field, header in find_by_name(fields, contract, group, sample, found.how):
            lines[field.name] = header
        if not {"ingredient", "quantity"} <= lines.keys():
            continue
        for name, header in lines.items():
            found = found.with_column(name, header, "name")
        beside = {name: name for name in found.free if name not in group}
        names = [contract.field(name) for name in _OF_RECIPE]
        for field, header in list(find_by_name(names, contract, beside, sample, ())):
            if _OF_RECIPE[field.name] not in found.how:
                found = found.with_column(_OF_RECIPE[field.name], header, "name")
        return found
    return found


def _marked_groups(found: ColumnMap) -> list[Mapping[str, str]]:
    """Return the columns of each mark that several have, with the rest of their names."""
    groups: dict[str, dict[str, str]] = {}
    for name in found.free:
        if match := _MARKED.fullmatch(name):
            mark = (match["prefix"] or match["remark"]).strip()
            groups.setdefault(mark, {})[name] = (match["rest"] or match["before"]).strip()
    return [group for group in groups.values() if len(group) > 1]


def take_units_in_cells(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with units from the cells or headers of quantities, unless a column of units has any text."""
    if contract.counts_units:
        return found
    for unit, quantity in _WITH_UNIT.items():
        header = found.headers.get(quantity)
        if header is None or unit not in contract.field_names or quantity in found.layout.combined:
            continue
        own = found.headers.get(unit, header)
        if unit in found.constants or (own != header and sample.cells(own)):
            found = _with_one_unit(found, sample) if unit == "unit" else found
        elif any(split_amount(cell) for cell in sample.cells(header)):
            found = found.with_column(unit, header, "content").noting(f"'{header}' holds quantities with their unit.")
            found = found.with_combined(unit, Combined((header,), unit_of))
            found = found.with_combined(quantity, Combined((header,), number_of))
        elif own == header and (named := unit_in_header(header)) is not None:
            found = found.with_constant(unit, named, "name").noting(f"The quantities in '{header}' are in {named}.")
    return found


def unit_in_header(header: str) -> str | None:
    """Return the unit that a header has: "Weight (lbs)", "weight_kg"; None if it has none.

    Words at the end that can be others, such as "Case Count", are no units.
    """
    remark = fold_word(split_remark(header)[1])
    name = None if remark in _OF_LINES else unit_words().get(remark)
    if name is None and len(words := header_words(header)) > 1:
        name = unit_words().get(fold_word(words[-1]))
        name = name if name is not None and units()[name].dimension in (Dimension.MASS, Dimension.VOLUME) else None
    return name


def _with_one_unit(found: ColumnMap, sample: Sample) -> ColumnMap:
    """Return the map; raise NeedsOptionsError if a column without a name holds units too.

    A cost sheet has the unit of the quantity there, and that of the price under "Unit".
    """
    unnamed = [name for name in found.free if _UNNAMED.fullmatch(name) and _hold_units(sample.cells(name))]
    if unnamed and found.how.get("unit") == "name":
        raise ambiguous("unit", [unnamed[0], found.headers["unit"]], "could be")
    return found


def _hold_units(cells: Sequence[str]) -> bool:
    known = UNIT.choices or {}
    return bool(cells) and sum(fold_choice(cell) in known for cell in cells) >= NEARLY_ALL * len(cells)
