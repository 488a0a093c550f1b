"""Movements of lots, and the balances that they sum up to.

A stored movement is never changed: a later one takes it back, of the same day and moment, with the opposite quantity.
So the balances at the end of any day are the sums of all movements of that day and earlier days, whenever they were
entered. These sums are the checkpoint from which later days are computed.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flux_pipeline.inventory.ledger.facts import FactKind, LotKey, TimeOrder, order_of
from flux_pipeline.inventory.lots import Lot, Stock

ZERO = Decimal(0)


class MovementKind(StrEnum):
    """Why a quantity changed. `SHORTFALL`: more was used than was in stock, or this is settled."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"
    USAGE = "usage"
    WASTE = "waste"
    ADJUSTMENT = "adjustment"
    SHORTFALL = "shortfall"


KIND_OF = {
    FactKind.RECEIPT: MovementKind.PURCHASE,
    FactKind.TRANSFER: MovementKind.TRANSFER,
    FactKind.USAGE: MovementKind.USAGE,
    FactKind.WASTE: MovementKind.WASTE,
    FactKind.COUNT: MovementKind.ADJUSTMENT,
}


@dataclass(frozen=True)
class Entry:
    """A change of a lot's quantity by a fact; without a lot, a change of what is short.

    The sums of each lot and of what is short are never negative.
    """

    source_kind: FactKind
    source: str
    day: dt.date
    at: dt.datetime
    kind: MovementKind
    lot: LotKey | None
    quantity: Decimal

    @property
    def order(self) -> TimeOrder:
        """The key of the fact by which it follows others."""
        return order_of(self.source_kind, self.day, self.at, self.source)


@dataclass(frozen=True)
class Movement:
    """An entry as it is stored, or, if it `takes_back`, the opposite of one that was stored before."""

    entry: Entry
    previous_quantity: Decimal
    new_quantity: Decimal
    takes_back: bool = False

    @property
    def quantity(self) -> Decimal:
        """The change of the lot's quantity, or of what is short."""
        return -self.entry.quantity if self.takes_back else self.entry.quantity


@dataclass(frozen=True)
class Balances:
    """What is in each lot and what is short at the end of a business day; a lot without stock is not listed.

    Nothing is in stock while something is short. `short_since` is the day since which something is, if that is known.
    """

    day: dt.date | None = None
    lots: Mapping[LotKey, Decimal] = field(default_factory=dict)
    short: Decimal = ZERO
    short_since: dt.date | None = None

    @property
    def on_hand(self) -> Decimal:
        """What is in stock."""
        return sum(self.lots.values(), ZERO)

    @property
    def stock(self) -> Stock:
        """The lots with stock, in the order in which they leave."""
        ordered = sorted(self.lots.items(), key=lambda item: item[0].turn)
        return Stock(tuple(Lot(quantity, lot.expires_on, lot.name) for lot, quantity in ordered))


NOTHING = Balances()


class Running:
    """The balance of each lot and of what is short, from movement to movement."""

    def __init__(self, start: Balances) -> None:
        self.quantities: dict[LotKey | None, Decimal] = {None: start.short}
        self.short_since = start.short_since
        for lot, quantity in start.lots.items():
            self.quantities[lot] = quantity

    def book(self, entry: Entry, takes_back: bool = False) -> Movement:
        """Return the movement of an entry, and add it to the balance of its lot."""
        previous = self.quantities.get(entry.lot, ZERO)
        new = previous - entry.quantity if takes_back else previous + entry.quantity
        self.quantities[entry.lot] = new
        if entry.lot is None:
            self.short_since = (self.short_since or entry.day) if new else None
        return Movement(entry, previous, new, takes_back)

    def add(self, movement: Movement) -> None:
        """Add a stored movement to the balance of its lot."""
        lot = movement.entry.lot
        self.quantities[lot] = self.quantities.get(lot, ZERO) + movement.quantity

    def balances(self, day: dt.date | None) -> Balances:
        """Return the balances at the end of a day."""
        lots = {lot: quantity for lot, quantity in self.quantities.items() if lot is not None and quantity}
        return Balances(day, lots, self.quantities[None], self.short_since if self.quantities[None] else None)


def sum_movements(movements: Iterable[Movement], day: dt.date) -> Balances:
    """Return the balances at the end of a day: the sums of all movements of it and of earlier days."""
    running = Running(NOTHING)
    for movement in movements:
        if movement.entry.day <= day:
            running.add(movement)
    return running.balances(day)


def count_entries(movements: Iterable[Movement]) -> Counter[Entry]:
    """Return the entries that are in force: those that were stored more often than taken back."""
    found: Counter[Entry] = Counter()
    for movement in movements:
        found[movement.entry] += -1 if movement.takes_back else 1
    return +found


def net_movements(movements: Iterable[Movement], start: Balances = NOTHING) -> tuple[Movement, ...]:
    """Return movements without those that were taken back, in order of time, with the quantities of that order."""
    running = Running(start)
    return tuple(running.book(entry) for entry in sorted(count_entries(movements).elements(), key=_place))


def _place(entry: Entry) -> tuple[Any, ...]:
    """Return the key of the order of time; what a fact brings precedes what it takes."""
    return entry.order, entry.quantity < 0, entry.lot is None, entry.lot.turn if entry.lot else ()
