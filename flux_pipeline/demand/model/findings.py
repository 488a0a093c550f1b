"""What was found of each driver: how strong it is, between which bounds, and whether the days tell it at all.

The model uses every driver with its ridge prior, sure or not; here it is said which ones a reader may rely on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model._design import Design
from flux_pipeline.demand.model._effects import ItemDriverFit, TotalFit

# Bounds that hold the effect with nine chances in ten.
SCORE = 1.645
# An effect is known if it is surely not nothing, or known to within about a tenth either way; one day is no evidence.
NARROW = float(np.log(1.1))
LEAST_DAYS = 2


@dataclass(frozen=True)
class DriverFinding:
    """What a driver multiplies sales by: a flag while it is at work, a measurement one standard deviation up.

    A price: if it doubled (the elasticity is the multiplier's logarithm to base 2). `low`, `high`: 90 % interval;
    `days`: on how many days, or items' days, it was at work.
    """

    driver: str
    multiplier: float
    low: float
    high: float
    days: int

    @property
    def identified(self) -> bool:
        """Whether the history tells the effect, or only the prior does."""
        apart = self.low > 1.0 or self.high < 1.0
        narrow = np.log(self.high / self.low) < 2 * NARROW
        return self.days >= LEAST_DAYS and bool(apart or narrow)

    def as_metadata(self) -> dict[str, Any]:
        """Figures rounded for a reader."""
        return {
            "multiplier": round(self.multiplier, 3),
            "low": round(self.low, 3),
            "high": round(self.high, 3),
            "days": self.days,
            "status": "identified" if self.identified else "not_identified",
        }


def find_drivers(design: Design, n_past: int, fit: TotalFit) -> list[DriverFinding]:
    """Effects of the days' drivers on the restaurant's total, from the posterior of their log effects."""
    past = design.matrix[:n_past]
    found = []
    for name in dict.fromkeys(design.factor[design.drivers]):
        columns = [at for at, told_as in enumerate(design.factor) if told_as == name]
        at_work = (past[:, columns] != 0).any(axis=1)
        row = np.zeros(past.shape[1])
        row[columns] = 1.0 if name in design.measures else past[at_work][:, columns].mean(axis=0)
        log_effect = float(row @ fit.coefficient)
        found.append(_finding(name, log_effect, float(np.sqrt(row @ fit.covariance @ row)), int(at_work.sum())))
    return found


def item_finding(name: str, driver: Floats, fit: ItemDriverFit) -> DriverFinding:
    """Effect of an item's own driver on all items that have it; `driver` (T, I) as it entered the model."""
    unit = 1.0 if np.isin(driver, (0.0, 1.0)).all() else float(np.log(2.0))
    return _finding(name, unit * fit.pooled, unit * fit.sd, int((driver != 0).sum()))


def _finding(name: str, log_effect: float, sd: float, days: int) -> DriverFinding:
    low, middle, high = (float(np.exp(log_effect + score * sd)) for score in (-SCORE, 0.0, SCORE))
    return DriverFinding(name, middle, low, high, days)
