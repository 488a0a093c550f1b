"""Lines that take others back: voids below zero, refunds of sales that are marked as refunded, amounts below zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flux_pipeline.ingest.cells.numbers import has_minus, is_not_zero
from flux_pipeline.ingest.kinds.sales.marks import Marks, read_marks
from flux_pipeline.ingest.kinds.sales.totals.named import have_labels
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of

_SIGNS = str.maketrans("", "", "-\u2212() ")

_Sale = tuple[str, ...]


@dataclass
class _Lines:
    count: int = 0
    first: int = 0


class Reversals:
    """Marked lines of the file and the lines that have the same item and numbers with the opposite sign."""

    def __init__(self, discounts: frozenset[str]) -> None:
        self._discounts = discounts
        self._void: dict[bool, Counter[_Sale]] = {True: Counter(), False: Counter()}
        self._refunded: Counter[_Sale] = Counter()
        self._returns: Counter[_Sale] = Counter()
        self._opposite = {"quantity": _Lines(), "amount": _Lines()}
        self._rows = 0
        self._taking_back: dict[_Sale, list[int]] = {}

    @classmethod
    def of(cls, blocks: Iterable[MappedTable], discounts: frozenset[str] = frozenset()) -> Reversals:
        """Return the reversals of a file; the items of `discounts` take nothing back."""
        found = cls(discounts)
        for table in blocks:
            found._add(table)
        return found

    @property
    def voids_take_back(self) -> bool:
        """Whether voids below zero cancel other lines.

        Some tills book a sale and then its opposite, and mark only the second as void: it cancels the first. Others
        mark both; then both are void, and nothing is cancelled.
        """
        below, above = self._void[True], self._void[False]
        paired = sum((below & above).values())
        return bool(below) and 2 * paired < below.total()

    @cached_property
    def take_back_voids(self) -> np.ndarray:
        """The places of lines below zero that take back a void line of their ticket, sorted: both are void."""
        found = [self._taking_back.get(sale, [])[:count] for sale, count in self._void[False].items()]
        return np.sort(np.array([place for places in found for place in places], dtype=np.int64))

    def contradiction(self) -> str | None:
        """Return a sentence if most quantities are below 0 while their money is above, else None."""
        count = self._opposite["quantity"].count
        if 2 * count <= self._rows:
            return None
        return (
            f"On {count:,} of {count_of(self._rows, 'line')} the quantity is below 0 and the money above 0; expected "
            "both to have the same sign. Correct the signs, and send the file again."
        )

    def question(self) -> str | None:
        """Return what to ask if lines of their own may take back sales that are marked as refunded, else None."""
        both = self._refunded & self._returns
        if not both:
            return None
        item = next(iter(both))[0]
        return (
            f"{count_of(self._refunded.total(), 'sale')} marked as refunded, and {count_of(both.total(), 'refund')} of "
            f"the same item and numbers, such as {item!r}: if these refunds take the sales back, both must count, else "
            "the sales must not. Add --refunded sold or --refunded left-out. Most likely:"
        )

    def notes(self, *, refunds_reversed: bool) -> list[str]:
        """Return sentences on these lines."""
        notes = []
        if self.voids_take_back:
            notes.append(
                f"{count_of(self._void[True].total(), 'line')} marked as void and below 0: taken to cancel other lines "
                "of the file, and counted against them."
            )
        if len(self.take_back_voids):
            notes.append(
                f"{count_of(len(self.take_back_voids), 'line')} below 0 left out, with the lines of the same tickets "
                "and numbers that are marked as void."
            )
        if self._refunded:
            lines = count_of(self._refunded.total(), "sale")
            notes.append(
                f"{lines} marked as refunded: counted, because refunds of their own take them back."
                if refunds_reversed
                else f"{lines} marked as refunded: neither counted as a sale nor as a refund."
            )
        for signs, found in (
            ("above 0 and an amount below 0", "amount"),
            ("below 0 and an amount above 0", "quantity"),
        ):
            opposite = self._opposite[found]
            if opposite.count:
                notes.append(
                    f"{count_of(opposite.count, 'line')} with a quantity {signs} (the first is line {opposite.first}) "
                    f"{'counts as a refund' if opposite.count == 1 else 'count as refunds'}."
                )
        return notes

    def _add(self, table: MappedTable) -> None:
        below = {name: table.texts(name).where(has_minus) for name in ("quantity", "amount", "gross_amount")}
        money_below = below["amount"] | below["gross_amount"]
        below_zero = below["quantity"] | money_below
        start, self._rows = self._rows, self._rows + table.row_count
        marks, data = read_marks(table), is_data(table) & ~have_labels(table.texts("item"), self._discounts)
        void, refunded = marks.void & data, marks.refunded & data & ~marks.void
        gives_back = data & ~marks.void & ~marks.refunded & (marks.refund | below_zero)
        if void.any() or refunded.any() or (gives_back & below_zero).any():
            self._add_sales(table, void, below_zero, refunded, gives_back, start)
        if table.has("quantity") and money_below.any():
            self._add_opposite("amount", table, money_below & ~below["quantity"], data, marks)
        if below["quantity"].any():
            has_money = table.texts("amount").where(is_not_zero) | table.texts("gross_amount").where(is_not_zero)
            self._add_opposite("quantity", table, below["quantity"] & ~money_below & has_money, data, marks)

    def _add_sales(
        self,
        table: MappedTable,
        void: np.ndarray,
        below_zero: np.ndarray,
        refunded: np.ndarray,
        returns: np.ndarray,
        start: int,
    ) -> None:
        group = table.texts("ticket" if table.has("ticket") else "date").rows
        items, quantities, amounts = (table.texts(name).rows for name in ("item", "quantity", "amount"))
        for row in np.flatnonzero(void | refunded | returns).tolist():
            sale = (items[row], *(text[row].translate(_SIGNS) for text in (quantities, amounts)))
            if void[row]:
                self._void[bool(below_zero[row])][(group[row], *sale)] += 1
            elif refunded[row] and not below_zero[row]:
                self._refunded[sale] += 1
            else:
                self._returns[sale] += 1
                if below_zero[row] and table.has("ticket"):
                    self._taking_back.setdefault((group[row], *sale), []).append(start + row)

    def _add_opposite(self, below: str, table: MappedTable, rows: np.ndarray, data: np.ndarray, marks: Marks) -> None:
        rows &= data & ~table.texts("quantity").blank
        rows &= ~(marks.refund | marks.refunded | marks.void | marks.not_a_sale | marks.voucher | marks.discount)
        if rows.any():
            lines = self._opposite[below]
            lines.first = lines.first or int(table.line_numbers[rows][0])
            lines.count += int(rows.sum())
