"""Sizes and variants of items in a column beside them: what was sold is "Latte (Large)", not "Latte"."""

from __future__ import annotations

from collections.abc import Mapping

from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.columns.samples import Sample, hold_numbers
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.ingest.table.mapped import Combined
from flux_pipeline.names import fold_name

# How tills name the only variant of an item, and the lack of one.
_ADDS_NOTHING = frozenset(
    (
        *("", "-", "n/a", "none", "regular", "default", "default title", "default variant", "standard", "normal"),
        *("no variant", "one size", "einheitsgroße", "taille unique", "talla unica", "unica", "unico", "padrao"),
    )
)
# A column with one of these in its name can be nothing else; a size may be that of a party, a format that of a bill.
_SURELY = ("vari", "pricepoint")
# Menus have a handful of sizes; a column with more texts describes something else.
_MOST_VARIANTS = 100


def full_name(item: str, variant: str) -> str:
    """Return the item's name, with its variant in brackets if that adds something."""
    folded = fold_name(variant)
    # Some exports have it in both: "Latte - Large".
    adds_nothing = folded in _ADDS_NOTHING or f" {fold_name(item)}".endswith(f" {folded}")
    return item if adds_nothing or not item else f"{item} ({variant})"


def take_variant(found: ColumnMap, sample: Sample, names: Mapping[str, str]) -> ColumnMap:
    """Return the map with the item's variant as part of its name, if a column holds one.

    `names` has, by header, the name that is compared. A column that is only perhaps a variant is noted and not used.
    """
    if "item" not in found.headers or "item" in found.layout.combined:
        return found
    words = {normalised_name(word) for word in words_of("sales.variant")}
    for header in found.free:
        name = normalised_name(names.get(header, header))
        if name not in words or not sample.cells(header):
            continue
        example = _varied_name(found.headers["item"], header, sample)
        is_sure = any(stem in name for stem in _SURELY)
        cells = sample.cells(header)
        if (example is None and not is_sure) or hold_numbers(cells) or len(set(cells)) > _MOST_VARIANTS:
            if example is not None:
                found = found.noting(
                    f"'{header}' differs within items and is not used, because it is not certain that it is their size "
                    "or variant. If it is, join it to the item's name in the file and send it again."
                )
            continue
        found = found.with_combined("item", Combined((found.headers["item"], header), full_name))
        such = f", such as '{example}'" if example else ""
        return found.noting(f"'{header}' is taken as the variant of the item and becomes part of its name{such}.")
    return found


def _varied_name(item: str, variant: str, sample: Sample) -> str | None:
    """Return the name of an item with its variant, of an item that has several; None if there is no such item."""
    first: dict[str, str] = {}
    for one, other in zip(sample.texts(item).rows, sample.texts(variant).rows, strict=True):
        name = full_name(one, other)
        if first.setdefault(one, name) != name:
            return name if name != one else first[one]
    return None
