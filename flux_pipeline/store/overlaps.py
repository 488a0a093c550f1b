"""Which rows of a file stand already, brought by another: so that overlapping exports count nothing twice.

Rows are known by what identifies them: their ticket, else their item and moment, else their item and day. A day's total
and its single tickets are the same sales told twice; whichever came first stands.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from flux_pipeline.store.store import Tenant

Mask = np.ndarray[Any, np.dtype[np.bool_]]

# Quantities have three decimals.
SAME_QUANTITY = 0.0005

KNOWN = """
SELECT t.business_date, t.source_ticket_id AS ticket, t.sold_at, a.alias, sum(i.quantity)::float8 AS quantity
FROM transactions t
JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
JOIN menu_item_aliases a ON a.menu_item_id = i.menu_item_id
WHERE t.business_date BETWEEN :first_date AND :last_date
GROUP BY t.business_date, t.source_ticket_id, t.sold_at, a.alias
"""


@dataclass(frozen=True)
class Overlap:
    """Masks over the rows of a file.

    Attributes:
        same: the same row stands (its ticket, its item and moment, or its item and day).
        differs: the same, but with another quantity: perhaps a corrected export. What stands is kept.
        counted: its sale stands in another form: within a day's total, or as single tickets of that day.
    """

    same: Mask
    differs: Mask
    counted: Mask


def find_overlap(tx: Tenant, rows: pd.DataFrame) -> Overlap:
    """Compare a file's rows with what stands.

    Args:
        tx: the restaurant's transaction.
        rows: business_date, ticket (None where there is none), sold_at (UTC, NaT where there is none), alias, quantity.
    """
    nothing = np.zeros(len(rows), dtype=bool)
    if rows.empty:
        return Overlap(nothing, nothing, nothing)
    span = {"first_date": rows.business_date.min().date(), "last_date": rows.business_date.max().date()}
    found = tx.connection.execute(text(KNOWN), span).all()
    if not found:
        return Overlap(nothing, nothing, nothing)
    known = pd.DataFrame(found, columns=["business_date", "ticket", "sold_at", "alias", "quantity"])
    known = known.assign(
        business_date=pd.to_datetime(known.business_date), sold_at=pd.to_datetime(known.sold_at, utc=True)
    )
    return _compare(rows, known)


def _compare(rows: pd.DataFrame, known: pd.DataFrame) -> Overlap:
    ticketed, timed = rows.ticket.notna().to_numpy(), rows.sold_at.notna().to_numpy()
    is_total = ~ticketed & ~timed
    totals = known[known.ticket.isna() & known.sold_at.isna()]
    details = known[known.ticket.notna() | known.sold_at.notna()]
    day, item, ticket = "business_date", "alias", "ticket"
    same = (
        (ticketed & _among(rows, details[details.ticket.notna()], [day, ticket]))
        | (~ticketed & timed & _among(rows, details[details.ticket.isna()], ["sold_at", item]))
        | (is_total & _among(rows, totals, [day, item]))
    )
    counted = np.where(is_total, _among(rows, details, [day, item]), _among(rows, totals, [day, item]))
    differs = is_total & same & _is_another_quantity(rows, totals, [day, item])
    return Overlap(same & ~differs, differs, counted & ~same)


def _is_another_quantity(rows: pd.DataFrame, known: pd.DataFrame, keys: list[str]) -> Mask:
    """Whether what stands under a row's key adds up to something else than the file's rows of that key."""
    if known.empty:
        return np.zeros(len(rows), dtype=bool)
    stands = known.groupby(keys).quantity.sum().rename("stands")
    told = rows.groupby(keys).quantity.transform("sum")
    there = rows[keys].join(stands, on=keys).stands
    return np.asarray((told - there).abs() > SAME_QUANTITY, dtype=bool)


def _among(rows: pd.DataFrame, known: pd.DataFrame, keys: list[str]) -> Mask:
    """Which rows have a key that is among the known ones."""
    if known.empty:
        return np.zeros(len(rows), dtype=bool)
    codes = {}
    for key in keys:
        both = pd.concat([rows[key], known[key]], ignore_index=True)
        if isinstance(both.dtype, pd.DatetimeTZDtype) or str(both.dtype).startswith("datetime"):
            both = both.astype("int64")
        codes[key] = pd.factorize(both)[0]
    pairs = pd.MultiIndex.from_arrays(list(codes.values()))
    return np.asarray(pairs[: len(rows)].isin(pairs[len(rows) :]), dtype=bool)
