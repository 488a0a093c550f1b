"""The ledger that follows from facts: movements by lot in order of time, whatever order the facts came in.

Lots leave in order of expiry, then of arrival. What is used, wasted or given away beyond what is in stock is short,
until the next receipts bring it or the next count ends it. A count ends in an adjustment: what lacks leaves as if it
was used, and what is there in addition goes to the lot that leaves next, or to a lot of the count. A lot that has
expired stays in stock until a waste row or a count says that it is gone.
"""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.ledger.facts import Fact, FactKind, LotKey
from flux_pipeline.inventory.ledger.movements import (
    KIND_OF,
    NOTHING,
    ZERO,
    Balances,
    Entry,
    Movement,
    MovementKind,
    Running,
)


@dataclass(frozen=True)
class Ledger:
    """Movements in the order in which they are entered, and the balances after them."""

    movements: tuple[Movement, ...]
    balances: Balances


def rebuild_ledger(facts: Iterable[Fact], start: Balances = NOTHING) -> Ledger:
    """Book facts in order of time.

    Args:
        facts: all that are known of the days after `start`, in any order.
        start: the balances at the end of a day before them.

    Raises:
        PermanentError: two facts have one key, or a fact is not of a day after `start`.
    """
    ordered = sorted(facts, key=lambda fact: fact.order)
    _check(ordered, start.day)
    book = _Book(start)
    for fact in ordered:
        book.add(fact)
    return Ledger(tuple(book.movements), book.running.balances(ordered[-1].day if ordered else start.day))


def _check(ordered: list[Fact], day: dt.date | None) -> None:
    if ordered and day is not None and ordered[0].day <= day:
        raise PermanentError(f"A {ordered[0].kind} is of {ordered[0].day}; expected days after {day} only.")
    seen = set()
    for fact in ordered:
        if (fact.kind, fact.key) in seen:
            raise PermanentError(f"Two facts are {fact.kind} '{fact.key}'; expected one of each key.")
        seen.add((fact.kind, fact.key))


class _Book:
    """Movements so far, and the lots with stock in the order in which they leave."""

    def __init__(self, start: Balances) -> None:
        self.running = Running(start)
        self.movements: list[Movement] = []
        self.lots = sorted(start.lots, key=_turn)

    def add(self, fact: Fact) -> None:
        if fact.kind is FactKind.COUNT:
            self._count(fact)
        elif fact.kind is FactKind.RECEIPT or (fact.kind is FactKind.TRANSFER and fact.quantity > 0):
            self._bring(fact)
        else:
            wanted = abs(fact.quantity)
            if fact.lot:
                wanted = self._take(fact, KIND_OF[fact.kind], wanted, self._named(fact.lot))
            wanted = self._take(fact, KIND_OF[fact.kind], wanted, self.lots)
            self._move(fact, MovementKind.SHORTFALL, None, wanted)

    def _bring(self, fact: Fact) -> None:
        self._move(fact, KIND_OF[fact.kind], fact.lot_key, fact.quantity)
        if settled := min(self.running.quantities[None], fact.quantity):
            self._move(fact, MovementKind.SHORTFALL, fact.lot_key, -settled)
            self._move(fact, MovementKind.SHORTFALL, None, -settled)

    def _count(self, fact: Fact) -> None:
        self._move(fact, MovementKind.SHORTFALL, None, -self.running.quantities[None])
        lots = self._named(fact.lot) if fact.lot else self.lots
        surplus = fact.quantity - sum((self.running.quantities[lot] for lot in lots), ZERO)
        if surplus > 0:
            self._move(fact, MovementKind.ADJUSTMENT, lots[0] if lots else fact.lot_key, surplus)
        else:
            self._take(fact, MovementKind.ADJUSTMENT, -surplus, lots)

    def _named(self, name: str) -> list[LotKey]:
        return [lot for lot in self.lots if lot.name == name]

    def _take(self, fact: Fact, kind: MovementKind, wanted: Decimal, lots: list[LotKey]) -> Decimal:
        """Take a quantity from the first of these lots, and return what they lack."""
        for lot in lots[:]:
            if not wanted:
                break
            used = min(self.running.quantities[lot], wanted)
            self._move(fact, kind, lot, -used)
            wanted -= used
        return wanted

    def _move(self, fact: Fact, kind: MovementKind, lot: LotKey | None, quantity: Decimal) -> None:
        if not quantity:
            return
        moved = self.running.book(Entry(fact.kind, fact.key, fact.day, fact.at, kind, lot, quantity))
        self.movements.append(moved)
        if lot is None:
            return
        if not moved.previous_quantity:
            insort(self.lots, lot, key=_turn)
        elif not moved.new_quantity:
            del self.lots[bisect_left(self.lots, lot.turn, key=_turn)]


def _turn(lot: LotKey) -> tuple[dt.date, dt.date, str]:
    return lot.turn
