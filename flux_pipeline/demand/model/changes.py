"""Findings about changes: what is different in the restaurant of late, in words for a reader.

The model weighs every change by its chance; the findings are those that are large enough to be worth reading.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model._level_change import LevelChange

# A step is reported if it is more likely than not, and larger than a tenth; a weekday's drift, which is weighed by its
# chance already, if it is larger than a tenth; scatter if days vary by a quarter more or less.
LIKELY = 0.5
NOTABLE = float(np.log(1.1))
NOTABLE_SCATTER = float(np.log(1.25))


@dataclass(frozen=True)
class ChangeFinding:
    """A change of the restaurant of late: `kind` level, weekday or scatter, its factor, and the words for a reader."""

    kind: str
    multiplier: float
    text: str

    def as_metadata(self) -> dict[str, Any]:
        """Return the figures rounded for a reader."""
        return {"kind": self.kind, "multiplier": round(self.multiplier, 3), "text": self.text}


def find_changes(change: LevelChange, drift: Floats, volatility: float) -> list[ChangeFinding]:
    """Find what changed of late; `drift` (7,): log change of each weekday, `volatility`: factor of the variance."""
    found = []
    if change.since is not None and change.chance > LIKELY and abs(change.step) > NOTABLE:
        text = f"level {_percent(change.step)} since {_day(change.since)}"
        found.append(ChangeFinding("level", float(np.exp(change.step)), text))
    for day in np.flatnonzero(np.abs(drift) > NOTABLE).tolist():
        text = f"{WEEKDAYS[day]}s {_percent(drift[day])} of late"
        found.append(ChangeFinding("weekday", float(np.exp(drift[day])), text))
    scatter = float(np.log(volatility) / 2)
    if abs(scatter) > NOTABLE_SCATTER:
        text = f"days vary {np.exp(scatter):.1f} times as much as usual"
        found.append(ChangeFinding("scatter", float(np.exp(scatter)), text))
    return found


def _percent(log_factor: float) -> str:
    return f"{'up' if log_factor > 0 else 'down'} {abs(np.expm1(log_factor)):.0%}".replace("%", " %")


def _day(day: np.datetime64) -> str:
    date: dt.date = day.astype("datetime64[D]").astype(object)
    return f"{date.day} {date:%B}"
