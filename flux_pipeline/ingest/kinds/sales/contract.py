"""Sales files: their contract.

A line is one item on one ticket or on one day. _lines.py has the rules that decide what happens to each, _scan.py looks
at the whole file before, and _audit.py compares it with itself after.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds.sales._audit import SalesAudit
from flux_pipeline.ingest.kinds.sales._fields import SALES_FIELDS
from flux_pipeline.ingest.kinds.sales._lines import MOST_COVERS, read_sales
from flux_pipeline.ingest.kinds.sales._scan import SalesScan
from flux_pipeline.ingest.kinds.sales._states import state_word
from flux_pipeline.ingest.kinds.sales.amounts import AMOUNT_BELOW, QUANTITY_BELOW
from flux_pipeline.ingest.kinds.sales.marks import CHANNELS

_TEXTS = ("ticket", "item_name", "category", "modifiers")
_BOUNDS = {
    # A line of a table with one column per item becomes several rows.
    "line_number": (2, np.inf),
    "quantity": (-QUANTITY_BELOW, QUANTITY_BELOW),
    "unit_price": (0, AMOUNT_BELOW),
    "line_amount": (-AMOUNT_BELOW, AMOUNT_BELOW),
    "discount_amount": (0, AMOUNT_BELOW),
    "covers": (0, MOST_COVERS),
}


def _can_be_stored(rows: pd.DataFrame) -> pd.Series:
    """Return which rows have no empty text, no quantity of zero, a known channel, and numbers within their bounds."""
    sound = (rows["quantity"].to_numpy() != 0) & rows["channel"].isin(CHANNELS).to_numpy()
    for name in _TEXTS:
        sound &= rows[name].to_numpy() != ""
    for name, (low, high) in _BOUNDS.items():
        numbers = rows[name].to_numpy(dtype=float, na_value=low)
        sound &= np.isnan(numbers) | ((numbers >= low) & (numbers <= high))
    return pd.Series(sound, index=rows.index)


# One check of the rows takes half as long as one of each column, which matters for a file of few rows.
_FRAME = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64"),
        "business_date": pa.Column("datetime64[s]"),
        "sold_at": pa.Column(pd.DatetimeTZDtype("us", "UTC"), nullable=True),
        "ticket": pa.Column(object, nullable=True),
        "item_name": pa.Column(object),
        "category": pa.Column(object, nullable=True),
        "quantity": pa.Column("float64"),
        "unit_price": pa.Column("float64", nullable=True),
        "line_amount": pa.Column("float64"),
        "discount_amount": pa.Column("float64"),
        "channel": pa.Column(object),
        "covers": pa.Column("Int64", nullable=True),
        "modifiers": pa.Column(object, nullable=True),
    },
    checks=pa.Check(_can_be_stored),
    strict=True,
    ordered=True,
)


SALES = Contract(
    kind="sales",
    version="1",
    description="What was sold: a line for each item of a ticket, or for each item and day.",
    shared=False,
    fields=SALES_FIELDS,
    choices=((("date",), ("day_of_month", "month")), (("item",),)),
    frame=_FRAME,
    day_column="business_date",
    amount_column="line_amount",
    read=read_sales,
    counts_units=True,
    scan=SalesScan,
    audit=SalesAudit,
    state_word=state_word,
)
