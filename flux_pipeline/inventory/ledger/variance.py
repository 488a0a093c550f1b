"""Actual against theoretical usage between counts: what recipes and recorded waste do not explain, and how it splits.

Between two counts of an ingredient, actual usage is opening + received + transferred - closing. What of it is neither
theoretical usage nor recorded waste is unexplained. Its drift is proportional to theoretical usage, as with portions
that are larger than the recipe's; the rest is other loss. A loss of so much a day can't be told from drift while usage
is the same each day: it counts as drift.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from flux_pipeline.inventory.ledger._drift import Drift, estimate_drift
from flux_pipeline.inventory.ledger.facts import Fact, FactKind
from flux_pipeline.inventory.ledger.movements import ZERO


@dataclass(frozen=True)
class Period:
    """What happened between two counts; `facts` are the deliveries, usage, waste and transfers between them."""

    opened_by: Fact
    closed_by: Fact
    facts: tuple[Fact, ...]

    def of(self, kind: FactKind) -> tuple[Fact, ...]:
        """Return the facts of a kind, in order of time."""
        return tuple(fact for fact in self.facts if fact.kind is kind)

    def quantity(self, kind: FactKind) -> Decimal:
        """Return the sum of the facts of a kind."""
        return sum((fact.quantity for fact in self.of(kind)), ZERO)

    @property
    def actual(self) -> Decimal:
        """What left stock by the counts."""
        brought = self.quantity(FactKind.RECEIPT) + self.quantity(FactKind.TRANSFER)
        return self.opened_by.quantity + brought - self.closed_by.quantity

    @property
    def theoretical(self) -> Decimal:
        """What left by sales and recipes."""
        return self.quantity(FactKind.USAGE)

    @property
    def unexplained(self) -> Decimal:
        """What left beyond theoretical usage and recorded waste; negative: less left than they say."""
        return self.actual - self.theoretical - self.quantity(FactKind.WASTE)


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval of 95 %, in the ingredient's unit or in money."""

    low: float
    estimate: float
    high: float

    def times(self, factor: float) -> "Interval":
        """Return the interval of a multiple of it, for example by what a unit costs."""
        return Interval(self.low * factor, self.estimate * factor, self.high * factor)


@dataclass(frozen=True)
class Split:
    """How what is unexplained splits; both estimates sum up to it."""

    drift: Interval
    other: Interval


@dataclass(frozen=True)
class Variance:
    """The periods between the counts of an ingredient, and its drift, as a share of theoretical usage.

    `drift` is None, and `needs` says why, as long as there are too few counts for it.
    """

    periods: tuple[Period, ...]
    drift: Drift | None
    needs: str

    @cached_property
    def unexplained(self) -> Decimal | None:
        """What is unexplained in all periods together."""
        return sum((period.unexplained for period in self.periods), ZERO) if self.periods else None

    def split(self, period: Period) -> Split | None:
        """Return how what is unexplained in a period splits."""
        return self._split(period.theoretical, period.unexplained)

    @property
    def whole(self) -> Split | None:
        """How what is unexplained in all periods together splits."""
        theoretical = sum((period.theoretical for period in self.periods), ZERO)
        return self._split(theoretical, self.unexplained or ZERO)

    def _split(self, theoretical: Decimal, unexplained: Decimal) -> Split | None:
        if self.drift is None:
            return None
        share, used, left = self.drift, float(theoretical), float(unexplained)
        drift = Interval(share.low * used, share.estimate * used, share.high * used)
        return Split(drift, Interval(left - drift.high, left - drift.estimate, left - drift.low))


def measure_variance(facts: Iterable[Fact]) -> Variance:
    """Compare actual with theoretical usage between the counts of an ingredient; counts of one lot are left out.

    Args:
        facts: those of the time that is looked at, in any order.
    """
    periods = _periods(facts)
    if periods is None:
        return Variance((), None, "needs a first count")
    if not periods:
        return Variance((), None, "needs a second count")
    used = np.array([float(period.theoretical) for period in periods])
    if not used.any():
        return Variance(periods, None, "needs theoretical usage")
    if len(periods) == 1:
        return Variance(periods, None, "needs a third count")
    unexplained = np.array([float(period.unexplained) for period in periods])
    return Variance(periods, estimate_drift(used, unexplained), "")


def find_drifts(drifts: Mapping[str, Drift], share: float = 0.05) -> tuple[str, ...]:
    """Return the ingredients that certainly lose in proportion to usage, the most certain ones first.

    However many ingredients are looked at, any of them is named by mistake with at most the probability `share`: Holm,
    A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6 (1979), 65-70.
    """
    ordered = sorted(drifts, key=lambda name: (drifts[name].probability_of_none, name))
    found = 0
    while found < len(ordered) and drifts[ordered[found]].probability_of_none <= share / (len(ordered) - found):
        found += 1
    return tuple(ordered[:found])


def _periods(facts: Iterable[Fact]) -> tuple[Period, ...] | None:
    """Return the periods between counts; None without any count."""
    opened_by: Fact | None = None
    between: list[Fact] = []
    found = []
    for fact in sorted(facts, key=lambda each: each.order):
        if fact.kind is not FactKind.COUNT:
            between.append(fact)
        elif not fact.lot:
            if opened_by is not None:
                found.append(Period(opened_by, fact, tuple(between)))
            opened_by, between = fact, []
    return None if opened_by is None else tuple(found)
