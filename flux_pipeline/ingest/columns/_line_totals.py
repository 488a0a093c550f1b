"""Recognition of ticket totals in the amount column: order exports repeat the total of the ticket on each of its lines.

Quantity and price on the first rows decide. kinds/sales/_amounts.py computes an amount from both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flux_pipeline.ingest.cells.marks.decimal import find_marks
from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.columns._samples import NEARLY_ALL, Sample
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.table.texts import Tally

# This many lines, of tickets whose lines can't all have the same amount, rule out chance.
_LINES = 3
# This many tickets, if only quantities show it.
_TICKETS = 3

_FACTORS = ("quantity", "price", "amount")

# Tax and discounts move an amount by less than this factor.
_FAR = 1.5


@dataclass(frozen=True)
class _Line:
    ticket: tuple[str, ...]
    expected: float
    amount: float


def without_ticket_totals(found: ColumnMap, sample: Sample) -> ColumnMap:
    """Return the map without an amount that is the ticket's, and with a note if amounts differ from quantity × price.

    An amount that the sender states is kept.
    """
    headers = found.headers
    if "amount" not in headers or found.preset is not None or not {"price", "quantity"} & found.how.keys():
        return found
    lines = list(_lines(found, sample))
    name = headers["amount"]
    if "ticket" in headers and _repeat_the_tickets(lines, priced="price" in headers):
        equal = f"The amount in '{name}' is the same on all lines of a ticket, whatever their quantity"
        if found.how["amount"] == "stated":
            return found.noting(f"{equal}. It is taken as the line's, because it was given as the amount.")
        money = "a line's amount is quantity x price" if "price" in headers else "the file gives no line's amount"
        return found.without("amount").noting(f"{equal}, so it is the ticket's: {money}.")
    # Without a quantity, the number of units is computed from the amount.
    if {"price", "quantity"} <= headers.keys() and headers["price"] != name:
        paid = [line for line in lines if line.amount and line.expected]
        far = [line for line in paid if not 1 / _FAR <= abs(line.amount / line.expected) <= _FAR]
        if len(far) > len(paid) / 2:
            line = far[0]
            return found.noting(
                f"On {len(far):,} of the first {len(paid):,} lines the amount in '{name}' is far from quantity x "
                f"price, such as {line.amount:g} for {line.expected:g}. It is taken as written."
            )
    return found


def _lines(found: ColumnMap, sample: Sample) -> Iterator[_Line]:
    """Yield the lines with readable numbers; expected is quantity × price, or the quantity if there is no price."""
    names = [field for field in _FACTORS if field in found.headers]
    columns = {field: sample.texts(found.headers[field]) for field in names}
    tallies = {field: Tally() for field in names}
    for field in names:
        tallies[field].add(columns[field])
    rows = frozenset(zip(*(columns[field].rows for field in names), strict=True)) if len(names) == len(_FACTORS) else ()
    marks = find_marks(tallies, sample.delimiter, money=("price", "amount"), rows=rows)
    keys = [sample.texts(found.headers[field]).rows for field in ("date", "ticket") if field in found.headers]
    tickets = zip(*keys, strict=True) if keys else [()] * len(columns["amount"])
    for *cells, ticket in zip(*(columns[field].rows for field in names), tickets, strict=True):
        numbers = [read_number(cell, marks[field].mark, money=True) for field, cell in zip(names, cells, strict=True)]
        if all(number is not None for number in numbers):
            *factors, amount = (float(number) for number in numbers if number is not None)
            expected = 1.0
            for factor in factors:
                expected *= factor
            yield _Line(ticket, expected, amount)


def _repeat_the_tickets(lines: list[_Line], *, priced: bool) -> bool:
    tickets: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        if line.amount and all(line.ticket):
            tickets.setdefault(line.ticket, []).append(line)
    varied = [each for each in tickets.values() if len({round(line.expected, 2) for line in each}) > 1]
    equal = [each for each in varied if len({line.amount for line in each}) == 1]
    enough = sum(map(len, equal)) >= _LINES if priced else len(equal) >= _TICKETS
    return enough and len(equal) >= NEARLY_ALL * len(varied)
