"""Choice between the readings of a column of money: of the line, of one unit, or of the whole ticket.

The numbers of the first rows decide, not the names: the money of a line grows with its quantity, a price doesn't, and
the total of a ticket is the same on each of its lines. kinds/sales/amounts.py computes an amount from quantity and
price.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from flux_pipeline.ingest.cells.marks.decimal import find_marks
from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.columns.column_map import NO_MONEY, ColumnMap
from flux_pipeline.ingest.columns.header_names import header_words, header_words_of
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample, hold_decimals
from flux_pipeline.ingest.table.texts import Tally
from flux_pipeline.wording import option

# This many lines, of tickets whose lines can't all have the same amount, rule out chance.
_LINES = 3
# This many tickets, if only quantities show it.
_TICKETS = 3
# This many comparisons of an item's lines with different quantities.
_COMPARISONS = 3

_FACTORS = ("quantity", "price", "amount")

# Tax and discounts move an amount by less than this factor.
_FAR = 1.5
# Half a cent of rounding on either side.
_CLOSE = 0.011
_CENTS = 100


@dataclass(frozen=True)
class _Line:
    ticket: tuple[str, ...]
    item: str
    quantity: float
    price: float
    amount: float

    @property
    def expected(self) -> float:
        """Quantity x price, or the quantity if there is no price."""
        return self.quantity * self.price


@dataclass(frozen=True)
class _Growth:
    """Comparisons of an item's lines: how often its money grew with the quantity, and how often it stayed the same."""

    grew: int
    stayed: int

    @property
    def is_of_line(self) -> bool:
        """Whether it is surely the money of the line."""
        return self.grew >= _COMPARISONS and self.grew >= NEARLY_ALL * (self.grew + self.stayed)

    @property
    def is_of_one(self) -> bool:
        """Whether it is surely the price of one."""
        return self.stayed >= _COMPARISONS and self.stayed >= NEARLY_ALL * (self.grew + self.stayed)


def settle_money(found: ColumnMap, sample: Sample) -> ColumnMap:
    """Return the map with each column of money as what its numbers show, and a note if that differs from its name.

    A meaning that the sender states is kept.

    Raises:
        PermanentError: two readings fit the numbers.
    """
    if found.preset is not None:
        return found
    money = next((field for field in ("amount", "gross_amount") if field in found.headers), "")
    lines = list(_lines(found, sample, money=money)) if money else []
    found = _without_ticket_totals(found, sample, lines, money)
    if "quantity" not in found.headers or "item" not in found.headers:
        return found
    if {"price", "amount"} <= found.headers.keys():
        return _without_equal(found, sample, lines)
    if "price" in found.headers and "gross_amount" not in found.headers:
        return _with_reading(found, list(_lines(found, sample)), "price", "amount")
    if "amount" in found.headers and "price" not in found.how:
        return _with_reading(found, lines, "amount", "price")
    return found


def _with_reading(found: ColumnMap, lines: list[_Line], named: str, other: str) -> ColumnMap:
    """Return the map with the column of the field `named` as the field `other`, if its numbers show that."""
    header = found.headers[named]
    if found.how[named] in ("stated", "known"):
        return found
    growth = _growth(lines, named)
    for_other, for_named = (growth.stayed, growth.grew) if other == "price" else (growth.grew, growth.stayed)
    if growth.is_of_one if other == "price" else growth.is_of_line:
        shown = "the same whatever the quantity, so it is the price of one"
        if other == "amount":
            shown = "larger with the quantity, so it is the money of the line"
        return found.without(named).with_column(other, header, "content").noting(f"'{header}' is {shown}.")
    if for_other and for_other >= for_named:
        raise NeedsOptionsError(
            f"The numbers in '{header}' may be the price of one or the money of the line: on {growth.grew:,} lines "
            f"they grow with the quantity, on {growth.stayed:,} they don't. Give a meaning: {option('price', header)} "
            f"(the price of one), or {option('amount', header)} (the money of the line). Most likely:",
            {other: header},
        )
    return found


