"""Explanations of a forecast: the factors whose product is the mean, and the line that a manager reads.

Only words are chosen here; every number comes from the fit. They take as long as the fit, so they are written when the
rows are read; a backtest reads the figures alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs.drivers import CLIMATOLOGY, PROVENANCE, WORDS, driver_of
from flux_pipeline.demand.inputs.panel import Bools, Floats, Panel
from flux_pipeline.demand.priors import (
    AT_WEEKEND,
    EASTER_EFFECTS,
    HOLIDAY_EFFECTS,
    WEEKDAY_EFFECTS,
    DemandPriors,
)

# Phrases for the model's own factors; `DRIVERS` has those of the drivers.
FACTORS = {
    "time_of_year": "time of year",
    "own_season": "its own season",
    "easter": "days around Easter",
    "ascension": "Ascension weekend",
    "whitsun": "Whitsun weekend",
    "anniversary": "this date in earlier years",
}
TIMES = "\N{MULTIPLICATION SIGN}"
# A multiplier nearer to one than this is left out: a product of ten such multipliers is within 0.5 % of one.
SILENT = 0.0005
# In its first six weeks of days a restaurant's weekday profile is as much that of others as its own.
YOUNG_DAYS = 42
# A multiplier this far from one is named in the trigger line.
NOTABLE = 0.05


Part = dict[str, Any]


class Reasons(NamedTuple):
    """The reasons for each published item on each day, by item, then day: the line and the factors."""

    lines: list[str]
    factors: list[list[Part]]


@dataclass(frozen=True)
class Explanation:
    """What the reasons of a forecast are written from, for I published items and H days; nothing as large as a history.

    `baseline`, `history_days`: I values; `factors`: name -> multipliers (H, I). `drivers`, `texts` and `unsure` (the
    history does not show the effect yet): name -> H values. `closed`: the closed days, each with why;
    `changes`: what has changed in the restaurant of late.
    """

    baseline: list[float]
    history_days: list[int]
    factors: dict[str, Floats]
    weekday: list[int]
    drivers: dict[str, Floats]
    texts: dict[str, list[str]]
    unsure: dict[str, Bools]
    closed: dict[int, str]
    changes: list[str]

    @classmethod
    def of(
        cls,
        panel: Panel,
        baseline: Floats,
        factors: dict[str, Floats],
        unsure: dict[str, Bools],
        changes: Sequence[str],
        priors: DemandPriors,
    ) -> Explanation:
        """Take what is needed of a panel and its fit."""
        past = len(panel.dates)
        return cls(
            baseline=baseline[panel.published].tolist(),
            history_days=panel.history_days[panel.published].tolist(),
            factors={name: values[:, panel.published] for name, values in factors.items()},
            weekday=panel.weekday[past:].tolist(),
            drivers={name: values[past:] for name, values in panel.drivers.items()},
            texts=panel.texts | usual_sources(panel, priors, unsure),
            unsure=unsure,
            closed={int(at): panel.closed_reason[at] for at in np.flatnonzero(~panel.is_open)},
            changes=list(changes),
        )

    def reasons(self) -> Reasons:
        """Write the reasons."""
        days = len(self.weekday)
        factors: list[list[Part]] = []
        for level in self.baseline:
            baseline = {"factor": "baseline", "value": level, "text": f"An average day now sells {_number(level)}."}
            factors += [[baseline] for _ in range(days)]
        notable: list[list[tuple[float, str]]] = [[] for _ in factors]
        for name in self.factors:
            self._add(name, factors, notable)
        lines = []
        always = [*self.texts.get(f"weekday{PROVENANCE}", [])[:1], *self.changes]
        for row, parts in enumerate(notable):
            parts.sort(key=itemgetter(0))
            history = _history(self.history_days[row // days])
            lines.append(", ".join([*(text for _, text in parts[:3]), history, *always]))
        for at, reason in self.closed.items():
            line, part = closed_row(reason)
            for row in range(at, len(lines), days):
                lines[row], factors[row] = line, part
        return Reasons(lines, factors)

    def _add(self, name: str, factors: list[list[Part]], notable: list[list[tuple[float, str]]]) -> None:
        """Add a factor to the rows of each item's days on which it matters."""
        subjects, values = self._subjects(name), self.factors[name]
        source = self.texts.get(f"{name}{PROVENANCE}", [""] * len(subjects))
        unsure = self.unsure[name].tolist() if name in self.unsure else [False] * len(subjects)
        sentences = [_sentence(name, *of_day) for of_day in zip(subjects, unsure, source, strict=True)]
        shorts = [subject.partition(",")[0] for subject in subjects]
        apart = np.abs(values - 1.0)
        # The row must show that its weather is a guess, even if that changes nothing.
        is_shown = (apart >= SILENT) | np.array([each == CLIMATOLOGY for each in source])[:, None]
        # The weekday comes first, then the strongest.
        rank = np.full(values.shape, -np.inf) if name == "weekday" else -np.abs(np.log(np.maximum(values, 1e-9)))
        item, day = np.nonzero(is_shown.T)
        of_rows = (each[day, item].tolist() for each in (values, rank, apart >= NOTABLE))
        for i, at, value, order, is_notable in zip(item.tolist(), day.tolist(), *of_rows, strict=True):
            row, (before, after) = i * len(subjects) + at, sentences[at]
            part = {
                "factor": name,
                "multiplier": value,
                "direction": "up" if value > 1 else "down",
                "identified": not unsure[at],
                "text": f"{before}{value:.2f}{after}",
            }
            if source[at]:
                part["provenance"] = source[at]
            factors[row].append(part)
            if is_notable:
                notable[row].append((order, f"{shorts[at]} {value:.1f}{TIMES}"))

    def _subjects(self, factor: str) -> list[str]:
        """Return the phrase for a factor on each of H days: "Friday", "rain 5 mm", "no rain", "holiday".

        A day's own words for a factor go before the driver's.
        """
        if factor == "weekday":
            return [WEEKDAYS[day] for day in self.weekday]
        driver = driver_of(factor)
        phrase, values = FACTORS.get(factor, driver.phrase), self.drivers.get(factor)
        if values is None or driver.in_words is None:
            named = [phrase] * len(self.weekday)
        else:
            named = [phrase if np.isnan(value) else driver.in_words(value) for value in values]
        return [words or phrase for words, phrase in zip(self.texts.get(f"{factor}{WORDS}", named), named, strict=True)]


