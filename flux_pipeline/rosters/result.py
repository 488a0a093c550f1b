"""Result of planning: the roster, what it costs by part, how good it is at least, and what could not be covered."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from flux_pipeline.rosters.problem import Shift


class EndedBy(StrEnum):
    """What ended a search: a proof that nothing is better, its budget, or the clock (then a run may differ)."""

    PROOF = "proof"
    BUDGET = "budget"
    CLOCK = "clock"


@dataclass(frozen=True)
class Budget:
    """How much to search.

    Attributes:
        iterations: neighbourhoods to solve again.
        nodes: of the branch and bound of the whole program; 0 leaves the proof out.
        seconds: after which the best roster so far is returned.
        gap: a roster this close to the bound, as a share of its cost, is good enough.
        seed: of the choice of neighbourhoods.
    """

    iterations: int = 200
    nodes: int = 2_000
    seconds: float = 60.0
    gap: float = 1e-4
    seed: int = 0


@dataclass(frozen=True)
class CostParts:
    """The cost by what causes it, in the restaurant's currency."""

    wages: float
    overtime: float
    changes: float
    under: float
    over: float
    fairness: float
    wishes: float
    touched: float
    short_hours: float

    @property
    def total(self) -> float:
        """Return the sum of all parts."""
        return float(sum(vars(self).values()))


@dataclass(frozen=True)
class Uncovered:
    """A period in which heads of a role are missing."""

    role: str
    starts_at: dt.datetime
    minutes: int
    heads: int


@dataclass(frozen=True)
class BelowMinimum:
    """Minutes that a person has less than their minimum in the hours period that starts on a day."""

    employee: str
    first_day: dt.date
    minutes: int


@dataclass(frozen=True)
class Roster:
    """A roster: shifts by person and time.

    Attributes:
        bound: no roster of the problem costs less; minus infinity if the clock ended before one was known.
        touched: people whose published shifts change.
        below_minimum: whose minimum hours could not be had.
        iterations: neighbourhoods that were solved.
    """

    shifts: tuple[Shift, ...]
    costs: CostParts
    bound: float
    uncovered: tuple[Uncovered, ...]
    touched: tuple[str, ...]
    ended_by: EndedBy
    iterations: int
    below_minimum: tuple[BelowMinimum, ...] = ()

    @property
    def gap(self) -> float:
        """Return the share of the cost by which a better roster could at most be cheaper."""
        total = self.costs.total
        return max(0.0, total - self.bound) / max(abs(total), 1e-9) if total - self.bound > 1e-9 else 0.0