def _without_equal(found: ColumnMap, sample: Sample, every: list[_Line]) -> ColumnMap:
    """Return the map without the price or the amount, if both columns hold the same numbers whatever the quantity."""
    price, amount = found.headers["price"], found.headers["amount"]
    lines = [line for line in every if line.amount]
    if not lines and any(line.expected for line in every) and found.how["amount"] != "stated":
        raise NeedsOptionsError(
            f"All amounts in '{amount}' are 0, but the prices in '{price}' are not. Give a meaning: "
            f"{option('amount', amount)} if nothing was paid; or {option('price', price)} {option('amount', NO_MONEY)} "
            "for quantity x price. Most likely:",
            {"price": price, "amount": NO_MONEY},
        )
    several = [line for line in lines if abs(line.quantity) not in (0, 1) and line.price]
    equal = [line for line in several if abs(abs(line.amount) - abs(line.price)) <= _CLOSE]
    if price != amount and several and len(equal) >= NEARLY_ALL * len(several):
        growth = _growth(lines, "price")
        if growth.grew > growth.stayed:
            return found.without("price").noting(f"'{price}' equals '{amount}': both are the money of the line.")
        if growth.stayed > growth.grew and found.how["amount"] != "stated":
            return found.without("amount").noting(f"'{amount}' equals '{price}': both are the price of one.")
        if found.how["amount"] != "stated":
            raise NeedsOptionsError(
                f"'{price}' and '{amount}' hold the same numbers where the quantity isn't 1, so both are the money of "
                f"the line or the price of one. Give a meaning: {option('amount', amount)} (the money of the "
                f"line), or {option('price', price)} {option('amount', NO_MONEY)} (the price of one). Most likely:",
                {"amount": amount},
            )
    paid = [line for line in lines if line.expected] if price != amount else []
    far = [line for line in paid if not 1 / _FAR <= abs(line.amount / line.expected) <= _FAR]
    if len(far) > len(paid) / 2:
        line = far[0]
        in_cents = [each for each in far if abs(each.amount / each.expected - _CENTS) <= 1]
        is_whole = not hold_decimals(sample.cells(amount))
        if is_whole and found.how["amount"] != "stated" and len(in_cents) >= NEARLY_ALL * len(paid):
            return found.without("amount").noting(
                f"'{amount}' is a hundred times quantity x price, such as {line.amount:g} for {line.expected:g}, so it "
                "is in cents: a line's amount is quantity x price."
            )
        return found.noting(
            f"On {len(far):,} of the first {len(paid):,} lines the amount in '{amount}' is far from quantity x "
            f"price, such as {line.amount:g} for {line.expected:g}. It is taken as written."
        )
    return found


def _without_ticket_totals(found: ColumnMap, sample: Sample, lines: list[_Line], money: str) -> ColumnMap:
    """Return the map without an amount, which is that of the field `money`, that is the ticket's.

    Raises:
        PermanentError: it may be the ticket's.
    """
    headers = found.headers
    if not money or "ticket" not in headers:
        return found
    name, priced = headers[money], "price" in headers
    if _repeat_the_tickets(lines, priced=priced):
        equal = f"The amount in '{name}' is the same on all lines of a ticket, whatever their quantity"
    elif sample.texts(name).blank.any() and _are_given_once(
        list(_lines(found, sample, money=money, blank_amounts=True)), priced=priced
    ):
        equal = f"The amount in '{name}' is given on one line of each ticket, and it is not that line's"
    else:
        if not priced and found.how[money] not in ("stated", "known"):
            _ask_about_repeated(name, lines)
        return found
    if found.how[money] == "stated":
        return found.noting(f"{equal}. It is taken as the line's, because it was given as the amount.")
    instead = "a line's amount is quantity x price" if priced else "the file gives no line's amount"
    return found.without(money).noting(f"{equal}, so it is the ticket's: {instead}.")


def _ask_about_repeated(name: str, lines: list[_Line]) -> None:
    """Raise NeedsOptionsError if the amounts of a few tickets may be theirs, each repeated on all of its lines."""
    several = [each for each in _tickets(lines).values() if len({line.item for line in each}) > 1]
    amounts = [{line.amount for line in each} for each in several]
    equal = sum(len(each) == 1 for each in amounts)
    if sum(map(len, several)) < _LINES or equal < NEARLY_ALL * len(several):
        return
    names_total = bool({*header_words(name)} & header_words_of("lines.ticket_total"))
    surely = len(several) >= _TICKETS or (names_total and len(several) > 1)
    if not _change_their_price(lines) and (len(set.union(*amounts)) == 1 or not surely):
        return
    raise NeedsOptionsError(
        f"The amount in '{name}' is the same on all lines of a ticket, such as {several[0][0].amount:g} on each line "
        f"of ticket {several[0][0].ticket[-1]}: it may be the ticket's. Give a meaning: {option('amount', name)} (the "
        f"money of the line), or {option('amount', NO_MONEY)} (the file gives no line's amount). Most likely:",
        {"amount": NO_MONEY},
    )