def usual_sources(panel: Panel, priors: DemandPriors, unsure: dict[str, Bools]) -> dict[str, list[str]]:
    """Return a text for each factor that rests on other restaurants: whose effects they are, on each of H days.

    The weekday profile does in a young restaurant, a holiday as long as the history does not show its effect.
    """
    is_young = len(panel.dates) < YOUNG_DAYS
    named = {
        "weekday": ("weekday profile of", WEEKDAY_EFFECTS),
        **{name: ("usual effect in", [name]) for name in HOLIDAY_EFFECTS if AT_WEEKEND not in name},
        "easter": ("usual effect in", EASTER_EFFECTS),
    }
    return {
        f"{factor}{PROVENANCE}": [f"{phrase} {source}"] * len(panel.horizon)
        for factor, (phrase, parameters) in named.items()
        if (source := priors.source(parameters)) and (is_young or (factor in unsure and unsure[factor].any()))
    }


def closed_row(reason: str) -> tuple[str, list[Part]]:
    """Return the trigger line and factors of a closed day."""
    text = reason if reason.startswith("closed") else f"closed: {reason}" if reason else "closed"
    return text, [
        {"factor": "baseline", "value": 0.0, "text": f"The restaurant is {text}; nothing will be sold."},
    ]


def _sentence(name: str, subject: str, is_unsure: bool, source: str) -> tuple[str, str]:
    """Return what a factor's sentence says before and after the number."""
    before, after = (f"{subject} sells ", " times an average day") if name == "weekday" else (f"{subject}: ", " times")
    if source == CLIMATOLOGY:
        after += "; no weather forecast is known for this day, so the usual weather of the date counts"
    if is_unsure:
        after += "; too few such days are known to be sure"
    return before[0].upper() + before[1:], f"{after}."


def _history(days: int) -> str:
    return "1 day of history" if days == 1 else f"{days} days of history" if days else "no history"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
