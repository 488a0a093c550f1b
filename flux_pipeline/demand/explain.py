"""Explanations of a forecast: the factors whose product is the mean, and the line that a manager reads.

Only words are chosen here; every number comes from the fit.
"""

from __future__ import annotations

from math import log
from operator import itemgetter
from typing import Any

import numpy as np

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs.drivers import CLIMATOLOGY, PROVENANCE, WORDS, driver_of
from flux_pipeline.demand.inputs.panel import Bools, Panel

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
    """Return the phrase for each factor on each of H days: "Friday", "rain 5 mm", "no rain", "holiday".

    A day's own words for a factor go before the driver's.
    """
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
        own = panel.texts.get(f"{factor}{WORDS}", named[factor])
        named[factor] = [words or phrase for words, phrase in zip(own, named[factor], strict=True)]
    return named


def provenances(panel: Panel) -> dict[str, list[str]]:
    """Return for each factor with a provenance where its value on each of H days is from."""
    return {name.removesuffix(PROVENANCE): of for name, of in panel.texts.items() if name.endswith(PROVENANCE)}


def closed_row(reason: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the trigger line and factors of a closed day."""
    text = reason if reason.startswith("closed") else f"closed: {reason}" if reason else "closed"
    return text, [
        {"factor": "baseline", "value": 0.0, "text": f"The restaurant is {text}; nothing will be sold."},
    ]


def explain_item(
    level: float,
    multipliers: dict[str, list[float]],
    named: dict[str, list[str]],
    days: int,
    unsure: dict[str, Bools],
    provenance: dict[str, list[str]],
) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """Return trigger line and factors of one item on each of H days.

    `multipliers`, `named`, `unsure` (the history does not show the effect yet) and `provenance`: factor -> H values.
    """
    baseline = {"factor": "baseline", "value": level, "text": f"An average day now sells {_number(level)}."}
    history = "1 day of history" if days == 1 else f"{days} days of history" if days else "no history"
    lines, factors = [], []
    for at in range(len(named["weekday"])):
        row, parts = [baseline], []
        for name, values in multipliers.items():
            value, subject = values[at], named[name][at]
            source = provenance[name][at] if name in provenance else ""
            # The row must show that its weather is a guess, even if that changes nothing.
            if abs(value - 1.0) < SILENT and source != CLIMATOLOGY:
                continue
            row.append(_factor(name, value, subject, not (name in unsure and unsure[name][at]), source))
            if abs(value - 1.0) >= NOTABLE:
                # The weekday comes first, then the strongest.
                short = subject.partition(",")[0]
                parts.append((0.0 if name == "weekday" else 1.0 / abs(log(value)), f"{short} {value:.1f}{TIMES}"))
        parts.sort(key=itemgetter(0))
        lines.append(", ".join([*(text for _, text in parts[:3]), history]))
        factors.append(row)
    return lines, factors


def _factor(name: str, value: float, subject: str, identified: bool, provenance: str) -> dict[str, Any]:
    text = f"{subject} sells {value:.2f} times an average day" if name == "weekday" else f"{subject}: {value:.2f} times"
    parts = [text[0].upper() + text[1:]]
    if provenance == CLIMATOLOGY:
        parts.append("no weather forecast is known for this day, so the usual weather of the date counts")
    if not identified:
        parts.append("too few such days are known to be sure")
    factor = {
        "factor": name,
        "multiplier": value,
        "direction": "up" if value > 1 else "down",
        "identified": identified,
        "text": f"{'; '.join(parts)}.",
    }
    return factor | {"provenance": provenance} if provenance else factor


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
