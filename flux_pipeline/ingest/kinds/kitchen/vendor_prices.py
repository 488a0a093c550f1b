"""Files of the prices of vendors, of a unit or of a case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY, INSTANT, number, whole
from flux_pipeline.ingest.cells.units import PACK, STOCK, UNIT, UNIT_COST
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import columns_named, header_words_of
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.kitchen._packs import are_bare, count_more, faulty_packs, unclear_prices, with_content
from flux_pipeline.ingest.kinds.plain import RowRule, SentenceRule, plain_contract, rounded_code
from flux_pipeline.wording import option

# Rice weighs three times as much when it is cooked; a larger yield is per cents.
_YIELD = replace(
    number(0.000001, 5, decimals=6),
    percents=True,
    described="a share above 0 and at most 5, or a percentage with its sign",
)
# Vendors round to a cent.
_CENT, _ONE_PER_CENT = 0.01, 0.01


def _costs_too_much(rows: pd.DataFrame) -> np.ndarray:
    """Return where a unit would cost more than any does, because what is in the case or its yield is nearly nothing."""
    price = (rows.case_price / (rows.case_quantity * rows.pack_quantity)).fillna(rows.unit_price)
    return (price / rows.yield_factor.fillna(1) > UNIT_COST.high).to_numpy(dtype=bool)


def _holds_too_much(rows: pd.DataFrame) -> np.ndarray:
    return (rows.case_quantity * rows.pack_quantity > STOCK.high).to_numpy(dtype=bool)


def _has_no_price(rows: pd.DataFrame) -> np.ndarray:
    return (rows.unit_price.isna() & rows.case_price.isna()).to_numpy(dtype=bool)


def _has_no_content(rows: pd.DataFrame) -> np.ndarray:
    empty = rows.case_quantity.isna() | rows.pack_quantity.isna() | rows.pack_unit.isna()
    return (rows.case_price.notna() & empty).to_numpy(dtype=bool)


def _prices_differ(rows: pd.DataFrame) -> np.ndarray:
    """Return where the price of a unit and that of a case in the same unit contradict each other."""
    of_case = rows.case_price / (rows.case_quantity * rows.pack_quantity)
    same_unit = rows.unit.isna() | (rows.unit == rows.pack_unit)
    differs = (rows.unit_price - of_case).abs() > np.maximum(_CENT, _ONE_PER_CENT * of_case)
    return (rows.unit_price.notna() & rows.case_price.notna() & same_unit & differs).to_numpy(dtype=bool)


def _ask(found: ColumnMap, sample: Sample) -> None:
    """Ask what a price is of, where a column beside it says that a pack or a number of units is priced.

    Raises:
        NeedsOptionsError: the price may be of a unit or of a pack, or a column may be two things.
    """
    pack, price = found.headers.get("pack"), found.headers.get("unit_price")
    if pack and not found.is_settled("pack"):
        _ask_of_packs(found, sample, pack)
    if price is None or found.is_settled("unit_price"):
        return
    if pack and not {"unit", "case_price"} & found.how.keys() and not are_bare(sample.cells(pack)):
        raise NeedsOptionsError(
            f"The money in '{price}' may be what one unit costs ({option('unit_price', price)}), or what the pack in "
            f"'{pack}' costs. Most likely:",
            {"case_price": price, "pack": pack},
        )
    counts = columns_named(found.free, {"quantity", *header_words_of("shared.quantity")})
    counts = [name for name in counts if count_more(sample.cells(name))]
    if counts and not pack:
        raise NeedsOptionsError(
            f"The numbers in '{counts[0]}' may be the least that can be ordered "
            f"({option('minimum_order_quantity', counts[0])}), or how many units the price in '{price}' is of:",
            {"case_price": price, "pack": counts[0]},
        )


def _ask_of_packs(found: ColumnMap, sample: Sample, pack: str) -> None:
    sizes = columns_named(found.free, {"pack", *header_words_of("vendor_prices.pack")})
    if sizes and are_bare(sample.cells(pack)):
        raise NeedsOptionsError(
            f"'{pack}' may be how many packs are in a case, and '{sizes[0]}' what one of them holds. Name them:",
            {"case_quantity": pack, "pack": sizes[0]},
        )
    cases = columns_named(found.free, header_words_of("vendor_prices.cases"))
    cases = [name for name in cases if count_more(sample.cells(name))]
    if cases and "case_price" in found.how:
        raise NeedsOptionsError(
            f"The numbers in '{cases[0]}' may be how many cases were ordered ({option('pack', pack)}), or how many "
            "packs are in a case. Most likely:",
            {"case_quantity": cases[0], "pack": pack},
        )


VENDOR_PRICES = plain_contract(
    "vendor_prices",
    "Prices of vendors, of a unit or of a case: what an ingredient costs and how it is ordered. They keep their days.",
    (
        Field("vendor", "who sells it", "Mill & Co", required=True, words="shared.vendor", is_of_group=True),
        Field(
            "ingredient",
            "what is sold",
            "Flour type 550",
            required=True,
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field(
            "order_code",
            "the vendor's number of it",
            "M-4711",
            words="vendor_prices.order_code",
            is_code=True,
            judges_rounded=True,
        ),
        Field(
            "unit_price", "what one unit costs", "0.92", UNIT_COST, words="shared.unit_cost vendor_prices.unit_price"
        ),
        Field(
            "unit",
            "the unit that the price is of, or a package such as case; default: the ingredient's own",
            "kg",
            UNIT,
            words="shared.unit",
            else_words="vendor_prices.unit",
        ),
        Field("case_price", "in place of it, what a case costs", "23.00", UNIT_COST, words="vendor_prices.case_price"),
        Field("case_quantity", "how many packs are in a case", "1", PACK, words="vendor_prices.case_quantity"),
        Field("pack_quantity", "how many units are in a pack", "25", PACK, words="vendor_prices.pack_quantity"),
        Field("pack_unit", "the unit of what is in a pack", "kg", UNIT, words="vendor_prices.pack_unit"),
        Field(
            "pack",
            "in place of these three, the pack in words, or how many units it has; orders are whole packs",
            "1 x 25 kg",
            words="vendor_prices.pack",
        ),
        Field(
            "yield_factor",
            "the share that is left to use after trimming, or the weight after cooking; default: all",
            "0.85",
            _YIELD,
            words="vendor_prices.yield_factor",
        ),
        Field(
            "lead_time_days",
            "days from the order to the delivery",
            "2",
            # More than a year is a date in the wrong column.
            whole(0, 365),
            words="vendor_prices.lead_time_days",
        ),
        Field(
            "minimum_order_quantity",
            "the least that can be ordered, in units",
            "25",
            STOCK,
            words="vendor_prices.minimum_order_quantity",
        ),
        Field(
            "valid_from",
            "the first day of the price; default: from the start if it is the first, else from when the file came in",
            "2024-03-01",
            DAY,
            words="shared.valid_from",
            else_words="shared.date vendor_prices.valid_from",
        ),
        Field(
            "known_at",
            "when the price became known, in UTC; default: when the file came in",
            "2024-03-01",
            INSTANT,
            words="shared.known_at vendor_prices.known_at",
        ),
    ),
    key=("vendor", "ingredient", "order_code", "valid_from"),
    complete=with_content,
    doubts=_ask,
    choices=((("unit_price",), ("case_price", "pack"), ("case_price", "pack_quantity", "pack_unit")),),
    rules=(
        RowRule(
            "missing_price",
            "unit_price",
            "The row has neither a unit_price nor a case_price; expected one of the two.",
            _has_no_price,
        ),
        rounded_code("bad_order_code", "order_code"),
        SentenceRule("bad_pack", "pack", faulty_packs),
        SentenceRule("unclear_price", "unit_price", unclear_prices),
        RowRule(
            "unknown_content",
            "case_price",
            "The row has the price of a case ('{found}'), but not what is in it; expected case_quantity, "
            "pack_quantity and pack_unit, or a pack such as '6 x 2.5 kg'.",
            _has_no_content,
        ),
        RowRule(
            "bad_case_quantity",
            "case_quantity",
            f"A case of '{{found}}' packs would hold more than {STOCK.high:,} units; expected the number of packs in a "
            "case, and of units in a pack.",
            _holds_too_much,
        ),
        RowRule(
            "bad_yield_factor",
            "yield_factor",
            f"One unit would cost more than {UNIT_COST.high:,}; expected a price, a pack and a yield_factor, such as "
            "0.85.",
            _costs_too_much,
        ),
        RowRule(
            "prices_differ",
            "unit_price",
            "The unit_price ('{found}') is not the case_price divided by what is in the case; expected one of the two, "
            "or both as they follow from each other.",
            _prices_differ,
        ),
    ),
)
