"""Units of a line that were given back later, in a column beside its quantity: `Qty Refunded`, `Retourenmenge`.

They are left out. Whether the money of the line still has theirs, the prices show, or those of the item's other lines,
or else its header: net sales are without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.numbers import is_not_zero
from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import RETURNED_UNITS, RETURNED_WITH_MONEY, ReadContext
from flux_pipeline.ingest.kinds.sales.amounts import (
    AMOUNT_DECIMALS,
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    complete_lines,
    read_sales_numbers,
)
from flux_pipeline.ingest.kinds.sales.marks import read_marks
from flux_pipeline.ingest.kinds.sales.totals.named import have_labels
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

_FIELD = "refunded_quantity"
_NEARLY_ALL = 0.95
_NET = frozenset({"net", "netto", "neto", "nette", "netta", "liquida", "liquido"})


@dataclass(frozen=True)
class Returned:
    """What is left out of lines with units that were given back: "", the units, or their money too; and a note."""

    left_out: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Lines:
    """Lines with units that were given back, these units, and how many lines have more of them than they sold.

    `before` is the number of lines whose money still has theirs, `after` of those whose money is without. `takes_back`
    says whether there are refunds of their own.
    """

    count: int
    units: float
    exceeding: int
    before: int
    after: int
    takes_back: bool


class ReturnedScan:
    """Headers of the quantity and of the units that were given back, if there are any."""

    def __init__(self) -> None:
        self._any = False
        self._headers = ("", "", "")

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        if _FIELD in table.headers and "quantity" in table.headers:
            money = next((table.headers[name] for name in ("amount", "gross_amount") if name in table.headers), "")
            self._headers = (table.headers["quantity"], table.headers[_FIELD], money)
            self._any |= any(map(is_not_zero, table.texts(_FIELD).distinct))

    def found(self, context: ReadContext, blocks: Callable[[], Iterable[MappedTable]]) -> Returned:
        """Return what is left out; `blocks` reads the file again.

        Raises:
            NeedsOptionsError: the money may be before or after, or lines of their own may take the units back.
        """
        if not self._any:
            return Returned()
        quantity, header, money = self._headers
        lines = _counted(blocks(), context)
        hint = context.hints.refunded
        units = f"{lines.units:g} {'unit' if lines.units == 1 else 'units'} on {count_of(lines.count, 'line')}"
        said = f"{units} given back by {listed([header])}"
        are_net = bool(_NET & {*header_words(quantity)})
        if hint == "sold" or are_net or lines.exceeding:
            why = "not in the quantity" if are_net or lines.exceeding else "counted as sold"
            return Returned("", (f"{said}: {why}, and not left out.",))
        sure = _NEARLY_ALL * lines.count
        is_sure = not lines.takes_back or hint == "left-out"
        is_net = bool(_NET & {*header_words(money)}) and lines.before < sure
        if is_sure and (is_net or lines.after >= sure):
            return Returned(RETURNED_UNITS, (f"{said}: left out; the money is without them already.",))
        if hint == "left-out" or (is_sure and lines.before >= sure):
            return Returned(RETURNED_WITH_MONEY, (f"{said}: left out, with their money.",))
        doubt = "lines below 0 may take them back too" if lines.takes_back else "the money of the line may be without"
        raise NeedsOptionsError(
            f"{said}, and {doubt}. Add --refunded left-out to leave them "
            "out with their share of the money, or --refunded sold to count them. Most likely:",
            {},
            others={"refunded": "sold" if lines.takes_back else "left-out"},
        )


def _counted(blocks: Iterable[MappedTable], context: ReadContext) -> _Lines:
    parts, takes_back, facts = [], False, context.facts
    for table in blocks:
        numbers = read_sales_numbers(table, context.survey, cents=context.hints.money == "cents")
        lines = complete_lines(numbers, np.zeros(table.row_count, dtype=bool))
        columns = {
            "item": table.texts("item").rows,
            "units": np.abs(lines.quantity) / 10**QUANTITY_DECIMALS,
            "amount": np.abs(lines.amount) / 10**AMOUNT_DECIMALS,
            "price": np.where(numbers.price.good, numbers.price.scaled / 10**PRICE_DECIMALS, np.nan),
            "back": np.abs(numbers.returned.scaled) / 10**QUANTITY_DECIMALS,
        }
        rows = is_data(table) & numbers.quantity.good
        rows &= ~have_labels(table.texts("item"), facts.discounts | facts.vouchers)
        below = (lines.quantity < 0) | (lines.amount < 0) | read_marks(table).refund
        takes_back |= bool((below & rows).any())
        parts.append(pd.DataFrame(columns)[rows])
    every = pd.concat(parts)
    whole = every[(every["back"] == 0) & (every["units"] > 0)]
    usual = (whole["amount"] / whole["units"]).groupby(whole["item"]).median()
    found = every[every["back"] > 0]
    price = found["price"].fillna(found["item"].map(usual)).replace(0, np.nan)
    before = (found["amount"] - found["units"] * price).abs()
    after = (found["amount"] - (found["units"] - found["back"]) * price).abs()
    # Without any money, nothing is left out of it.
    is_free = (found["amount"] == 0) & price.isna()
    return _Lines(
        count=len(found),
        units=float(found["back"].sum()),
        exceeding=int((found["back"] > found["units"]).sum()),
        before=int((is_free | (before < after)).sum()),
        after=int((after < before).sum()),
        takes_back=takes_back,
    )
