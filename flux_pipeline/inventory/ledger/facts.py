"""Facts about an ingredient's stock: what was received, used, wasted, counted and transferred, and the lots it is in.

A fact is what a file or a person says now. It may come late, be corrected or be withdrawn; movements follow from facts.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import cached_property

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import plain

# The places of the quantities of movements. Sums of them are exact.
PLACES = Decimal("0.001")


class FactKind(StrEnum):
    """What a fact is about. At one moment they follow in this order: a count of a day comes after what it counts."""

    RECEIPT = "receipt"
    TRANSFER = "transfer"
    USAGE = "usage"
    WASTE = "waste"
    COUNT = "count"


_RANKS = {kind: rank for rank, kind in enumerate(FactKind)}
TimeOrder = tuple[dt.date, dt.datetime, int, str]


@dataclass(frozen=True)
class LotKey:
    """A lot: its name, empty without one, its last good day, None if it keeps, and the day on which it arrived.

    A lot whose expiry is corrected is another lot.
    """

    name: str
    expires_on: dt.date | None
    arrived_on: dt.date

    @cached_property
    def turn(self) -> tuple[dt.date, dt.date, str]:
        """The key by which lots leave: what expires first, then what arrived first."""
        return self.expires_on or dt.date.max, self.arrived_on, self.name


@dataclass(frozen=True)
class Fact:
    """Something that happened to an ingredient, in its unit.

    `key` names its source and is the same whenever the source says it again; a kind has no two facts of one key. `day`
    is the business day of the moment `at`. The quantity is as rounded as `rounded` does, and not negative, but a
    transfer to somewhere else is. `lot` is the name of the lot that it is about: without one, lots leave in order of
    expiry, and a count is that of all lots together. `expires_on` is that of what comes in, or of a counted lot that
    is not known yet. `document` names the delivery, recipe or sheet for people.
    """

    kind: FactKind
    key: str
    day: dt.date
    at: dt.datetime
    quantity: Decimal
    lot: str = ""
    expires_on: dt.date | None = None
    document: str = ""

    def __post_init__(self) -> None:
        if self.quantity < 0 and self.kind is not FactKind.TRANSFER:
            raise PermanentError(
                f"The quantity of {self.kind} '{self.key}' is {plain(self.quantity)}; enter 0 or more."
            )

    @property
    def order(self) -> TimeOrder:
        """The key by which facts follow each other."""
        return order_of(self.kind, self.day, self.at, self.key)

    @property
    def lot_key(self) -> LotKey:
        """The lot that it begins, if it brings something."""
        return LotKey(self.lot, self.expires_on, self.day)


def order_of(kind: FactKind, day: dt.date, at: dt.datetime, key: str) -> TimeOrder:
    """Return the key by which what follows from facts is ordered, the same as `Fact.order`."""
    return day, at, _RANKS[kind], key


def rounded(quantity: Decimal) -> Decimal:
    """Return a quantity with the places of the ledger."""
    return quantity.quantize(PLACES, ROUND_HALF_EVEN)
