"""Shelves of an ingredient through simulated days, several at once, and static par levels that a year shows as best.

Each day begins with deliveries and ends with what spoils; what expires first is used first, and what lacks is lost.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from flux_pipeline.inventory.distributions import EXACT, Floats
from flux_pipeline.inventory.terms import UnitCosts
from flux_pipeline_tests.benchmarks.simulated_kitchens import YEAR, YEAR_BEFORE, SimulatedKitchen

# Shelves are empty at first, and these days are not counted.
WARM_UP = 14
# Par levels are tried in steps of a twentieth of the mean use from an order to the latest delivery of the next one, up
# to four times that use.
STEPS, MOST = 20, 4


@dataclass(frozen=True, eq=False)
class Year:
    """What became of shelves in a year (shelves,): what was asked for, short and spoiled, and left each evening."""

    asked: Floats
    short: Floats
    spoiled: Floats
    held: Floats

    @property
    def fill_rate(self) -> Floats:
        """The share of what was asked for that was there."""
        return 1 - self.short / self.asked

    def cost(self, costs: UnitCosts) -> Floats:
        """Return shortage, spoilage and holding; `costs.holding` is that of a day."""
        return self.short * costs.shortage + self.spoiled * costs.spoilage + self.held * costs.holding

    def of(self, shelf: int) -> "Year":
        """Return the year of one shelf."""
        return Year(*(each[[shelf]] for each in (self.asked, self.short, self.spoiled, self.held)))


class Shelves:
    """Shelves of one ingredient: `good` (shelves, days left), what can be used for so many days after this one."""

    def __init__(self, count: int, shelf_life_days: int) -> None:
        self.good = np.zeros((count, shelf_life_days + 1))
        self._due: dict[int, Floats] = {}
        self._sums = {name: np.zeros(count) for name in ("asked", "short", "spoiled", "held")}

    @property
    def position(self) -> Floats:
        """What is there and what is on order."""
        return np.asarray(self.good.sum(axis=1) + sum(self._due.values()))

    def order(self, quantity: Floats, arrival: int) -> None:
        """Add an order that is delivered on the morning of a day."""
        self._due[arrival] = self._due.get(arrival, 0.0) + quantity

    def live(self, day: int, asked: float, *, counts: bool) -> None:
        """Let a day pass: delivery, use, spoilage; add it to the sums or not."""
        self.good[:, -1] += self._due.pop(day, 0.0)
        before = np.cumsum(self.good, axis=1) - self.good
        used = np.clip(asked - before, 0, self.good)
        self.good -= used
        spoiled = self.good[:, 0].copy()
        self.good = np.concatenate([self.good[:, 1:], np.zeros((len(self.good), 1))], axis=1)
        if counts:
            self._sums["asked"] += asked
            self._sums["short"] += asked - used.sum(axis=1)
            self._sums["spoiled"] += spoiled
            self._sums["held"] += self.good.sum(axis=1)

    def year(self) -> Year:
        """Return the sums of the days counted."""
        return Year(**self._sums)


def best_pars(kitchen: SimulatedKitchen, number: int, fill_rate: float, costs: UnitCosts) -> tuple[Year, Year]:
    """Return the year with the lowest par level that reached a fill rate on the year before, and with the cheapest one.

    The cheapest is that of the least cost on the year before among those that reached the fill rate on it. If none did,
    both are the level that came closest.
    """
    levels = _levels(kitchen, number)
    before = _keep_par(kitchen, number, levels, YEAR_BEFORE, YEAR)
    reached = np.flatnonzero(before.fill_rate >= min(fill_rate, before.fill_rate.max()))
    after = _keep_par(kitchen, number, levels, YEAR, kitchen.end)
    cheapest = reached[np.argmin(before.cost(costs)[reached])]
    return after.of(int(reached[0])), after.of(int(cheapest))


def _levels(kitchen: SimulatedKitchen, number: int) -> Floats:
    vendor = kitchen.ingredients[number].vendor
    of_a_day = kitchen.used[number, kitchen.number_of(YEAR_BEFORE) : kitchen.number_of(YEAR)].mean()
    days = vendor.longest_gap + len(vendor.lead_time.shares) - 1
    return np.asarray(np.arange(1, MOST * STEPS + 1) / STEPS * of_a_day * days)


def _keep_par(kitchen: SimulatedKitchen, number: int, levels: Floats, first: dt.date, end: dt.date) -> Year:
    """Order up to each level on each order day, in whole packs: the fewest that reach it."""
    ingredient = kitchen.ingredients[number]
    shelves, pack = Shelves(len(levels), ingredient.shelf_life_days), float(ingredient.terms.pack_quantity)
    lead = ingredient.vendor.lead_days(kitchen.seed, len(kitchen.dates))
    for day in range(kitchen.number_of(first) - WARM_UP, kitchen.number_of(end)):
        if ingredient.vendor.calendar.takes_orders_on(kitchen.dates[day].date()):
            missing = np.maximum(levels - shelves.position, 0)
            shelves.order(np.ceil(missing / pack - EXACT) * pack, day + int(lead[day]))
        shelves.live(day, float(kitchen.used[number, day]), counts=day >= kitchen.number_of(first))
    return shelves.year()
