"""Files of waste: what was thrown away, of dishes, preparations or ingredients, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import MOMENT, fold_choice, money, share
from flux_pipeline.ingest.cells.units import STOCK, UNIT
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import columns_named, header_words_of
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.days import Happened
from flux_pipeline.ingest.kinds.kitchen._stock import ZERO_QUANTITY, ask_of_units
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.table.data_files import words_of

OTHER = "other"


@dataclass(frozen=True)
class Reason:
    """Why something was thrown away: a word of the list, and the text as written if it says more than that word."""

    word: str
    note: str | None = None


def find_reason(text: str | None) -> Reason:
    """Return the reason that a text gives: its word alone, the one word of a reason in it, or "other" with the text."""
    if not text:
        return Reason(OTHER)
    folded = fold_choice(text)
    if folded in _words():
        return Reason(_words()[folded])
    parts = " ".join(re.findall(r"\w+", folded))
    found = {reason for word, reason in _words().items() if re.search(rf"\b{re.escape(word)}\b", parts)}
    return Reason(found.pop() if len(found) == 1 else OTHER, text)


@cache
def _words() -> Mapping[str, str]:
    """Return the reason of each word, folded."""
    reasons = {
        "expired": words_of("waste_reasons.expired"),
        "spoiled": words_of("waste_reasons.spoiled"),
        "overproduced": words_of("waste_reasons.overproduced"),
        "prepared": words_of("waste_reasons.prepared"),
        "dropped": words_of("waste_reasons.dropped"),
        "returned": words_of("waste_reasons.returned"),
        "damaged": words_of("waste_reasons.damaged"),
        "staff_meal": words_of("waste_reasons.staff_meal"),
        "stolen": words_of("waste_reasons.stolen"),
        OTHER: words_of("waste_reasons.other"),
    }
    return {fold_choice(word): reason for reason, words in reasons.items() for word in (reason, *words)}


def _things(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["item", "ingredient"]].notna().sum(axis=1).to_numpy()
    return count


def _ask(found: ColumnMap, sample: Sample) -> None:
    """Ask in which unit a weight is, and whether a column of units counts.

    Raises:
        NeedsOptionsError: the file doesn't say it.
    """
    ask_of_units(found, sample, "quantity")
    header = found.headers.get("quantity")
    if header is None or "unit" in found.how or not columns_named([header], header_words_of("waste.weight")):
        return
    raise NeedsOptionsError(f"'{header}' is a weight, and nothing says in which unit. For kilograms:", {"unit": "=kg"})


WASTE = plain_contract(
    "waste",
    "What was thrown away, of items or of ingredients, and why. A production record also has what was planned and "
    "served.",
    (
        Field(
            "date",
            "the day on which it was thrown away, alone or with the time",
            "2024-03-01",
            MOMENT,
            required=True,
            words="shared.date waste.date",
            is_of_group=True,
        ),
        Field("time", "the time, if it has its own column", "14:30", MOMENT, words="shared.time"),
        Field(
            "location",
            "where in the restaurant, or at which of several places",
            "Main kitchen",
            words="waste.location",
            is_of_group=True,
        ),
        Field(
            "item",
            "what was thrown away: a dish, a preparation or an ingredient",
            "Croissant",
            words="shared.item shared.goods waste.item",
            is_label=True,
        ),
        Field(
            "ingredient",
            "in place of an item, the ingredient that was thrown away",
            "Milk",
            words="shared.ingredient",
            is_label=True,
        ),
        Field(
            "quantity",
            "how much of it",
            "3",
            STOCK,
            required=True,
            words="shared.quantity waste.quantity",
            else_words="waste.weight",
        ),
        Field(
            "unit",
            "the unit of the quantity; default: portions of an item, an ingredient's own",
            "portion",
            UNIT,
            words="shared.unit",
        ),
        Field("reason", "why, in a word", "expired", words="waste.reason"),
        Field("lot", "the lot that it was of", "L-2402", words="shared.lot"),
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
    doubts=_ask,
    choices=((("item",), ("ingredient",)),),
    happened=Happened("date", "time", "moment"),
    day_column="date",
    version="2",
)
