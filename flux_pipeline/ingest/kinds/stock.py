"""Files of stock: inventory counts and waste. Deliveries are in kitchen/deliveries.py."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY, money, share
from flux_pipeline.ingest.cells.units import STOCK, UNIT
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract

DEFAULT_UNIT = "default: the ingredient's own"


def _is_zero(rows: pd.DataFrame) -> np.ndarray:
    zero: np.ndarray = (rows.quantity == 0).to_numpy(dtype=bool)
    return zero


# A report may print a line for every article; this one says that there was nothing of it.
ZERO_QUANTITY = RowRule("zero_quantity", "quantity", "", _is_zero)

INVENTORY_COUNTS = plain_contract(
    "inventory_counts",
    "What was found in stock: a line for each ingredient, or for each lot of it; 0 means that nothing is left.",
    (
        Field(
            "ingredient",
            "what was counted",
            "Flour type 550",
            required=True,
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field(
            "quantity",
            "how much is there",
            "42.5",
            STOCK,
            required=True,
            words="shared.quantity inventory_counts.quantity",
        ),
        Field("unit", f"the unit of the quantity; {DEFAULT_UNIT}", "kg", UNIT, words="shared.unit"),
        Field(
            "counted_on",
            "the day at whose end the stock was counted",
            "2024-03-01",
            DAY,
            required=True,
            words="shared.date inventory_counts.counted_on",
            is_of_group=True,
        ),
        Field("lot", "the lot that was counted", "L-2402", words="shared.lot"),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, words="shared.expires_on"),
    ),
    key=("ingredient", "lot", "counted_on"),
    day_column="counted_on",
)


def _things(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["item", "ingredient"]].notna().sum(axis=1).to_numpy()
    return count


WASTE = plain_contract(
    "waste",
    "What was thrown away, of items or of ingredients. A production record also has what was planned and served.",
    (
        Field(
            "date",
            "the day on which it was thrown away",
            "2024-03-01",
            DAY,
            required=True,
            words="shared.date waste.date",
            is_of_group=True,
        ),
        Field(
            "location",
            "where in the restaurant, or at which of several places",
            "Main kitchen",
            words="waste.location",
            is_of_group=True,
        ),
        Field("item", "the menu item that was thrown away", "Croissant", words="shared.item", is_label=True),
        Field(
            "ingredient",
            "in place of an item, the ingredient that was thrown away",
            "Milk",
            words="shared.ingredient",
            is_label=True,
        ),
        Field("quantity", "how much of it", "3", STOCK, required=True, words="shared.quantity waste.quantity"),
        Field(
            "unit",
            "the unit of the quantity; default: portions of an item, an ingredient's own",
            "portion",
            UNIT,
            words="shared.unit",
        ),
        Field("reason", "why, in a word", "overproduction", words="waste.reason"),
        Field("cost", "what it had cost", "2.40", money(), words="waste.cost"),
        Field(
            "waste_share",
            "the share of what was offered that was thrown away",
            "5%",
            share(decimals=4),
            words="waste.waste_share",
        ),
        Field("planned_quantity", "how many were planned", "60", STOCK, words="waste.planned_quantity"),
        Field("offered_quantity", "how many were made and offered", "60", STOCK, words="waste.offered_quantity"),
        Field("served_quantity", "how many were served", "55", STOCK, words="waste.served_quantity"),
        Field("leftover_quantity", "how many were left and kept", "2", STOCK, words="waste.leftover_quantity"),
        Field("served_cost", "what those served had cost", "44.00", money()),
        Field("leftover_cost", "what those left had cost", "1.60", money()),
        Field("production_cost", "what all that were made had cost", "48.00", money(), words="waste.production_cost"),
    ),
    rules=(
        ZERO_QUANTITY,
        RowRule(
            "missing_item",
            "item",
            "The row names neither an item nor an ingredient; expected one of the two.",
            lambda rows: _things(rows) == 0,
        ),
        RowRule(
            "item_and_ingredient",
            "ingredient",
            "The row names an item and an ingredient ('{found}'); expected one of the two per row.",
            lambda rows: _things(rows) == 2,
        ),
    ),
    choices=((("item",), ("ingredient",)),),
    day_column="date",
)
