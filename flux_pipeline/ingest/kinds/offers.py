"""Files of promotions and of sold-out items."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, DAY, INSTANT, money, share
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract


def _discounts(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["discount", "discount_amount"]].notna().sum(axis=1).to_numpy()
    return count


PROMOTIONS = plain_contract(
    "promotions",
    "What is sold for less for a while: a line for each item and period.",
    (
        Field("item", "the menu item", "Croissant", required=True, words="shared.item promotions.item", is_label=True),
        Field("starts_on", "the first day", "2024-03-01", DAY, required=True, words="shared.starts_on"),
        Field("ends_on", "the last day", "2024-03-07", DAY, required=True, words="shared.ends_on"),
        Field(
            "discount",
            "the share of the price that is taken off",
            "20%",
            # Guests would not notice less than a per mille.
            share(low=0.001),
            words="promotions.discount",
        ),
        Field(
            "discount_amount",
            "in place of a share, the money that is taken off one",
            "0.50",
            money(low=0.01),
            words="promotions.discount_amount",
        ),
        Field(
            "known_at",
            "when it became known, in UTC; default: when the file came in",
            "2024-02-15",
            INSTANT,
            words="shared.known_at",
        ),
    ),
    key=("item", "starts_on"),
    rules=(
        RowRule(
            "ends_before_start",
            "ends_on",
            "The promotion ends on '{found}', before it starts; expected the first day or a later one.",
            lambda rows: (rows.ends_on < rows.starts_on).to_numpy(dtype=bool),
        ),
        RowRule(
            "missing_discount",
            "discount",
            "The row has neither a discount nor a discount_amount; expected one of the two.",
            lambda rows: _discounts(rows) == 0,
        ),
        RowRule(
            "two_discounts",
            "discount_amount",
            "The row has a discount and a discount_amount ('{found}'); expected one of the two.",
            lambda rows: _discounts(rows) == 2,
        ),
    ),
    choices=((("discount",), ("discount_amount",)),),
    day_column="starts_on",
)

SOLD_OUT = plain_contract(
    "sold_out",
    "What ran out: a line for each item and day on which demand exceeded supply.",
    (
        Field("item", "the menu item", "Croissant", required=True, words="shared.item sold_out.item", is_label=True),
        Field(
            "date",
            "the business day on which it ran out",
            "2024-03-01",
            DAY,
            required=True,
            words="shared.date sold_out.date",
        ),
        Field(
            "time",
            "when it ran out, local time; a time after midnight still belongs to the business day",
            "14:30",
            CLOCK,
            words="sold_out.time",
        ),
        Field(
            "known_at",
            "when it became known, in UTC; default: when the file came in",
            "2024-03-01",
            INSTANT,
            words="shared.known_at",
        ),
    ),
    key=("item", "date"),
    day_column="date",
)
