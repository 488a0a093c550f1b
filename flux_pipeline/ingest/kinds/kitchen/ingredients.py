"""Files of ingredients: what the kitchen buys, counts and pays for one unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY, FLAG_ON, share, whole
from flux_pipeline.ingest.cells.units import STATED_COST, STOCK, UNIT
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, SentenceRule, plain_contract, rounded_code
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shortened

# Even an artichoke leaves two fifths; a larger loss is the remaining share, typed as the loss.
# A bare 1.4 may be 1.4 % or what is bought for one that is used.
_WASTE_FACTOR = replace(
    share(high=0.60, percents_from=2),
    described="what is lost, as a percentage from 0% to 60% with its sign",
)

# The longest shelf life on labels, such as that of salt and honey, is ten years.
_SHELF_LIFE = whole(1, 3650)


def _threshold_above_par(rows: pd.DataFrame) -> np.ndarray:
    above: np.ndarray = (rows.reorder_threshold > rows.par_level).to_numpy(dtype=bool)
    return above


def _shared_code(rows: pd.DataFrame, code: str) -> list[str | None]:
    """Say which rows have the number of another ingredient."""
    names: dict[str, dict[str, str]] = {}
    for name, found in zip(rows.name, rows[code], strict=True):
        if found is not None:
            names.setdefault(found, {}).setdefault(fold_name(name), name)
    return [
        None
        if found is None or len(names[found]) == 1
        else f"The {code} '{shortened(found, 40)}' is that of "
        + " and ".join(f"'{shortened(name, 40)}'" for name in list(names[found].values())[:2])
        + f"; expected one ingredient for each {code}."
        for found in rows[code]
    ]


INGREDIENTS = plain_contract(
    "ingredients",
    "What the kitchen buys: a line for each ingredient, or for each day on which its cost changes, with its unit.",
    (
        Field(
            "name",
            "the ingredient",
            "Flour type 550",
            required=True,
            words="shared.ingredient ingredients.name",
            is_label=True,
        ),
        Field("category", "the group that it belongs to", "Dry goods", words="shared.category"),
        Field(
            "unit",
            "the unit that it is counted in",
            "kg",
            UNIT,
            required=True,
            words="shared.unit",
            else_words="ingredients.unit",
        ),
        Field("unit_cost", "what one unit costs", "0.95", STATED_COST, words="shared.unit_cost"),
        Field(
            "valid_from",
            "the first day of this cost; default: from the start if it is the first, else from when the file came in",
            "2024-03-01",
            DAY,
            words="shared.valid_from",
        ),
        Field(
            "waste_factor",
            "the share that is lost in preparation; default: none",
            "2%",
            _WASTE_FACTOR,
            words="ingredients.waste_factor",
        ),
        Field("shelf_life_days", "how many days it keeps", "180", _SHELF_LIFE, words="ingredients.shelf_life_days"),
        Field(
            "sku",
            "its number in the house or at the vendor",
            "DG-550",
            words="shared.sku",
            is_code=True,
            judges_rounded=True,
        ),
        Field(
            "barcode",
            "the number under its bars",
            "4012345678901",
            words="ingredients.barcode",
            is_code=True,
            judges_rounded=True,
        ),
        Field(
            "par_level", "the stock that should be there after a delivery", "50", STOCK, words="ingredients.par_level"
        ),
        Field(
            "reorder_threshold", "the stock below which to order", "20", STOCK, words="ingredients.reorder_threshold"
        ),
        Field("is_active", "no if it is no longer bought; default: yes", "yes", FLAG_ON, words="shared.is_active"),
    ),
    key=("name", "valid_from"),
    rules=(
        rounded_code("mangled_barcode", "barcode"),
        rounded_code("bad_sku", "sku"),
        RowRule(
            "threshold_above_par",
            "reorder_threshold",
            "The reorder_threshold ('{found}') is above the par_level; expected at most the par_level.",
            _threshold_above_par,
        ),
        SentenceRule("sku_of_two", "sku", lambda rows: _shared_code(rows, "sku")),
        SentenceRule("barcode_of_two", "barcode", lambda rows: _shared_code(rows, "barcode")),
    ),
)
