"""Explanations of a forecast: the factors whose product is the mean, and the line that a manager reads.

Only words are chosen here; every number comes from the fit.
"""

from __future__ import annotations

from math import log
from operator import itemgetter
from typing import Any

import numpy as np

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs.drivers import driver_of
from flux_pipeline.demand.inputs.panel import Panel

# Phrases for the model's own factors; `DRIVERS` has those of the drivers.
FACTORS = {
    "time_of_year": "time of year",
    "own_season": "its own season",
    "easter": "days around Easter",
    "anniversary": "this date in earlier years",
}
TIMES = "\N{MULTIPLICATION SIGN}"
# A multiplier nearer to one than this is left out: a product of ten such multipliers is within 0.5 % of one.
SILENT = 0.0005
# A multiplier this far from one is named in the trigger line.
NOTABLE = 0.05


def subjects(panel: Panel, factors: list[str]) -> dict[str, list[str]]:
    """Return the phrase for each factor on each of H days: "Friday", "rain 5 mm", "no rain", "holiday"."""
    n = len(panel.dates)
    named = {}
    for factor in factors:
        if factor == "weekday":
            named[factor] = [WEEKDAYS[d] for d in panel.weekday[n:]]
            continue
        driver = driver_of(factor)
        phrase, values = FACTORS.get(factor, driver.phrase), panel.drivers.get(factor)
        if values is None or driver.in_words is None:
            named[factor] = [phrase] * len(panel.horizon)
        else:
            named[factor] = [phrase if np.isnan(v) else driver.in_words(v) for v in values[n:]]
    return named


def closed_row(reason: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the trigger line and factors of a closed day."""
    text = reason if reason.startswith("closed") else f"closed: {reason}" if reason else "closed"
    return text, [
        {"factor": "baseline", "value": 0.0, "text": f"The restaurant is {text}; nothing will be sold."},
    ]


def explain_item(
    level: float, multipliers: dict[str, list[float]], named: dict[str, list[str]], days: int, unsure: set[str]
) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """Return trigger line and factors of one item on each of H days; `multipliers` and `named`: factor -> H values.

    `unsure`: the factors whose effect the history does not show yet.
    """
    baseline = {"factor": "baseline", "value": level, "text": f"An average day now sells {_number(level)}."}
    history = "1 day of history" if days == 1 else f"{days} days of history" if days else "no history"
    lines, factors = [], []
    for at in range(len(named["weekday"])):
        row, parts = [baseline], []
        for name, values in multipliers.items():
            value, subject = values[at], named[name][at]
            if abs(value - 1.0) < SILENT:
                continue
            row.append(_factor(name, value, subject, name not in unsure))
            if abs(value - 1.0) >= NOTABLE:
                # The weekday comes first, then the strongest.
                parts.append((0.0 if name == "weekday" else 1.0 / abs(log(value)), f"{subject} {value:.1f}{TIMES}"))
        parts.sort(key=itemgetter(0))
        lines.append(", ".join([*(text for _, text in parts[:3]), history]))
        factors.append(row)
    return lines, factors


def _factor(name: str, value: float, subject: str, identified: bool) -> dict[str, Any]:
    text = f"{subject} sells {value:.2f} times an average day" if name == "weekday" else f"{subject}: {value:.2f} times"
    return {
        "factor": name,
        "multiplier": value,
        "direction": "up" if value > 1 else "down",
        "identified": identified,
        "text": f"{text[0].upper()}{text[1:]}{'.' if identified else '; too few such days are known to be sure.'}",
    }


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
