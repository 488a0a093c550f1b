"""Columns of an order's lines, marked by a prefix that they share: `Lineitem price`, `Order Lines/Product`.

Such a file has columns of the order beside them, and its `Total`, `Discount` or `Name` without the prefix is the
order's, never the line's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from flux_pipeline.ingest.columns._naming import LINE_FIELDS, find_by_name
from flux_pipeline.ingest.columns.column_map import ORDER_FIELDS, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, header_words_of, normalised_name
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.wording import listed

# A prefix marks lines only if it is before the item and before one of these.
_COUNTED = frozenset({"quantity", "price", "amount", "gross_amount"})

_SIGN = re.compile(r"[/:.>|]")
# "Item name" is a name of the item; "Item: name" is the name of the line's item.
_WITH_SIGN_ONLY = frozenset(
    map(normalised_name, ("item", "product", "article", "Artikel", "Produkt", "produit", "artículo", "producto"))
)


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
