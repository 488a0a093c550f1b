"""Sales files: their contract.

A line is one item on one ticket or on one day. _lines.py has the rules that decide what happens to each, _scan.py looks
at the whole file before, and _audit.py compares it with itself after.
"""

from __future__ import annotations

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

_FRAME = pa.DataFrameSchema(
    {
        # A line of a table with one column per item becomes several rows.
        "line_number": pa.Column("int64", pa.Check.ge(2)),
        "business_date": pa.Column("datetime64[s]"),
        "sold_at": pa.Column(pd.DatetimeTZDtype("us", "UTC"), nullable=True),
        "ticket": pa.Column(object, pa.Check.ne(""), nullable=True),
        "item_name": pa.Column(object, pa.Check.ne("")),
        "category": pa.Column(object, pa.Check.ne(""), nullable=True),
        "quantity": pa.Column("float64", [pa.Check.ne(0), pa.Check.in_range(-QUANTITY_BELOW, QUANTITY_BELOW)]),
        "unit_price": pa.Column("float64", pa.Check.in_range(0, AMOUNT_BELOW), nullable=True),
        "line_amount": pa.Column("float64", pa.Check.in_range(-AMOUNT_BELOW, AMOUNT_BELOW)),
        "discount_amount": pa.Column("float64", pa.Check.in_range(0, AMOUNT_BELOW)),
        "channel": pa.Column(object, pa.Check.isin(CHANNELS)),
        "covers": pa.Column("Int64", pa.Check.in_range(0, MOST_COVERS), nullable=True),
        "modifiers": pa.Column(object, pa.Check.ne(""), nullable=True),
    },
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
