"""Files of deliveries, each a list of the lines of delivery notes or invoices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY
from flux_pipeline.ingest.cells.units import STATED_COST, STOCK, UNIT, UNIT_COST
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.kinds.kitchen._packs import is_package, opened_pack, pack_text
from flux_pipeline.ingest.kinds.kitchen._stock import DEFAULT_UNIT, ZERO_QUANTITY
from flux_pipeline.ingest.kinds.plain import RowRule, SentenceRule, plain_contract, rounded_code
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import shortened

# Vendors round a line's amount to a cent, and what one unit costs too.
_CENT, _ONE_PER_CENT = 0.01, 0.01


def _with_unit_costs(rows: pd.DataFrame, table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    """Divide what a line cost by its quantity where the file doesn't say what a unit cost."""
    rows = _with_packs_opened(rows, counts_packs=not table.has("unit"))
    unit_cost = (rows.amount / rows.quantity.where(rows.quantity > 0)).round(6)
    follows = rows.unit_cost.isna() & (unit_cost <= UNIT_COST.high)
    return rows.assign(unit_cost=rows.unit_cost.where(~follows, unit_cost))


def _with_packs_opened(rows: pd.DataFrame, *, counts_packs: bool) -> pd.DataFrame:
    """Count what is in the packs: two cases of `6/5 LB` are 60 lb; without a unit if the quantity `counts_packs`."""
    contents, units = np.ones(len(rows)), rows.unit.to_numpy(dtype=object, copy=True)
    texts = [pack_text(text) for text in rows.pack]
    for place, (text, unit, quantity) in enumerate(zip(texts, rows.unit, rows.quantity, strict=True)):
        pack = opened_pack(text, unit, counts_packs=counts_packs)
        if pack is not None and not quantity * float(pack.quantity) > STOCK.high:
            contents[place], units[place] = float(pack.quantity), pack.unit.name
    return rows.assign(
        quantity=(rows.quantity * contents).round(3),
        unit=pd.Series(units, dtype=object),
        unit_cost=(rows.unit_cost / contents).round(6),
        pack=pd.Series(texts, dtype=object),
    )


def _closed_packs(rows: pd.DataFrame) -> list[str | None]:
    """Say what is wrong with packs that were not opened, although the quantity may count them."""
    sentences: list[str | None] = []
    for text, unit in zip(rows.pack, rows.unit, strict=True):
        sentence = None
        if text is not None and (unit is None or is_package(unit)):
            sentence = (
                f"The line has the pack '{shortened(text, 40)}'{' and no unit' if unit is None else ''}; expected the "
                "unit of the quantity, such as kg, or case and a pack such as '6 x 2.5 kg'."
            )
        sentences.append(sentence)
    return sentences


def _is_too_large(rows: pd.DataFrame) -> np.ndarray:
    return (rows.amount.notna() & rows.unit_cost.isna() & (rows.quantity > 0)).to_numpy(dtype=bool)


def _amount_differs(rows: pd.DataFrame) -> np.ndarray:
    product = rows.unit_cost * rows.quantity
    differs = (product - rows.amount).abs() > np.maximum(_CENT, _ONE_PER_CENT * rows.amount)
    return differs.to_numpy(dtype=bool)


def _ask(found: ColumnMap, _sample: Sample) -> None:
    """Ask for the unit if the file says what a pack holds: a quantity of packs is not one of the ingredient's units.

    Raises:
        NeedsOptionsError: there is a column of packs and none of units.
    """
    pack = found.headers.get("pack")
    if pack is not None and "unit" not in found.how and not found.is_settled("pack"):
        raise NeedsOptionsError(
            f"'{pack}' says what a pack holds, and no column says whether the quantity counts packs. If it does:",
            {"pack": pack},
        )


DELIVERIES = plain_contract(
    "deliveries",
    "What was delivered: a line for each line of a delivery note; two equal lines are two crates.",
    (
        Field(
            "ingredient",
            "what was delivered",
            "Flour type 550",
            required=True,
            words="shared.ingredient shared.goods",
            is_label=True,
        ),
        Field(
            "quantity",
            "how much was delivered",
            "25",
            STOCK,
            required=True,
            words="shared.quantity deliveries.quantity",
        ),
        Field(
            "unit",
            f"the unit of the quantity, or a package such as case; {DEFAULT_UNIT}",
            "kg",
            UNIT,
            words="shared.unit",
            else_words="vendor_prices.unit",
        ),
        Field("pack", "if the quantity counts packs, what one holds", "6 x 2.5 kg", words="vendor_prices.pack"),
        Field("unit_cost", "what one unit cost, or one pack", "0.92", STATED_COST, words="shared.unit_cost"),
        Field("amount", "in place of it, what the line cost", "23.00", STATED_COST, words="deliveries.amount"),
        Field("vendor", "who delivered", "Mill & Co", words="shared.vendor", is_of_group=True),
        Field(
            "document",
            "the number of the delivery note or invoice",
            "DN-0412",
            words="deliveries.document",
            is_of_group=True,
            is_code=True,
            judges_rounded=True,
        ),
        Field(
            "delivered_on",
            "the day of the delivery",
            "2024-03-01",
            DAY,
            required=True,
            words="shared.date deliveries.delivered_on",
            is_of_group=True,
            is_past=True,
        ),
        Field("lot", "its lot", "L-2402", words="shared.lot"),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, words="shared.expires_on"),
    ),
    complete=_with_unit_costs,
    doubts=_ask,
    rules=(
        ZERO_QUANTITY,
        rounded_code("bad_document", "document"),
        SentenceRule("bad_pack", "pack", _closed_packs),
        RowRule(
            "bad_amount",
            "amount",
            f"The amount ('{{found}}') divided by the quantity is more than {UNIT_COST.high:,} for one unit; "
            "expected what the line cost.",
            _is_too_large,
        ),
        RowRule(
            "cost_contradicts_amount",
            "amount",
            "The amount ('{found}') is not the quantity times the unit_cost; expected one of the two, or both as they "
            "follow from each other.",
            _amount_differs,
        ),
        RowRule(
            "expires_before_delivery",
            "expires_on",
            "The goods expire on '{found}', before they were delivered; expected delivered_on or a later day.",
            lambda rows: (rows.expires_on < rows.delivered_on).to_numpy(dtype=bool),
        ),
    ),
    day_column="delivered_on",
)
