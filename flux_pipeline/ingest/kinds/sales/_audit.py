"""Comparison of a sales file with itself as it is read: lines with quantity x price, and with the totals of tickets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.columns.header_names import header_words, header_words_of
from flux_pipeline.ingest.contracts import ReadContext
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import count_of, listed

# In money, for what is rounded once.
_CLOSE = 0.015
# Of tickets or lines that agree: fewer are reported as a difference.
_ENOUGH = 0.9


class SalesAudit:
    """Sums of the kept lines by ticket, and of what other columns call the ticket's total."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self._tickets: list[pd.DataFrame] = []
        self._multiplied = self._priced = self._unpaid = self._lines = 0

    def add(self, table: MappedTable, rows: pd.DataFrame, kept: np.ndarray) -> None:
        """Take in one more block: all its rows as read, and which of them are kept, (n,) bool."""
        lines = rows[kept]
        money = [table.texts(name).blank for name in ("price", "amount", "gross_amount") if name in table.headers]
        if money:
            self._unpaid += int((np.logical_and.reduce(money) & kept).sum())
            self._lines += len(lines)
        if "quantity" in table.headers and {"amount", "gross_amount"} & table.headers.keys():
            self._add_prices(lines)
        used = {*table.headers.values(), *table.personal, *table.states, *table.layout.headers}
        totals = [name for name in table.table.header if name not in used and _is_total(name)]
        if not totals or "ticket" not in table.headers or lines.empty:
            return
        columns = {name: self._numbers(table.table.texts(name))[kept] for name in totals}
        keys = [lines["business_date"].to_numpy(), lines["ticket"].to_numpy()]
        sums = pd.DataFrame({"lines": lines["line_amount"].to_numpy(), **columns}).groupby(keys, dropna=True)
        found = sums[["lines"]].sum()
        for name in totals:
            found[f"least {name}"], found[f"most {name}"] = sums[name].min(), sums[name].max()
        self._tickets.append(found)

    def sentences(self) -> list[str]:
        """Return what was compared, and with which result."""
        sentences = []
        if self._priced:
            sentences.append(
                f"The amount is quantity x price, before or after the discount, on {self._multiplied:,} of "
                f"{count_of(self._priced, 'line')}."
            )
        if 0 < self._unpaid < self._lines:
            sentences.append(
                f"{self._unpaid:,} of {count_of(self._lines, 'line')} have no money in the file: taken as 0."
            )
        if not self._tickets:
            return sentences
        parts = pd.concat(self._tickets).groupby(level=[0, 1])
        tickets = pd.DataFrame({"lines": parts["lines"].sum()})
        for column in self._tickets[0].columns[1:]:
            tickets[column] = parts[column].min() if column.startswith("least ") else parts[column].max()
        names = [column.removeprefix("least ") for column in tickets.columns if column.startswith("least ")]
        return [*sentences, *filter(None, (_compared(tickets, name) for name in names))]

    def _add_prices(self, lines: pd.DataFrame) -> None:
        names = ("quantity", "unit_price", "line_amount", "discount_amount")
        quantity, price, amount, discount = (lines[name].to_numpy() for name in names)
        full = quantity * price
        # A price is kept with two decimals.
        close = _CLOSE + np.abs(quantity) * 0.005
        after = full - np.sign(full) * discount
        # Lines without a price agree with nothing.
        agree = (np.abs(amount - full) <= close) | (np.abs(amount - after) <= close)
        priced = ~np.isnan(price) & (price != 0)
        self._multiplied += int((agree & priced).sum())
        self._priced += int(priced.sum())

    def _numbers(self, texts: Texts) -> np.ndarray:
        mark = self._context.survey.mark("amount")
        cents = 100 if self._context.hints.money == "cents" else 1
        numbers = [read_number(text, mark, money=True) for text in texts.distinct]
        return texts.spread(np.array([np.nan if each is None else float(each) / cents for each in numbers]))


def _is_total(name: str) -> bool:
    words = {*header_words(name)}
    is_total = bool(words & header_words_of("lines.ticket_total"))
    return is_total and not words & header_words_of("lines.no_ticket_total")


def _compared(tickets: pd.DataFrame, name: str) -> str | None:
    """Return the sentence on one column; None if it isn't one total for each ticket."""
    least, most = tickets[f"least {name}"], tickets[f"most {name}"]
    stated = tickets[least.notna()]
    least, most = least[least.notna()], most[least.notna()]
    if stated.empty or (most - least > _CLOSE).mean() > 1 - _ENOUGH:
        return None
    agree = (stated["lines"] - most).abs() <= _CLOSE
    equal = f"Line amounts add up to the ticket totals in {listed([name])} on"
    tickets_in_all = f"{agree.sum():,} of {count_of(len(agree), 'ticket')}"
    if agree.mean() >= _ENOUGH:
        return f"{equal} {tickets_in_all}."
    ticket = stated.index[~agree].get_level_values(1)[0]
    lines, total = (sums[~agree].iloc[0] for sums in (stated["lines"], most))
    example = f"ticket {ticket} has {lines:,.2f} in lines and {total:,.2f} as its total"
    return f"{equal} only {tickets_in_all}; {example}. Check the columns if that is not tax, tips or delivery."
