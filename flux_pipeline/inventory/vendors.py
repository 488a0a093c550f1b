"""Vendors' times: the days on which they take orders, until when, and how many days later they deliver."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import EXACT

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
EVERY_DAY = frozenset(range(7))
# The longest lead time that a contract of prices takes is below this.
_LONGEST_SEARCH = 400
# Primes, whose roots are irrational and no fractions of each other; days that are 19 apart share one.
_ROOTS = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67)


@dataclass(frozen=True)
class LeadTime:
    """The distribution of the days from an order to its delivery: `shares[d]` is the probability of d days."""

    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if min(self.shares, default=-1.0) < 0 or abs(sum(self.shares) - 1) > EXACT:
            raise PermanentError(f"The shares of a lead time are {self.shares}; expected shares that sum up to 1.")

    @classmethod
    def of(cls, days: int) -> "LeadTime":
        """Return a lead time that is always the same."""
        return cls((0.0,) * days + (1.0,))

    @classmethod
    def observed(cls, days: Sequence[int], promised: int, prior: float) -> "LeadTime":
        """Return the lead time that deliveries show; the promised one counts as `prior` deliveries.

        The mean of a Dirichlet distribution whose prior lies on the promise (Gelman et al., Bayesian Data Analysis, 3rd
        ed., section 3.4). Without deliveries and prior it is the promise.
        """
        if not days and prior == 0:
            return cls.of(promised)
        seen = Counter(days)
        seen_or_promised = {**seen, promised: seen[promised] + prior}
        total = len(days) + prior
        return cls(tuple(seen_or_promised.get(each, 0) / total for each in range(max(seen_or_promised) + 1)))

    @property
    def mean(self) -> float:
        """The expected days."""
        return sum(days * share for days, share in enumerate(self.shares))

    @property
    def median(self) -> int:
        """The fewest days within which half of the deliveries come."""
        return next(days for days, share in enumerate(accumulate(self.shares)) if share >= 0.5 - EXACT)

    @property
    def sd(self) -> float:
        """Their standard deviation."""
        return math.sqrt(sum((days - self.mean) ** 2 * share for days, share in enumerate(self.shares)))

    def after(self, days: int) -> "LeadTime":
        """Return the lead time of an order that has not come in so many days; an overdue one comes the next day."""
        rest = sum(self.shares[days + 1 :])
        if rest <= EXACT:
            return LeadTime.of(days + 1)
        return LeadTime((0.0,) * (days + 1) + tuple(share / rest for share in self.shares[days + 1 :]))

    def spread(self, samples: int, ordered_on: dt.date) -> Ints:
        """Return days (samples,) with these shares, the same for all that is ordered on a day.

        They don't depend on the samples of demand, which are independent draws, and those of days near each other not
        on each other: multiples of irrational numbers, modulo 1 (Niederreiter, Random Number Generation and
        Quasi-Monte Carlo Methods, 1992, chapter 3).
        """
        return _spread(self.shares, samples, _ROOTS[ordered_on.toordinal() % len(_ROOTS)])


@lru_cache(maxsize=1_024)
def _spread(shares: tuple[float, ...], samples: int, root: int) -> Ints:
    points = (0.5 + np.arange(samples) * math.sqrt(root)) % 1
    found = np.searchsorted(np.cumsum(shares)[:-1], points, side="right")
    found.setflags(write=False)
    return found


@dataclass(frozen=True)
class VendorCalendar:
    """When a vendor takes orders: on these weekdays (0 is Monday) until the cut-off, not on closed days."""

    order_days: frozenset[int] = EVERY_DAY
    cut_off: dt.time | None = None
    closed: frozenset[dt.date] = frozenset()

    def __post_init__(self) -> None:
        if not self.order_days or not self.order_days <= EVERY_DAY:
            raise PermanentError("The vendor has no valid order day. Enter weekdays, such as Mon and Thu.")

    def takes_orders_on(self, day: dt.date) -> bool:
        """Return whether it is an order day."""
        return day.weekday() in self.order_days and day not in self.closed

    def first_order_day(self, moment: dt.datetime) -> dt.date:
        """Return the first day on which an order can still be placed at a moment of the restaurant's clock."""
        is_late = self.cut_off is not None and moment.time() > self.cut_off
        return self.next_order_day(moment.date() if is_late else moment.date() - dt.timedelta(days=1))

    def next_order_day(self, day: dt.date) -> dt.date:
        """Return the first order day after a day.

        Raises:
            PermanentError: the vendor is closed for more than a year.
        """
        ahead = (day + dt.timedelta(days=each) for each in range(1, _LONGEST_SEARCH))
        found = next((each for each in ahead if self.takes_orders_on(each)), None)
        if found is None:
            raise PermanentError(f"The vendor takes no order in the year after {day}. Correct its order days.")
        return found

    @property
    def usual_gap(self) -> int:
        """The fewest days from one order day of a week to the next."""
        days = sorted(self.order_days)
        return min(later - day for day, later in zip(days, [*days[1:], days[0] + 7], strict=True))
