"""Files of conversions: how much one unit is in another, of an ingredient or of the house."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from flux_pipeline.ingest.cells.units import RECIPE_QUANTITY, UNIT
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.kinds.plain import SentenceRule, plain_contract
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.kitchen.conversions import Conversion, ConversionError, check_conversion
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline.wording import shortened


def _with_one(rows: pd.DataFrame, table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    """Return the rows with a from_quantity of 1 where it is empty: a factor alone says how many one unit is."""
    return rows.assign(from_quantity=rows.from_quantity.mask(table.texts("from_quantity").blank, 1.0))


def _impossible_conversions(rows: pd.DataFrame) -> list[str | None]:
    sentences: list[str | None] = []
    for row in rows.itertuples():
        numbers = Decimal(repr(row.from_quantity)), Decimal(repr(row.to_quantity))
        one, other = find_unit(str(row.from_unit)), find_unit(str(row.to_unit))
        name = None if row.ingredient is None else shortened(str(row.ingredient), 40)
        try:
            check_conversion(Conversion(numbers[0], one, numbers[1], other, name))
        except ConversionError as exc:
            sentences.append(str(exc))
        else:
            sentences.append(None)
    return sentences


UNIT_CONVERSIONS = plain_contract(
    "unit_conversions",
    "How much one unit is in another, of an ingredient or of all: a bunch of parsley is 80 g, a litre of oil 0.92 kg.",
    (
        Field(
            "ingredient",
            "the ingredient, or an item that is part of others; default: it holds for all",
            "Parsley",
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field(
            "from_quantity",
            "how many of the one unit; default: 1",
            "1",
            RECIPE_QUANTITY,
            words="unit_conversions.from_quantity",
        ),
        Field("from_unit", "the one unit", "bunch", UNIT, required=True, words="unit_conversions.from_unit"),
        Field(
            "to_quantity",
            "how many of the other unit they are",
            "80",
            RECIPE_QUANTITY,
            required=True,
            words="unit_conversions.to_quantity",
        ),
        Field("to_unit", "the other unit", "g", UNIT, required=True, words="unit_conversions.to_unit"),
    ),
    key=("ingredient", "from_unit", "to_unit"),
    complete=_with_one,
    rules=(SentenceRule("impossible_conversion", "to_quantity", _impossible_conversions),),
)
