"""Findings about drivers: each one's effect with an interval, and whether the history identifies it.

The model uses every driver with its ridge prior, identified or not; the findings show which ones a reader may rely on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from flux_pipeline.demand.inputs.drivers import driver_of
from flux_pipeline.demand.inputs.panel import Bools, Floats, Panel
from flux_pipeline.demand.model.exposures.design import Design
from flux_pipeline.demand.model.exposures.effects import ItemDriverFit, TotalFit

# The normal score of a 90 % interval.
SCORE = 1.645
# An effect is identified if it is surely not zero, or known to within about a tenth either way; one day is not enough.
NARROW = float(np.log(1.1))
LEAST_DAYS = 2


@dataclass(frozen=True)
class DriverFinding:
    """The multiplier of a driver on sales: of a flag while it is set, of a measurement one standard deviation up.

    Of a price: if it doubled (the elasticity is the multiplier's logarithm to base 2). `low`, `high`: 90 % interval;
    `days`: the number of days, or of items' days, on which it was active.
    """

    driver: str
    multiplier: float
    low: float
    high: float
    days: int

    @property
    def identified(self) -> bool:
        """Whether the history shows the effect, and not only the prior."""
        apart = self.low > 1.0 or self.high < 1.0
        narrow = np.log(self.high / self.low) < 2 * NARROW
        return self.days >= LEAST_DAYS and bool(apart or narrow)

    def as_metadata(self) -> dict[str, Any]:
        """Return the figures rounded for a reader."""
        return {
            "multiplier": round(self.multiplier, 3),
            "low": round(self.low, 3),
            "high": round(self.high, 3),
            "days": self.days,
            "status": "identified" if self.identified else "not_identified",
        }


def find_drivers(design: Design, n_past: int, fit: TotalFit) -> list[DriverFinding]:
    """Find the effects of the days' drivers on the restaurant's total, from the posterior of their log effects.

    A part of a driver (one category of events) has the whole effect of the days on which it is active.
    """
    names = list(dict.fromkeys([*design.factor[design.drivers], *design.part[design.drivers]]))
    if not names:
        return []
    # Which columns belong to a driver's factor, and which to the driver itself: (D, P).
    of_factor, own = np.zeros((2, len(names), len(design.factor)))
    for row, name in enumerate(names):
        columns = design.columns_of[driver_of(name).factor]
        of_factor[row, columns] = 1.0
        own[row, [at for at in columns if name in (design.factor[at], design.part[at])]] = 1.0
    is_active = (design.matrix != 0) @ own.T > 0
    days = is_active[:n_past].sum(axis=0)
    # A driver that other restaurants' effects stand for may not have been active here yet.
    is_active[n_past:, days > 0] = False
    rows = is_active.T @ design.matrix / np.maximum(is_active.sum(axis=0), 1)[:, None]
    rows[[name in design.measures for name in names]] = 1.0
    rows *= of_factor
    log_effect, sd = rows @ fit.coefficient, np.sqrt(((rows @ fit.covariance) * rows).sum(axis=1))
    return [_finding(*each) for each in zip(names, log_effect.tolist(), sd.tolist(), days.tolist(), strict=True)]


def unsure_days(panel: Panel, findings: Iterable[DriverFinding]) -> dict[str, Bools]:
    """Return for each driver on which of the H days ahead its effect is not identified.

    A day of an event is as sure as what is known of the categories that it has.
    """
    is_identified = {finding.driver: finding.identified for finding in findings}
    unsure = {name: np.full(len(panel.horizon), not known) for name, known in is_identified.items()}
    parts = [name for name in panel.drivers if driver_of(name).factor != name]
    for whole in {driver_of(name).factor for name in parts} & set(unsure):
        unsure[whole] = np.ones(len(panel.horizon), dtype=bool)
    for name in parts:
        if is_identified.get(name):
            unsure[driver_of(name).factor] &= panel.drivers[name][len(panel.dates) :] == 0
    return unsure


def item_finding(name: str, driver: Floats, fit: ItemDriverFit) -> DriverFinding:
    """Find the effect of an item's own driver on all items that have it; `driver` (T, I) as the model uses it."""
    unit = 1.0 if np.isin(driver, (0.0, 1.0)).all() else float(np.log(2.0))
    return _finding(name, unit * fit.pooled, unit * fit.sd, int((driver != 0).sum()))


def _finding(name: str, log_effect: float, sd: float, days: int) -> DriverFinding:
    low, middle, high = (math.exp(log_effect + score * sd) for score in (-SCORE, 0.0, SCORE))
    return DriverFinding(name, middle, low, high, days)
