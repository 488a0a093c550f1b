"""Files of inventory counts: what was found in stock, in one column or as cases and loose units."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY, MOMENT
from flux_pipeline.ingest.cells.units import STOCK, UNIT
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import columns_named, header_words_of, normalised_name
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.kinds.days import Happened
from flux_pipeline.ingest.kinds.kitchen._cases import counted_in_cases, unknown_cases
from flux_pipeline.ingest.kinds.kitchen._stock import DEFAULT_UNIT, ask_of_units
from flux_pipeline.ingest.kinds.plain import RowRule, SentenceRule, plain_contract
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.names import fold_name
from flux_pipeline.wording import option, shortened

KEY = ("ingredient", "counted_on", "counted_at", "location", "lot")


def _with_cases(rows: pd.DataFrame, table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    return counted_in_cases(rows, counts_packs=not table.has("unit"))


def counted_twice(rows: pd.DataFrame, names: str = "ingredient") -> list[str | None]:
    """Say which rows count one thing at one place and lot twice, with different results; equal rows are repeats.

    Rows that differ in the last day alone may be two batches, so they are doubted too.

    Args:
        rows: with the columns of `KEY`, quantity, unit, expires_on and line_number.
        names: the column by which two rows are of one thing.
    """
    results: dict[tuple[object, ...], dict[tuple[object, ...], int]] = {}
    keys = list(zip(*(map(_as_compared, rows[name]) for name in (names, *KEY[1:])), strict=True))
    found = list(zip(rows.quantity, *(map(_as_compared, rows[name]) for name in ("unit", "expires_on")), strict=True))
    for key, result, line in zip(keys, found, rows.line_number, strict=True):
        results.setdefault(key, {}).setdefault(result, line)
    return [
        None
        if len(results[key]) == 1
        else f"'{shortened(name, 40)}' is counted more than once at one place and lot: "
        f"{' and '.join(_in_words(result, line) for result, line in list(results[key].items())[:3])}; "
        "expected one row, or the location or lot of each. Enter what is there in all, or where each is."
        for name, key in zip(rows.ingredient, keys, strict=True)
    ]


def _in_words(result: tuple[Any, ...], line: int) -> str:
    quantity, _, expires_on = result
    until = f", good until {expires_on:%Y-%m-%d}," if isinstance(expires_on, dt.date) else ""
    return f"{quantity:g}{until} on line {line}"


def _as_compared(value: object) -> object:
    if isinstance(value, str):
        return fold_name(value)
    return None if pd.isna(value) else value  # type: ignore[call-overload]


def _ask(found: ColumnMap, sample: Sample) -> None:
    """Ask which column is the count, where two may be: the wrong one is what should be there.

    Raises:
        NeedsOptionsError: two columns may be the count, one may be that of loose units, or a unit is not known.
    """
    ask_of_units(found, sample, "loose_quantity")
    header, cases, pack = (found.headers.get(name) for name in ("quantity", "case_quantity", "pack"))
    if header is None or found.is_settled("quantity"):
        return
    is_count = bool(columns_named([header], header_words_of(COUNTED)))
    if cases is not None and not is_count and normalised_name(cases) != normalised_name("case_quantity"):
        raise NeedsOptionsError(
            f"'{cases}' counts cases, and '{header}' may be the loose units beside them "
            f"({option('loose_quantity', header)}), or what should be there, which is to be left out of the file. If "
            "it is all that was counted:",
            {"quantity": header},
        )
    others = columns_named(found.free, {"quantity", *header_words_of("shared.quantity"), *header_words_of(STOCKED)})
    if others and not is_count:
        raise NeedsOptionsError(
            f"'{header}' and '{others[0]}' may both be what was counted, and one of them what should be there. Name "
            f"the count: {option('quantity', others[0])}, or:",
            {"quantity": header},
        )
    if pack is not None and "unit" not in found.how and not found.is_settled("pack"):
        raise NeedsOptionsError(
            f"'{pack}' says what a pack holds, and no column says whether '{header}' counts packs. If it does:",
            {"pack": pack},
        )


def _not_counted(rows: pd.DataFrame) -> np.ndarray:
    empty: np.ndarray = rows.quantity.isna().to_numpy(dtype=bool)
    return empty


# Headers of what somebody counted, and of stock that may be counted or expected.
COUNTED, STOCKED = "inventory_counts.counted", "inventory_counts.stocked"

INVENTORY_COUNTS = plain_contract(
    "inventory_counts",
    "What was found in stock: a line for each ingredient or preparation, or for each place or lot of it; 0 means that "
    "nothing is left, an empty cell that it was not counted.",
    (
        Field(
            "ingredient",
            "what was counted: an ingredient, or a preparation such as a sauce",
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
            words="shared.quantity",
            first_words=COUNTED,
            else_words=STOCKED,
        ),
        Field(
            "unit",
            f"the unit of the quantity; {DEFAULT_UNIT}",
            "kg",
            UNIT,
            words="shared.unit inventory_counts.unit",
        ),
        Field(
            "case_quantity",
            "in place of the quantity, how many full cases are there",
            "2",
            STOCK,
            words="inventory_counts.case_quantity",
        ),
        Field(
            "loose_quantity",
            "how many units are there beside full cases",
            "3",
            STOCK,
            words="inventory_counts.loose_quantity",
        ),
        Field("pack", "what a case holds, in words or as its number of units", "24", words="vendor_prices.pack"),
        Field(
            "counted_on",
            "the day of the count, alone or with the time; without a time, at its end",
            "2024-03-01",
            MOMENT,
            required=True,
            words="shared.date inventory_counts.counted_on",
            is_of_group=True,
        ),
        Field("time", "the time of the count, if it has its own column", "23:15", MOMENT, words="shared.time"),
        Field(
            "location",
            "where in the restaurant; quantities of several places add up",
            "Walk-in",
            words="inventory_counts.location",
        ),
        Field("lot", "the lot that was counted", "L-2402", words="shared.lot"),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, words="shared.expires_on"),
    ),
    key=KEY,
    complete=_with_cases,
    doubts=_ask,
    choices=((("quantity",), ("case_quantity",), ("loose_quantity",)),),
    happened=Happened("counted_on", "time", "counted_at"),
    day_column="counted_on",
    rules=(
        SentenceRule("unknown_case", "case_quantity", unknown_cases),
        RowRule("not_counted", "quantity", "", _not_counted),
        SentenceRule("counted_twice", "quantity", counted_twice),
    ),
    version="2",
)