def _change_their_price(lines: list[_Line]) -> bool:
    """Return whether an item would cost something else on another line."""
    prices: dict[str, list[float]] = {}
    for line in lines:
        if line.quantity:
            prices.setdefault(line.item, []).append(abs(line.amount / line.quantity))
    return any(max(each) - min(each) > _CLOSE for each in prices.values())


def _tickets(lines: list[_Line]) -> dict[tuple[str, ...], list[_Line]]:
    tickets: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        if line.amount and all(line.ticket):
            tickets.setdefault(line.ticket, []).append(line)
    return tickets


def _lines(found: ColumnMap, sample: Sample, *, money: str = "amount", blank_amounts: bool = False) -> Iterator[_Line]:
    """Yield the lines with readable numbers; a factor without a column is 1. The amount is that of the field `money`.

    With `blank_amounts`, a line without an amount has NaN, and a day or ticket that is not repeated is that above.
    """
    headers = {**found.headers, "amount": found.headers[money]} if money in found.headers else found.headers
    names = [field for field in _FACTORS if field in headers]
    columns = {field: sample.texts(headers[field]) for field in names}
    tallies = {field: Tally() for field in names}
    for field in names:
        tallies[field].add(columns[field])
    rows = frozenset(zip(*(columns[field].rows for field in names), strict=True)) if len(names) == len(_FACTORS) else ()
    marks = find_marks(tallies, sample.delimiter, money=("price", "amount"), rows=rows)
    count = len(columns[names[0]])
    keys = [sample.texts(found.headers[field]).rows for field in ("date", "ticket") if field in found.headers]
    tickets = zip(*keys, strict=True) if keys else [()] * count
    items = sample.texts(found.headers["item"]).rows if "item" in found.headers else [""] * count
    above: tuple[str, ...] = ("",) * len(keys)
    for *cells, ticket, item in zip(*(columns[field].rows for field in names), tickets, items, strict=True):
        values = dict.fromkeys(_FACTORS, 1.0)
        for field, cell in zip(names, cells, strict=True):
            number = read_number(cell, marks[field].mark, money=True)
            if number is not None:
                values[field] = float(number)
            elif blank_amounts and field == "amount" and not cell:
                values[field] = math.nan
            else:
                break
        else:
            own_ticket = ticket
            if blank_amounts:
                own_ticket = above = tuple(own or last for own, last in zip(ticket, above, strict=True))
            yield _Line(own_ticket, item, **values)


def _growth(lines: list[_Line], field: str) -> _Growth:
    """Compare each item's money on its lines of the smallest quantity with that on its other lines."""
    items: dict[str, dict[float, set[float]]] = {}
    for line in lines:
        money = abs(line.price if field == "price" else line.amount)
        if line.quantity and money:
            items.setdefault(line.item, {}).setdefault(abs(line.quantity), set()).add(money)
    grew = stayed = 0
    for by_quantity in items.values():
        least = min(by_quantity)
        for quantity, found in by_quantity.items():
            if quantity == least:
                continue
            for money in found:
                as_line = any(abs(money - one * quantity / least) <= _CLOSE * quantity for one in by_quantity[least])
                as_one = any(abs(money - one) <= _CLOSE for one in by_quantity[least])
                grew += as_line and not as_one
                stayed += as_one and not as_line
    return _Growth(grew, stayed)


def _are_given_once(lines: list[_Line], *, priced: bool) -> bool:
    """Return whether one line of each ticket has an amount, and it is not quantity x price of that line."""
    tickets: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        if all(line.ticket):
            tickets.setdefault(line.ticket, []).append(line)
    several = [each for each in tickets.values() if len(each) > 1]
    given = [[line for line in each if not math.isnan(line.amount)] for each in several]
    once = [each[0] for each in given if len(each) == 1]
    own = [line for line in once if abs(line.amount - line.expected) <= _CLOSE * max(1.0, abs(line.quantity))]
    return bool(once) and len(once) >= NEARLY_ALL * len(several) and not (priced and 2 * len(own) >= len(once))


def _repeat_the_tickets(lines: list[_Line], *, priced: bool) -> bool:
    varied = [each for each in _tickets(lines).values() if len({round(line.expected, 2) for line in each}) > 1]
    equal = [each for each in varied if len({line.amount for line in each}) == 1]
    enough = sum(map(len, equal)) >= _LINES if priced else len(equal) >= _TICKETS
    if priced and equal and all(abs(each[0].amount - sum(line.expected for line in each)) <= _CLOSE for each in equal):
        enough = True
    return enough and len(equal) >= NEARLY_ALL * len(varied)
