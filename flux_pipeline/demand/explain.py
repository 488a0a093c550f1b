"""Why a forecast is what it is: factors whose product is the mean, one line a manager reads, and how sure Flux is.

Words only; every number comes from the fit.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from operator import itemgetter
from typing import Any

import numpy as np

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs.panel import Floats, Panel

# What a driver's column is called in a sentence: while it is at work, per name.
PHRASES = {
    "is_holiday": "holiday",
    "is_holiday_tomorrow": "day before a holiday",
    "is_holiday_yesterday": "day after a holiday",
    "is_school_holiday": "school holidays",
    "is_event": "event nearby",
    "is_promo": "promotion",
    "price_ratio": "price",
    "temperature_c": "temperature",
    "precipitation_mm": "rain",
    "reserved": "reservations",
    "time_of_year": "time of year",
    "own_season": "its own season",
    "easter": "days around Easter",
    "anniversary": "this date in earlier years",
}
TIMES = "\N{MULTIPLICATION SIGN}"
# A multiplier nearer to one than this moves no manager and no mean (a product of ten such stays within 0.5 %).
SILENT = 0.0005
WORTH_TELLING = 0.05
# Confidence is half of what it can be after two weeks, and where the expected error is as large as the sales.
CONFIDENT_DAYS = 14.0
NORMAL_DEVIATION = float(np.sqrt(2 / np.pi))


def confidence(panel: Panel, mean: Floats, variance: Floats) -> Floats:
    """Score 0..1 (I,): rises with days of history, falls with the error that is expected of the days ahead (H, I).

    The error is told relative to what the item sells or once sold, whichever is more: that an item which is gone will
    sell nothing is nearly certain. Over the items of a bakery and a cafe (eleven fortnights each) its rank correlation
    with minus the fortnight's absolute error over mean sales is 0.90, with that over actual sales 0.73 and 0.58.
    """
    if not len(panel.horizon) or not len(panel.items):
        return np.zeros(len(panel.items))
    open_days = max(int(panel.is_open.sum()), 1)
    expected = mean.sum(axis=0) / open_days
    # Of a normal the mean absolute deviation is 0.8 standard deviations; of a rare count it is twice its mean.
    error = np.minimum(NORMAL_DEVIATION * np.sqrt(variance), 2 * mean).sum(axis=0) / open_days
    usual = panel.quantity.sum(axis=0) / np.maximum(panel.history_days, 1)
    relative = error / np.maximum(np.maximum(expected, usual), 1e-9)
    return np.asarray(np.round(panel.history_days / (panel.history_days + CONFIDENT_DAYS) / (1.0 + relative), 4))


def subjects(panel: Panel, factors: list[str]) -> dict[str, list[str]]:
    """What each factor is called on each of H days: "Friday", "rain 5 mm", "no rain", "holiday"."""
    n = len(panel.dates)
    named = {}
    for factor in factors:
        if factor == "weekday":
            named[factor] = [WEEKDAYS[d] for d in panel.weekday[n:]]
            continue
        phrase = PHRASES.get(factor, factor.removeprefix("is_").replace("_", " "))
        values = panel.drivers.get(factor)
        measured = values[n:] if values is not None and factor in MEASURES else [None] * len(panel.horizon)
        named[factor] = [phrase if v is None or np.isnan(v) else MEASURES[factor](v) for v in measured]
    return named


def _rain(mm: float) -> str:
    return f"rain {mm:.0f} mm" if mm >= 1 else "little rain" if mm > 0 else "no rain"


MEASURES: dict[str, Callable[[float], str]] = {
    "precipitation_mm": _rain,
    "temperature_c": lambda value: f"{value:.0f} \N{DEGREE SIGN}C",
    # Ahead it is what is on the books and what days like it still gain.
    "reserved": lambda value: f"{value:.0f} with a reservation",
}


def closed_row(reason: str) -> tuple[str, list[dict[str, Any]]]:
    """Trigger and factors of a closed day."""
    text = reason if reason.startswith("closed") else f"closed: {reason}" if reason else "closed"
    return text, [
        {"factor": "baseline", "value": 0.0, "text": f"The restaurant is {text}; nothing will be sold."},
    ]


def explain_item(
    level: float, multipliers: dict[str, list[float]], named: dict[str, list[str]], days: int, unsure: set[str]
) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """Trigger line and factors of one item on each of H days; `multipliers` and `named`: factor -> H values.

    `unsure`: the factors whose strength the history does not tell yet.
    """
    baseline = {"factor": "baseline", "value": level, "text": f"An average day now sells {_number(level)}."}
    history = "1 day of history" if days == 1 else f"{days} days of history" if days else "no history"
    lines, factors = [], []
    for at in range(len(named["weekday"])):
        row, told = [baseline], []
        for name, values in multipliers.items():
            value, subject = values[at], named[name][at]
            if abs(value - 1.0) < SILENT:
                continue
            row.append(_factor(name, value, subject, name not in unsure))
            if abs(value - 1.0) >= WORTH_TELLING:
                # The weekday comes first, then the strongest.
                told.append((0.0 if name == "weekday" else 1.0 / abs(log(value)), f"{subject} {value:.1f}{TIMES}"))
        told.sort(key=itemgetter(0))
        lines.append(", ".join([*(text for _, text in told[:3]), history]))
        factors.append(row)
    return lines, factors


def _factor(name: str, value: float, subject: str, identified: bool) -> dict[str, Any]:
    text = f"{subject} sells {value:.2f} times an average day" if name == "weekday" else f"{subject}: {value:.2f} times"
    return {
        "factor": name,
        "multiplier": value,
        "direction": "up" if value > 1 else "down",
        "identified": identified,
        "text": f"{text[0].upper()}{text[1:]}{'.' if identified else ', of which too few days are known to be sure.'}",
    }


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
