"""Lots in stock and on order, and how samples of demand use them: what expires first, then what arrived first.

A lot is good through its last day. What is left of it after that day is spoiled, and what lacks on a day is not made up
for later: the guest has gone.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from flux_pipeline.inventory.distributions import EXACT, Floats
from flux_pipeline.inventory.vendors import Ints, LeadTime

# The number of a day that never comes: the last good day of what keeps.
NEVER = 1_000_000


@dataclass(frozen=True)
class Lot:
    """A quantity in stock, and the last day on which it is good."""

    quantity: Decimal
    expires_on: dt.date | None = None
    name: str = ""


@dataclass(frozen=True)
class OnOrder:
    """A quantity that was ordered, or recommended and not rejected; `shelf_life_days`: good so long after delivery."""

    quantity: Decimal
    ordered_on: dt.date
    lead_time: LeadTime
    shelf_life_days: int | None = None


@dataclass(frozen=True)
class Stock:
    """What is in stock at the beginning of a day, and what is on order."""

    lots: tuple[Lot, ...] = ()
    on_order: tuple[OnOrder, ...] = ()

    def on_hand(self, day: dt.date) -> Decimal:
        """Return what is there and good on a day."""
        good = (lot.quantity for lot in self.lots if lot.expires_on is None or lot.expires_on >= day)
        return sum(good, Decimal(0))

    @property
    def quantities(self) -> list[Decimal]:
        """The quantities of the lots, then those on order."""
        return [*(lot.quantity for lot in self.lots), *(each.quantity for each in self.on_order)]

    @property
    def ordered(self) -> Decimal:
        """What is on order."""
        return sum((each.quantity for each in self.on_order), Decimal(0))


@dataclass(frozen=True, eq=False)
class Usage:
    """What becomes of stock in each sample.

    `short` (samples, days): demand without stock. `spoiled` (samples, lots): the lots in stock, then those on order.
    `left` (samples, days): good stock at the end of each day. `depleted_at` (samples,): days, with their fraction,
    until there is no stock for the first time; infinite if that is beyond the days.
    """

    short: Floats
    spoiled: Floats
    left: Floats
    depleted_at: Floats


def use_stock(stock: Stock, daily: Floats, first_day: dt.date) -> Usage:
    """Use the lots day by day in each sample.

    Args:
        stock: at the beginning of the first day.
        daily: demand (samples, days).
        first_day: the day of the first column.
    """
    # Lots are the rows here, so that sums over them are sums of long vectors.
    quantity = np.array([float(each) for each in stock.quantities])
    arrival, expiry = _days(stock, first_day, len(daily))
    order = np.lexsort((arrival, expiry), axis=0)
    arrival, expiry = (np.take_along_axis(each, order, axis=0) for each in (arrival, expiry))
    remaining = np.broadcast_to(quantity[order], (len(quantity), len(daily))).copy()
    spoiled = np.where(expiry < 0, remaining, 0.0)
    remaining -= spoiled
    short, left = np.empty((2, daily.shape[1], len(daily)))
    depleted_at = np.full(len(daily), np.inf)
    nothing = EXACT * max(1.0, float(quantity.sum()))
    for day, asked in enumerate(np.ascontiguousarray(daily.T)):
        there = _take(remaining, arrival <= day, asked)
        short[day] = np.maximum(asked - there, 0.0)
        left[day] = np.maximum(there - asked, 0.0)
        if (last := expiry == day).any():
            gone = np.where(last, remaining, 0.0)
            spoiled, remaining = spoiled + gone, remaining - gone
            left[day] = np.maximum(left[day] - gone.sum(axis=0), 0.0)
        ends = (left[day] <= nothing) & np.isinf(depleted_at)
        if ends.any():
            share = np.divide(there, asked, out=np.ones(len(daily)), where=asked > there)
            depleted_at[ends] = day + np.where(there > nothing, share, 0.0)[ends]
    found = np.empty_like(spoiled)
    np.put_along_axis(found, np.broadcast_to(order, found.shape), spoiled, axis=0)
    return Usage(short.T, found.T, left.T, depleted_at)


def _take(remaining: Floats, here: np.ndarray, asked: Floats) -> Floats:
    """Take what is asked for from the lots that are here, the first ones first, and return what was there."""
    wanted, there = asked.copy(), np.zeros(len(asked))
    for at, is_here in enumerate(here):
        good = remaining[at] * is_here
        used = np.minimum(good, wanted)
        there += good
        wanted -= used
        remaining[at] -= used
    return there


def _days(stock: Stock, first_day: dt.date, samples: int) -> tuple[Ints, Ints]:
    """Return the numbers of the days of arrival and the last good days, (lots, 1 or samples)."""
    arrivals: list[Ints] = [np.array([-1]) for _ in stock.lots]
    expiries: list[Ints] = [np.array([_number(lot.expires_on, first_day)]) for lot in stock.lots]
    for each in stock.on_order:
        ago = (first_day - each.ordered_on).days
        # What had not come before the first day comes on it or later.
        lead = each.lead_time.after(ago - 1) if ago > 0 else each.lead_time
        arrival = lead.spread(samples, each.ordered_on) - ago
        arrivals.append(arrival)
        expiries.append(np.full(1, NEVER) if each.shelf_life_days is None else arrival + each.shelf_life_days)
    if not arrivals:
        return np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1), dtype=np.int64)
    both = np.stack(np.broadcast_arrays(*arrivals, *expiries))
    return both[: len(arrivals)], both[len(arrivals) :]


def _number(day: dt.date | None, first_day: dt.date) -> int:
    return NEVER if day is None else (day - first_day).days
